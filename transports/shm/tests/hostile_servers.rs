//! Servers that do not keep the rules: their client gets an error in time, never a panic, and holds nothing
//! of them afterwards.

#![cfg(target_os = "linux")]

mod support;

use rustix::fs::{MemfdFlags, SealFlags};
use samebox_core::{Call, Deadline, Endpoint, Error, ErrorKind, Outbox, Transport};
use samebox_shm::{Shm, ShmOutbox};
use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::{Duration, Instant};
use support::another::{self, Another};
use support::chance::Chance;
use support::holdings::Holdings;
use support::raw::{self, AREA, BLOCK, CALL, CLOSED, HEAD, MAX, MESSAGE, REPLY, RING};
use support::raw::{RawPeer, SKIP, WHOLE, WIDE, good_hello, hello, tell};
use support::{alone, connect, endpoint};

#[test]
fn another_process() {
    another::play(&[("server", serve_badly)]);
}

/// What a server does with each of its clients, and what becomes of a question to it.
type Wrong = (&'static str, fn(UnixStream), ErrorKind);

const MALFORMED: ErrorKind = ErrorKind::Malformed;
const GONE: ErrorKind = ErrorKind::Disconnected;

const WRONGS: [Wrong; 28] = [
    ("hangs up", drop, GONE),
    ("no samebox", |line| stay(&line, |line| tell(line, b"HTTP/1.1 400 no", &[])), GONE),
    ("version", |line| stay(&line, |line| welcome_with(line, &changed())), GONE),
    ("impossible", |line| stay(&line, |line| welcome_with(line, &hello(5000, AREA, MAX))), GONE),
    ("no memory", |line| stay(&line, |line| tell(line, &good_hello(), &[])), GONE),
    ("no bell", |line| stay(&line, welcome_without_bell), GONE),
    ("a device", |line| stay(&line, |line| with(line, File::open("/dev/zero").unwrap())), GONE),
    ("unsealed", |line| stay(&line, |line| with_memory(line, WHOLE, SealFlags::empty())), GONE),
    ("less", |line| stay(&line, |line| with_memory(line, 4096, SealFlags::SHRINK)), GONE),
    ("many", |line| stay(&line, |line| tell(line, &good_hello(), &[line.as_fd(); 9])), GONE),
    ("unasked", |line| answer(line, |it| it.push(&[REPLY | 8, 2, 0])), MALFORMED),
    ("number 0", |line| answer(line, |it| it.push(&[REPLY | 8, 0, 0])), MALFORMED),
    ("a message", |line| answer(line, |it| it.push(&[MESSAGE | 8, 0])), MALFORMED),
    ("a call", |line| answer(line, |it| it.push(&[CALL | 8, 1, 0])), MALFORMED),
    ("nonsense", |line| answer(line, |it| it.push(&[u64::MAX; 4])), MALFORMED),
    ("above max", |line| answer(line, |it| it.push(&[REPLY | BLOCK | 1 << 28, 1, 0])), MALFORMED),
    ("largest", |line| answer(line, |it| it.push(&[REPLY | 0xffff_ffff, 1])), MALFORMED),
    ("far block", |line| answer(line, |it| it.push(&[REPLY | BLOCK | 99, 1, AREA])), MALFORMED),
    ("beyond tail", |line| answer(line, |it| it.push(&[REPLY | 64, 1])), MALFORMED),
    ("tail too far", |line| answer(line, |it| it.publish(RING + 8)), MALFORMED),
    ("tail between", |line| answer(line, |it| it.publish(3)), MALFORMED),
    ("skips", |line| answer(line, |it| it.push(&[SKIP; 9])), MALFORMED),
    ("head too far", |line| answer(line, |it| it.set(HEAD, u64::MAX)), ErrorKind::TimedOut),
    ("closed", |line| answer(line, |it| it.set(CLOSED, 1)), ErrorKind::TimedOut),
    ("talks", |line| answer(line, |it| while (&it.line).write(&[7; 999]).is_ok() {}), GONE),
    ("a fault", |line| answer(line, |it| it.push(&[4 << 32 | WIDE, 1])), ErrorKind::Fault),
    ("silent", |line| answer(line, |_| {}), ErrorKind::TimedOut),
    ("no welcome", |line| stay(&line, |_| {}), ErrorKind::TimedOut),
];

fn changed() -> Vec<u8> {
    let mut bytes = good_hello();
    bytes[7] = 9;
    bytes
}

fn with(line: &UnixStream, what: impl AsFd) {
    tell(line, &good_hello(), &[what.as_fd(), line.as_fd()]);
}

fn with_memory(line: &UnixStream, length: u64, seals: SealFlags) {
    with(line, raw::memory(length, MemfdFlags::empty(), seals).unwrap());
}

fn welcome_with(line: &UnixStream, bytes: &[u8]) {
    tell(line, bytes, &[raw::good_memory().1.as_fd(), line.as_fd()]);
}

fn welcome_without_bell(line: &UnixStream) {
    tell(line, &good_hello(), &[raw::good_memory().1.as_fd()]);
}

/// Does something, and keeps the line until the client ends it.
fn stay(line: &UnixStream, act: impl FnOnce(&UnixStream)) {
    act(line);
    raw::assert_cut(line);
}

/// Lets the client in, waits for its first record, does something, and keeps the line.
fn answer(line: UnixStream, act: impl FnOnce(&mut RawPeer)) {
    let Some(mut peer) = RawPeer::welcome(line) else { return };
    while peer.theirs.word(raw::TAIL).load() == 0 && !raw::has_news(&peer.line) {
        std::thread::yield_now();
    }
    act(&mut peer);
    peer.wake();
    raw::assert_cut(&peer.line);
}

/// Does the same wrong to all who come, or scribbles.
fn serve_badly(name: &str, endpoint: &Endpoint) {
    let path = raw::rendezvous(endpoint);
    let listener = UnixListener::bind(&path).unwrap();
    another::ready();
    let wrong = WRONGS.iter().find(|(known, ..)| *known == name).map_or(scribble as _, |it| it.1);
    loop {
        let (line, _) = listener.accept().unwrap();
        line.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        std::thread::spawn(move || wrong(line));
    }
}

/// Changes all that it can, over and over.
fn scribble(line: UnixStream) {
    let Some(mut peer) = RawPeer::welcome(line) else { return };
    let mut chance = Chance::new();
    let is_careful = chance.below(2) == 0;
    while !raw::has_news(&peer.line) {
        match is_careful {
            true => peer.scribble_with_care(&mut chance),
            false => peer.scribble(&mut chance),
        }
        peer.set(CLOSED, 0);
    }
}

/// A server that does that, whose name goes when it is killed.
fn bad_server(name: &str) -> (Endpoint, Another) {
    let endpoint = endpoint("bad-server", "capacity=64KiB&max=64KiB");
    let _ = std::fs::remove_file(raw::rendezvous(&endpoint));
    let server = Another::ready(&format!("server {name}"), &endpoint);
    (endpoint, server)
}

/// How long a client waits where only its deadline ends a wait.
const PATIENCE: Duration = Duration::from_millis(300);

fn ask(client: &mut ShmOutbox, patience: Duration) -> Result<(), Error> {
    let deadline = Deadline::after(patience);
    let call = client.request(b"question"[..].into(), deadline)?;
    client.response(call, deadline).map(drop)
}

#[test]
fn a_question_to_a_bad_server_ends_with_an_error() {
    let _alone = alone();
    let before = Holdings::now();
    for (name, _, kind) in WRONGS {
        let (endpoint, server) = bad_server(name);
        let patience = if kind == ErrorKind::TimedOut { PATIENCE } else { Duration::from_secs(20) };
        let begin = Instant::now();
        let client = Shm.connect(&endpoint, Deadline::now());
        let error = client.and_then(|mut client| ask(&mut client, patience)).unwrap_err();
        // It may be seen to hang up, or to take its leave, earlier or later.
        let is_farewell = matches!(error.kind(), GONE | ErrorKind::NotListening)
            && matches!(kind, GONE | ErrorKind::TimedOut);
        assert!(error.kind() == kind || is_farewell, "{name}: {error}");
        assert!(begin.elapsed() < Duration::from_secs(10), "{name}: only by its deadline");
        server.kill();
        before.come_back();
    }
    clean_up();
}

#[test]
fn sends_to_a_bad_server_end() {
    let _alone = alone();
    let before = Holdings::now();
    for (name, ..) in WRONGS {
        let (endpoint, server) = bad_server(name);
        let begin = Instant::now();
        let late = Deadline::at(begin + PATIENCE);
        if let Ok(mut client) = Shm.connect(&endpoint, late) {
            // More than there is room for, by far; some may be refused, and all must come to an end.
            for length in [10, 1000, 20_000].repeat(100) {
                let _ = client.send([7; 20_000][..length].into(), late);
            }
        }
        assert!(begin.elapsed() < Duration::from_secs(10), "{name}");
        server.kill();
        before.come_back();
    }
    clean_up();
}

#[test]
fn a_server_that_changes_everything_at_any_time_does_its_client_no_harm() {
    let _alone = alone();
    let before = Holdings::now();
    let (endpoint, server) = bad_server("scribbler");
    let (mut client, mut failed) = (connect(&endpoint), 0);
    let end = Instant::now() + Duration::from_secs(4);
    while Instant::now() < end {
        let moment = Deadline::after(Duration::from_millis(20));
        let sent = client.send([7; 10_000][..].into(), moment);
        let answered = ask(&mut client, Duration::from_millis(20));
        failed += u32::from(sent.is_err() || answered.is_err());
    }
    assert!(failed > 10, "{failed}");
    server.kill();
    drop(client);
    before.come_back();
    clean_up();
}

#[test]
fn a_server_that_takes_back_what_it_has_read_is_given_up() {
    let _alone = alone();
    let endpoint = endpoint("going-back", "capacity=64KiB&max=64KiB");
    let path = raw::rendezvous(&endpoint);
    let listener = UnixListener::bind(&path).unwrap();
    let mut client = connect(&endpoint);
    assert!(client.send(b"first"[..].into(), Deadline::after(PATIENCE)).is_ok());
    let peer = RawPeer::welcome(listener.accept().unwrap().0).unwrap();
    let mut published = 0;
    while let Ok(()) = client.send([7; 200][..].into(), Deadline::now()) {
        published = peer.theirs.word(raw::TAIL).load();
    }
    peer.set(HEAD, published - 8);
    assert!(client.send([7; 200][..].into(), Deadline::now()).is_ok(), "it looks at the head");
    peer.set(HEAD, 8);
    drop(listener);
    let sent = (0..200).try_for_each(|_| client.send([7; 200][..].into(), Deadline::now()));
    let kind = sent.unwrap_err().kind();
    assert!(matches!(kind, ErrorKind::Disconnected | ErrorKind::NotListening), "{kind}");
    std::fs::remove_file(path).unwrap();
}

fn clean_up() {
    let _ = std::fs::remove_file(raw::rendezvous(&endpoint("bad-server", "")));
}
