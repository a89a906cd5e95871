//! Two users on one machine: who may connect, who may own a server, whose names are left alone.
//!
//! The other user is `nobody`, played by socat; becoming it takes root, or sudo without a question.
#![cfg(unix)]

use samebox::{ErrorKind, User, bind, connect};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(10);
const NOBODY: u32 = 65534;

/// A folder that both users may use, as `/tmp` is: everybody may write, nobody may remove.
fn shared_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o1777)).unwrap();
    folder
}

/// A program run by `nobody`.
fn as_nobody(arguments: &[&str]) -> Command {
    let change = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
    let prefix: &[&str] = if is_root { &[] } else { &["sudo", "-n"] };
    let mut words = prefix.iter().chain(&change).chain(arguments);
    let mut command = Command::new(words.next().unwrap());
    command.args(words);
    command
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server of `nobody` at `path` that everybody may connect to, and prints what it receives.
fn foreign_server(path: &PathBuf) -> Running {
    let listen = format!("UNIX-LISTEN:{},mode=777", path.display());
    let child = as_nobody(&["socat", "-u", &listen, "-"]).stdout(Stdio::piped()).spawn();
    let server =
        Running(child.expect("setpriv and socat are needed; `./test tools` installs them"));
    let deadline = Instant::now() + SOON;
    // The mode is changed last, so it shows that the server is there.
    let is_open =
        || std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o777 == 0o777);
    while !is_open() {
        assert!(
            Instant::now() < deadline,
            "socat does not listen; is this root, or is there sudo?"
        );
        std::thread::yield_now();
    }
    server
}

#[test]
fn a_server_of_another_user_gets_no_byte() {
    let folder = shared_folder();
    let path = folder.path().join("s");
    let mut server = foreign_server(&path);
    let error = connect(&format!("unix:{}", path.display())).err().expect("it is not ours");
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    assert!(error.to_string().contains("uid 65534"), "{error}");
    let mut received = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut received).unwrap();
    assert_eq!(received, "");
}

#[test]
fn a_server_of_a_user_that_is_named_gets_its_message() {
    let folder = shared_folder();
    let path = folder.path().join("s");
    let mut server = foreign_server(&path);
    let endpoint = format!("unix:{}?framing=line&allow=user:nobody", path.display());
    let mut client = connect(&endpoint).unwrap();
    assert_eq!(client.peer().unwrap().user, Some(User::Uid(NOBODY)));
    client.send("for nobody").unwrap();
    let mut received = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut received).unwrap();
    assert_eq!(received, "for nobody\n");
}

/// What comes of one line that `nobody` tries to send: whether it got through the door.
fn nobody_sends(address: &str) -> bool {
    let mut child = as_nobody(&["socat", "-u", "-", address])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // A socat that was turned away does not read.
    let _ = child.stdin.take().unwrap().write_all(b"from nobody\n");
    child.wait().unwrap().success()
}

#[test]
fn another_user_does_not_get_in_by_path() {
    let folder = shared_folder();
    let path = folder.path().join("s");
    let mut server = bind(&format!("unix:{}?framing=line", path.display())).unwrap();
    assert!(!nobody_sends(&format!("UNIX-CONNECT:{}", path.display())));
    assert_eq!(server.recv(Duration::from_millis(50)).unwrap_err().kind(), ErrorKind::TimedOut);
}

#[test]
fn another_user_is_turned_away_at_an_abstract_name() {
    let name = format!("users-{}", std::process::id());
    let mut server = bind(&format!("unix:@{name}?framing=line")).unwrap();
    nobody_sends(&format!("ABSTRACT-CONNECT:{name}"));
    assert_eq!(server.recv(Duration::from_millis(200)).unwrap_err().kind(), ErrorKind::TimedOut);
    assert_eq!(server.counters().refused, 1);
    assert_eq!(server.take_fault().unwrap().kind(), ErrorKind::Denied);
}

#[test]
fn a_user_or_group_that_is_named_gets_in() {
    for allow in ["user:nobody", "group:nogroup"] {
        let folder = shared_folder();
        let path = folder.path().join("s");
        let mut server =
            bind(&format!("unix:{}?framing=line&allow={allow}", path.display())).unwrap();
        let address = format!("UNIX-CONNECT:{}", path.display());
        let sending = std::thread::spawn(move || nobody_sends(&address));
        let message = server.recv(SOON).unwrap();
        assert_eq!(message.text().unwrap(), "from nobody", "{allow}");
        assert_eq!(message.peer().user, Some(User::Uid(NOBODY)));
        assert!(sending.join().unwrap());
    }
}

#[test]
fn names_of_another_user_are_left_alone_even_dead_ones() {
    let folder = shared_folder();
    let path = folder.path().join("s");
    drop(foreign_server(&path));
    std::fs::metadata(&path)
        .or_else(|_| {
            // socat removes its socket when it ends in an orderly way.
            let listen =
                format!("import socket;socket.socket(socket.AF_UNIX).bind('{}')", path.display());
            as_nobody(&["python3", "-c", &listen]).status().and_then(|_| std::fs::metadata(&path))
        })
        .expect("a dead socket of nobody");
    let error = bind(&format!("unix:{}", path.display())).err().expect("it is not ours");
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    assert!(path.exists());
}
