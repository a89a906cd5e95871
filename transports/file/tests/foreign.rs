//! Peers that are not samebox, as `std` programs: what .NET does with `File.Open`, lock for lock.

mod support;

use samebox_core::{Deadline, ErrorKind, Inbox, Outbox};
use std::io::{Read, Write};
use std::time::Duration;
use support::{Folder, kind, recv, send, soon};

/// A file opened as .NET's `FileShare.None` opens it, waiting for others to let go of it.
fn open_exclusive(folder: &Folder, create: bool) -> std::fs::File {
    loop {
        match try_exclusive(&folder.slot(), create) {
            Some(file) => return file,
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

#[cfg(unix)]
fn try_exclusive(path: &std::path::Path, create: bool) -> Option<std::fs::File> {
    use rustix::fs::{FlockOperation, flock};
    let mut options = std::fs::OpenOptions::new();
    let file = options.read(true).write(true).create(create).truncate(false).open(path).ok()?;
    flock(&file, FlockOperation::NonBlockingLockExclusive).ok()?;
    Some(file)
}

#[cfg(windows)]
fn try_exclusive(path: &std::path::Path, create: bool) -> Option<std::fs::File> {
    use std::os::windows::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(create).truncate(false).share_mode(0).open(path).ok()
}

/// What the usual sample does: `FileMode.Create` cuts the file under the lock, then writes.
fn write_naively(folder: &Folder, payload: &[u8]) {
    let mut file = open_exclusive(folder, true);
    file.set_len(0).unwrap();
    file.write_all(payload).unwrap();
}

/// What the careful one does: waits for an empty file.
fn write_politely(folder: &Folder, payload: &[u8]) {
    loop {
        let mut file = open_exclusive(folder, true);
        if file.metadata().unwrap().len() == 0 {
            return file.write_all(payload).unwrap();
        }
        drop(file);
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The usual reader: reads to the end under the lock, and never empties the file.
fn read_naively(folder: &Folder) -> Vec<u8> {
    let mut content = Vec::new();
    open_exclusive(folder, false).read_to_end(&mut content).unwrap();
    content
}

#[test]
fn a_naive_writer_is_heard() {
    let folder = Folder::new();
    let mut server = folder.bind("").unwrap();
    for payload in [b"first".as_slice(), b"2nd"] {
        write_naively(&folder, payload);
        assert_eq!(recv(&mut server), payload);
    }
}

#[test]
fn polite_writers_lose_nothing_beside_a_client() {
    let folder = Folder::new();
    let (mut server, mut client) = folder.pair("");
    let mut received = std::thread::scope(|scope| {
        scope.spawn(|| (0..50u8).for_each(|number| write_politely(&folder, &[b'p', number])));
        scope.spawn(|| {
            let mut send = |number| client.send([b'c', number][..].into(), soon()).unwrap();
            (0..50u8).for_each(&mut send);
        });
        (0..100).map(|_| recv(&mut server)).collect::<Vec<_>>()
    });
    received.sort();
    let numbers = |who: u8| (0..50u8).map(move |number| vec![who, number]);
    assert_eq!(received, numbers(b'c').chain(numbers(b'p')).collect::<Vec<_>>());
}

#[test]
fn a_writer_that_takes_its_time_is_waited_for() {
    let folder = Folder::new();
    let mut server = folder.bind("").unwrap();
    let mut file = open_exclusive(&folder, false);
    file.write_all(b"half").unwrap();
    file.flush().unwrap();
    assert_eq!(kind(server.recv(Deadline::after(Duration::from_millis(20)))), ErrorKind::TimedOut);
    file.write_all(b" and half").unwrap();
    drop(file);
    assert_eq!(recv(&mut server), b"half and half");
}

#[test]
fn a_slot_without_a_samebox_server_is_for_another_program() {
    let folder = Folder::new();
    assert_eq!(kind(folder.connect("")), ErrorKind::NotListening);
    std::fs::write(folder.slot(), "").unwrap();
    let mut client = folder.connect("").unwrap();
    send(&mut client, b"for .NET").unwrap();
    assert_eq!(read_naively(&folder), b"for .NET");
}

#[test]
fn a_client_makes_the_slot_for_a_reader_that_is_yet_to_come() {
    let folder = Folder::new();
    let mut client = folder.connect("server=any").unwrap();
    send(&mut client, b"early").unwrap();
    assert_eq!(read_naively(&folder), b"early");
    assert!(!folder.lock().exists());
}

#[test]
fn a_reader_that_never_empties_the_slot_gets_the_next_message_after_a_time() {
    let folder = Folder::new();
    let mut client = folder.connect("server=any&overwrite=30ms").unwrap();
    send(&mut client, b"a long first message").unwrap();
    assert_eq!(send(&mut client, b"second"), Err(ErrorKind::TimedOut));
    client.send(b"second"[..].into(), soon()).unwrap();
    assert_eq!(read_naively(&folder), b"second");
}

#[test]
fn a_message_is_overwritten_at_once_when_told() {
    let folder = Folder::new();
    let mut client = folder.connect("server=any&overwrite=0s").unwrap();
    send(&mut client, b"first").unwrap();
    send(&mut client, b"second").unwrap();
    assert_eq!(read_naively(&folder), b"second");
}

#[test]
fn a_samebox_servers_message_is_never_overwritten() {
    let folder = Folder::new();
    let (mut server, mut client) = folder.pair("overwrite=0s");
    send(&mut client, b"first").unwrap();
    let late = client.send(b"second"[..].into(), Deadline::after(Duration::from_millis(20)));
    assert_eq!(kind(late), ErrorKind::TimedOut);
    assert_eq!(recv(&mut server), b"first");
}

#[test]
fn a_reader_that_keeps_the_lock_counts_as_full_in_the_end() {
    let folder = Folder::new();
    let (_server, mut client) = folder.pair("overflow=reject");
    let _file = open_exclusive(&folder, false);
    let refused = client.send(b"late"[..].into(), Deadline::NEVER);
    assert_eq!(kind(refused), ErrorKind::Full);
}

#[test]
fn what_is_too_large_is_dropped_noted_and_counted() {
    let folder = Folder::new();
    let mut server = folder.bind("max=8").unwrap();
    write_naively(&folder, b"nine char");
    assert_eq!(kind(server.recv(Deadline::now())), ErrorKind::TimedOut);
    assert_eq!(server.take_fault().unwrap().kind(), ErrorKind::TooLarge);
    assert_eq!((server.counters().cut, folder.content().len()), (1, 0));
    write_naively(&folder, b"8 chars!");
    assert_eq!(recv(&mut server), b"8 chars!");
}
