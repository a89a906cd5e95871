//! Files that are not what they should be, and those who put them there.

#![cfg(unix)]

mod support;

use samebox_core::{Deadline, ErrorKind, Inbox, Outbox};
use samebox_file::File;
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use support::{Folder, kind, recv, send, soon};

/// Somebody else, on every system that these tests run on as root.
const OTHER: u32 = 65_534;

fn assert_denied_on_both_sides(folder: &Folder, part: &str) {
    for settings in ["", "server=any", "existing=deliver"] {
        let error = folder.bind(settings).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }
    assert_eq!(kind(folder.connect("")), ErrorKind::Denied);
    assert_eq!(kind(folder.connect("server=any")), ErrorKind::Denied);
    assert!(!folder.lock().exists());
}

fn make_fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().mode() & 0o7777
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn a_symbolic_link_is_not_followed() {
    let folder = Folder::new();
    let target = folder.path().join("target");
    std::fs::write(&target, "precious").unwrap();
    symlink(&target, folder.slot()).unwrap();
    assert_denied_on_both_sides(&folder, "symbolic link");
    assert_eq!(std::fs::read(&target).unwrap(), b"precious");
    std::fs::remove_file(&target).unwrap();
    assert_denied_on_both_sides(&folder, "symbolic link");
    assert!(!target.exists());
}

#[test]
fn a_symbolic_link_is_no_lock() {
    let folder = Folder::new();
    let target = folder.path().join("target");
    symlink(&target, folder.lock()).unwrap();
    assert_eq!(kind(folder.bind("")), ErrorKind::Denied);
    assert_eq!(kind(folder.connect("")), ErrorKind::Denied);
    assert!(!target.exists() && !folder.slot().exists());
}

#[test]
fn what_is_no_regular_file_is_refused() {
    let folder = Folder::new();
    make_fifo(&folder.slot());
    assert_denied_on_both_sides(&folder, "not a regular file");
    std::fs::remove_file(folder.slot()).unwrap();
    let listener = std::os::unix::net::UnixListener::bind(folder.slot()).unwrap();
    assert_denied_on_both_sides(&folder, "not a regular file");
    drop(listener);
    std::fs::remove_file(folder.slot()).unwrap();
    std::fs::create_dir(folder.slot()).unwrap();
    assert_denied_on_both_sides(&folder, "is a directory");
}

#[test]
fn a_second_name_of_another_file_is_refused() {
    let folder = Folder::new();
    let target = folder.path().join("target");
    std::fs::write(&target, "").unwrap();
    std::fs::hard_link(&target, folder.slot()).unwrap();
    assert_denied_on_both_sides(&folder, "second name");
}

#[test]
fn a_file_of_another_user_is_refused() {
    if !is_root() {
        // Every system has a file of root's there, which others may only read.
        let passwords = support::endpoint(Path::new("/etc/passwd"), "server=any");
        let client = samebox_core::Transport::connect(&File, &passwords, Deadline::now());
        return assert_eq!(kind(client), ErrorKind::Denied);
    }
    let folder = Folder::new();
    std::fs::write(folder.slot(), "").unwrap();
    chown(folder.slot(), Some(OTHER), None).unwrap();
    assert_denied_on_both_sides(&folder, "belongs to uid 65534");
    assert_eq!(folder.content(), b"");
    let mut client = folder.connect("server=any&allow=user:65534").unwrap();
    assert_eq!(send(&mut client, b"for you"), Ok(()));
}

#[test]
fn a_lock_of_another_user_is_refused() {
    if !is_root() {
        return;
    }
    let folder = Folder::new();
    std::fs::write(folder.lock(), "").unwrap();
    chown(folder.lock(), Some(OTHER), None).unwrap();
    assert_eq!(kind(folder.bind("")), ErrorKind::Denied);
    assert_eq!(kind(folder.connect("")), ErrorKind::Denied);
    assert_eq!(kind(folder.connect("server=any")), ErrorKind::Denied);
}

#[test]
fn others_are_shut_out_of_what_another_program_left_open() {
    let folder = Folder::new();
    std::fs::write(folder.slot(), "").unwrap();
    std::fs::set_permissions(folder.slot(), Permissions::from_mode(0o666)).unwrap();
    let (_server, mut client) = folder.pair("");
    assert_eq!((mode(&folder.slot()), mode(&folder.lock())), (0o600, 0o600));
    std::fs::set_permissions(folder.slot(), Permissions::from_mode(0o644)).unwrap();
    send(&mut client, b"private").unwrap();
    assert_eq!(mode(&folder.slot()), 0o600);
}

#[test]
fn trouble_with_the_slot_is_noted_once_and_ends_when_it_is_put_right() {
    let folder = Folder::new();
    let mut server = folder.bind("").unwrap();
    let away = folder.path().join("away");
    std::fs::rename(folder.slot(), &away).unwrap();
    symlink(&away, folder.slot()).unwrap();
    for _ in 0..3 {
        assert_eq!(kind(server.recv(Deadline::now())), ErrorKind::TimedOut);
    }
    assert_eq!(server.take_fault().unwrap().kind(), ErrorKind::Denied);
    assert!(server.take_fault().is_none());
    assert_eq!(server.counters().refused, 1);
    std::fs::rename(&away, folder.slot()).unwrap();
    let mut client = folder.connect("").unwrap();
    client.send(b"right again"[..].into(), soon()).unwrap();
    assert_eq!(recv(&mut server), b"right again");
}

#[test]
fn a_file_renamed_over_the_slot_is_the_slot() {
    let folder = Folder::new();
    let (mut server, mut client) = folder.pair("");
    let other = folder.path().join("other");
    std::fs::write(&other, "swapped in").unwrap();
    std::fs::rename(&other, folder.slot()).unwrap();
    assert_eq!(recv(&mut server), b"swapped in");
    send(&mut client, b"after").unwrap();
    assert_eq!(recv(&mut server), b"after");
}

/// Leaves the slot as a client does that dies within a long message.
fn leave_half_a_message(folder: &Folder) {
    std::fs::write(folder.slot(), "half a mess").unwrap();
    std::fs::set_permissions(folder.slot(), Permissions::from_mode(0o1600)).unwrap();
}

#[test]
fn half_a_message_of_a_dead_client_is_dropped_and_noted() {
    let folder = Folder::new();
    let (mut server, mut client) = folder.pair("");
    leave_half_a_message(&folder);
    assert_eq!(kind(server.recv(Deadline::now())), ErrorKind::TimedOut);
    let fault = server.take_fault().unwrap();
    assert_eq!(fault.kind(), ErrorKind::Disconnected);
    assert!(fault.to_string().contains("died after 11 bytes"), "{fault}");
    assert_eq!((server.counters().cut, folder.content().len()), (1, 0));
    send(&mut client, &[7; 10_000]).unwrap();
    assert_eq!(recv(&mut server), [7; 10_000]);
}

#[test]
fn half_a_message_of_a_dead_client_is_in_nobodys_way() {
    let folder = Folder::new();
    leave_half_a_message(&folder);
    let mut client = folder.connect("server=any").unwrap();
    send(&mut client, b"whole").unwrap();
    assert_eq!((folder.content(), mode(&folder.slot())), (b"whole".to_vec(), 0o600));
}

#[test]
fn only_those_who_are_allowed_may_write() {
    if !is_root() {
        return;
    }
    let folder = Folder::new();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
    let mut server = folder.bind("allow=user:65534").unwrap();
    let write_as = |uid: u32| {
        let script = format!("printf hello > {}", folder.slot().display());
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &script]).stderr(Stdio::null());
        shell.uid(uid).gid(uid).status().unwrap().success()
    };
    assert!(!write_as(OTHER - 1));
    assert!(write_as(OTHER));
    assert_eq!(recv(&mut server), b"hello");
}

#[test]
fn a_plain_name_cannot_be_opened_to_others() {
    let endpoint = "file:mine?allow=user:0".parse().unwrap();
    let error = samebox_core::Transport::bind(&File, &endpoint).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidEndpoint);
    assert!(error.to_string().contains("give a path"), "{error}");
}
