//! How the pipes of `net.pipe` are found, and what crosses them.

use mio::{Events, Poll, Token};
use samebox_core::{Allow, Deadline, Endpoint, Error, ErrorKind, Result};
use samebox_stream::{
    Accepted, Connector, Duplex, DuplexConnector, DuplexListener, Listener, Ready,
};
use samebox_wcf::{PipeDialler, PipeDoor, PipeName, open_pipe};
use std::io::{self, BufRead, BufReader, IoSlice, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

/// The path of a service of its own.
fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("samebox-wcf-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn endpoint(path: &str) -> Endpoint {
    format!("net.pipe://localhost/{path}").parse().unwrap()
}

/// A server and the loop that it is in.
struct Server {
    door: PipeDoor,
    poll: Poll,
}

impl Server {
    fn try_open(path: &str) -> Result<Self> {
        let endpoint = endpoint(path);
        let mut door = open_pipe(&endpoint, &PipeName::of(&endpoint)?, &Allow::default())?;
        let poll = Poll::new().unwrap();
        door.register(poll.registry(), Token(0)).unwrap();
        Ok(Self { door, poll })
    }

    fn open(path: &str) -> Self {
        Self::try_open(path).unwrap()
    }

    /// Waits for the next client.
    fn next(&mut self) -> Box<dyn Duplex> {
        let mut events = Events::with_capacity(16);
        let by = soon();
        loop {
            match self.door.accept(self.poll.registry()).unwrap() {
                Accepted::Client(client, _) => return PipeDoor::duplex(client).unwrap(),
                Accepted::Refused(error) => panic!("{error}"),
                Accepted::Nobody => {
                    assert!(!by.has_passed(), "nobody came");
                    self.poll.poll(&mut events, by.remaining()).unwrap();
                }
            }
        }
    }
}

fn try_connect(path: &str) -> Result<Box<dyn Duplex>> {
    let endpoint = endpoint(path);
    let name = PipeName::of(&endpoint)?;
    let channel = PipeDialler::new(&endpoint, &name, &Allow::default())?.connect(soon())?;
    Ok(PipeDialler::duplex(channel).unwrap().0)
}

fn connect(path: &str) -> Box<dyn Duplex> {
    try_connect(path).unwrap()
}

fn failed<T>(outcome: Result<T>) -> Error {
    outcome.err().expect("it should fail")
}

fn write(to: &dyn Duplex, mut bytes: &[u8]) {
    let room = Ready { read: false, write: true };
    while !bytes.is_empty() {
        match to.write_now(&[IoSlice::new(bytes)]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                to.wait(room, soon()).unwrap();
            }
            outcome => bytes = &bytes[outcome.unwrap()..],
        }
    }
    to.wait(room, soon()).unwrap();
}

fn read(from: &dyn Duplex, length: usize) -> Vec<u8> {
    let mut got = Vec::with_capacity(length);
    while got.len() < length {
        assert_ne!(from.read(&mut got, soon()).unwrap(), 0, "the end after {}", got.len());
    }
    got
}

fn is_at_end(from: &dyn Duplex) -> bool {
    from.read(&mut Vec::with_capacity(8), soon()).unwrap() == 0
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

#[test]
fn a_service_is_found_in_any_case_under_any_host_and_below_its_path() {
    let path = unique();
    let mut server = Server::open(&format!("{path}/Orders"));
    for found in [
        format!("{path}/Orders"),
        format!("{}/ORDERS/", path.to_uppercase()),
        format!("{path}/orders/of/today"),
    ] {
        let client = connect(&found);
        write(&*client, b"hello");
        assert_eq!(read(&*server.next(), 5), b"hello");
    }
    let error = failed(try_connect(&path));
    assert_eq!(error.kind(), ErrorKind::NotListening, "{error}");
}

#[test]
fn long_names_are_found_too() {
    let path = format!("{}/{}", unique(), "long".repeat(100));
    let mut server = Server::open(&path);
    write(&*connect(&path), b"hello");
    assert_eq!(read(&*server.next(), 5), b"hello");
}

#[test]
fn the_service_itself_is_found_before_one_above_it() {
    let path = unique();
    let (_above, mut server) = (Server::open(&path), Server::open(&format!("{path}/x")));
    write(&*connect(&format!("{path}/x")), b"hello");
    assert_eq!(read(&*server.next(), 5), b"hello");
}

#[test]
fn a_second_server_is_told_that_the_address_is_in_use() {
    let path = unique();
    let first = Server::open(&path);
    let error = failed(Server::try_open(&path.to_uppercase()));
    assert_eq!(error.kind(), ErrorKind::AddressInUse, "{error}");
    assert!(error.to_string().contains(&path.to_uppercase()), "{error}");
    drop(first);
    Server::open(&path);
}

#[test]
fn nobody_listens_once_the_server_has_gone() {
    let path = unique();
    drop(Server::open(&path));
    let error = failed(try_connect(&path));
    assert_eq!(error.kind(), ErrorKind::NotListening, "{error}");
}

#[test]
fn megabytes_cross_both_ways_at_once() {
    let path = unique();
    let mut server = Server::open(&path);
    let client = connect(&path);
    let served = server.next();
    let sent = pattern(2 << 20);
    std::thread::scope(|scope| {
        scope.spawn(|| write(&*client, &sent));
        scope.spawn(|| write(&*served, &sent));
        scope.spawn(|| assert!(read(&*client, sent.len()) == sent));
        assert!(read(&*served, sent.len()) == sent);
    });
}

#[test]
fn an_end_is_seen_after_all_that_was_written() {
    let path = unique();
    let mut server = Server::open(&path);
    let client = connect(&path);
    write(&*client, b"last words");
    client.cut();
    let served = server.next();
    assert_eq!(read(&*served, 10), b"last words");
    assert!(is_at_end(&*served) && served.has_ended());
}

const ROLE: &str = "SAMEBOX_WCF_PIPES_TEST";

/// Runs only as the second process of tests below: a server that sends back what one client sends.
#[test]
fn other_process() {
    let Ok(path) = std::env::var(ROLE) else { return };
    let mut server = Server::open(&path);
    println!("open {path}");
    let client = server.next();
    loop {
        let mut got = Vec::with_capacity(16 << 10);
        if client.read(&mut got, soon()).unwrap() == 0 {
            break;
        }
        write(&*client, &got);
    }
    println!("ended");
    // It lives until it is killed, or this process ends.
    let _ = io::stdin().read_line(&mut String::new());
}

struct Other {
    child: Child,
    lines: Box<dyn Iterator<Item = String>>,
}

impl Other {
    fn start(path: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["other_process", "--exact", "--nocapture"])
            .env(ROLE, path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut other = Self { child, lines: Box::new(output.lines().map_while(io::Result::ok)) };
        other.wait_for("open");
        other
    }

    fn wait_for(&mut self, mark: &str) {
        assert!(self.lines.any(|line| line.contains(mark)), "no line with {mark:?}");
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn two_processes_exchange_bytes_and_ends() {
    let path = unique();
    let mut other = Other::start(&path);
    let client = connect(&path);
    let sent = pattern(300_000);
    std::thread::scope(|scope| {
        scope.spawn(|| write(&*client, &sent));
        assert!(read(&*client, sent.len()) == sent);
    });
    client.cut();
    other.wait_for("ended");
}

#[test]
fn a_server_in_another_process_has_the_name_until_it_dies() {
    let path = unique();
    let mut other = Other::start(&path);
    let error = failed(Server::try_open(&path));
    assert_eq!(error.kind(), ErrorKind::AddressInUse, "{error}");
    let client = connect(&path);
    write(&*client, b"are you there?");
    assert_eq!(read(&*client, 14), b"are you there?");
    other.child.kill().unwrap();
    other.child.wait().unwrap();
    assert!(matches!(client.read(&mut Vec::with_capacity(8), soon()), Ok(0) | Err(_)));
    let error = failed(try_connect(&path));
    assert_eq!(error.kind(), ErrorKind::NotListening, "{error}");
    Server::open(&path);
    // Keeps its input open until here.
    let _ = other.child.stdin.take().map(|mut input| input.flush());
}
