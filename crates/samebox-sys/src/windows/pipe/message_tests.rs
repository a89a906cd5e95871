use super::*;
use crate::windows::security::Descriptor;
use std::io::IoSlice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

const PATIENCE: Option<Duration> = Some(Duration::from_secs(20));
const READ: Ready = Ready { read: true, write: false };
const WRITE: Ready = Ready { read: false, write: true };

/// A client and a server's end over a pipe of messages.
fn pair() -> (Duplex, Duplex) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("samebox-sys-messages-{}-{number}", std::process::id());
    let rights = Descriptor::private(&[]).unwrap();
    let (_name, first) = Name::claim(&name, Content::Messages, rights).unwrap();
    let client = Client::connect(&name, Content::Messages, PATIENCE.unwrap()).unwrap();
    let server = Duplex::of_server(first, Content::Messages, &[]).unwrap();
    (client.into_duplex().unwrap(), server)
}

/// Reads once, with waiting.
fn next(end: &Duplex, room: usize) -> Vec<u8> {
    let mut got = Vec::with_capacity(room);
    loop {
        match end.append_now(&mut got) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                end.wait(READ, PATIENCE).unwrap();
            }
            outcome => {
                assert_eq!(outcome.unwrap(), got.len());
                return got;
            }
        }
    }
}

fn read(end: &Duplex, length: usize) -> Vec<u8> {
    let mut got = Vec::new();
    while got.len() < length {
        let more = next(end, length - got.len());
        assert!(!more.is_empty(), "the end after {} bytes", got.len());
        got.extend(more);
    }
    got
}

fn write(end: &Duplex, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match end.write_now(&[IoSlice::new(bytes)]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                end.wait(WRITE, PATIENCE).unwrap();
            }
            outcome => bytes = &bytes[outcome.unwrap()..],
        }
    }
    // What a thread has begun, the system gives up when that ends.
    end.wait(WRITE, PATIENCE).unwrap();
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

#[test]
fn bounds_of_messages_mean_nothing() {
    let (client, server) = pair();
    write(&client, b"he");
    write(&client, b"llo");
    assert_eq!(read(&server, 5), b"hello");
    write(&server, b"so long");
    // A look at a part of a message leaves its rest.
    assert_eq!(next(&client, 2), b"so");
    assert_eq!(read(&client, 5), b" long");
}

#[test]
fn a_message_larger_than_a_read_comes_whole_both_ways() {
    let (client, server) = pair();
    let sent = pattern(1 << 20);
    thread::scope(|scope| {
        scope.spawn(|| write(&client, &sent));
        scope.spawn(|| write(&server, &sent));
        scope.spawn(|| assert!(read(&client, sent.len()) == sent));
        assert!(read(&server, sent.len()) == sent);
    });
}

#[test]
fn an_empty_message_is_the_end() {
    let (client, server) = pair();
    write(&client, b"last words");
    client.end().unwrap();
    assert!(!server.has_ended());
    assert_eq!(read(&server, 10), b"last words");
    assert_eq!(next(&server, 8), b"");
    assert_eq!(next(&server, 8), b"");
    assert!(server.has_ended());
    // The other direction goes on.
    write(&server, b"an answer");
    assert_eq!(read(&client, 9), b"an answer");
}

#[test]
fn nothing_to_write_is_not_the_end() {
    let (client, server) = pair();
    assert_eq!(client.write_now(&[IoSlice::new(b"")]).unwrap(), 0);
    write(&client, b"more");
    assert_eq!(read(&server, 4), b"more");
}

#[test]
fn a_cut_wakes_whoever_reads_and_is_the_end_at_the_other_side() {
    let (client, server) = pair();
    let client = Arc::new(client);
    let reading = client.clone();
    let reader = thread::spawn(move || next(&reading, 8));
    // Whether it waits by then or not, it ends.
    client.cut();
    assert_eq!(reader.join().unwrap(), b"");
    assert_eq!(next(&server, 8), b"");
    let late = client.write_now(&[IoSlice::new(b"late")]).unwrap_err();
    assert_eq!(late.kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn a_closed_direction_wakes_its_reader_and_leaves_the_other_open() {
    let (client, server) = pair();
    thread::scope(|scope| {
        let reader = scope.spawn(|| next(&client, 8));
        client.close_read();
        assert_eq!(reader.join().unwrap(), b"");
    });
    write(&client, b"still");
    assert_eq!(read(&server, 5), b"still");
}

#[test]
fn a_cut_gives_up_what_the_other_side_does_not_read() {
    let (client, server) = pair();
    let block = pattern(100_000);
    while server.write_now(&[IoSlice::new(&block)]).is_ok() {}
    let late = server.wait(WRITE, Some(Duration::from_millis(5))).unwrap_err();
    assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    server.cut();
    assert!(server.wait(WRITE, PATIENCE).unwrap().write);
    drop(server);
    while !next(&client, 1 << 20).is_empty() {}
}

#[test]
fn an_end_that_went_away_is_the_end() {
    let (client, server) = pair();
    write(&server, b"bye");
    drop(server);
    assert_eq!(read(&client, 3), b"bye");
    assert_eq!(next(&client, 8), b"");
    assert!(client.has_ended());
}

#[test]
fn what_was_read_before_comes_first() {
    let name = format!("samebox-sys-messages-{}-first", std::process::id());
    let rights = Descriptor::private(&[]).unwrap();
    let (_name, first) = Name::claim(&name, Content::Messages, rights).unwrap();
    let client = Client::connect(&name, Content::Messages, PATIENCE.unwrap()).unwrap();
    let server = Duplex::of_server(first, Content::Messages, b"before ").unwrap();
    write(&client.into_duplex().unwrap(), b"after");
    assert_eq!(read(&server, 12), b"before after");
}
