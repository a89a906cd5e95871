//! What only the pipes of Windows promise; all that they share with others is in the suite.

#![cfg(windows)]

use samebox_core::{
    Bytes, CallId, Deadline, Endpoint, ErrorKind, Inbox, Message, Outbox, Result, Transport, User,
};
use samebox_pipe::Pipe;
use samebox_stream::{NamedConnector, NamedListener, StreamClient, StreamServer};
use samebox_sys::windows::account::Token;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

type Server = StreamServer<NamedListener>;
type Client = StreamClient<NamedConnector>;

/// An endpoint of its own.
fn endpoint(framing: &str) -> Endpoint {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("pipe:samebox-pipe-{}-{number}?framing={framing}", std::process::id()).parse().unwrap()
}

fn connect(endpoint: &Endpoint) -> Client {
    Pipe.connect(endpoint, soon()).unwrap()
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

fn next(server: &mut Server) -> Message {
    server.recv(soon()).unwrap()
}

fn request(client: &mut Client, payload: &[u8]) -> Result<CallId> {
    client.as_call().unwrap().request(payload.into(), soon())
}

fn response(client: &mut Client, call: CallId) -> Result<Bytes> {
    client.as_call().unwrap().response(call, soon())
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

#[test]
fn a_connection_without_framing_is_one_message() {
    let endpoint = endpoint("eof");
    let mut server = Pipe.bind(&endpoint).unwrap();
    let large = pattern(1 << 20);
    let sent = large.clone();
    let sender = thread::spawn(move || {
        let mut client = connect(&endpoint);
        client.send(b"one"[..].into(), soon()).unwrap();
        client.send(sent.as_slice().into(), soon()).unwrap();
        client.flush(soon()).unwrap();
    });
    assert_eq!(next(&mut server).payload(), b"one");
    assert!(next(&mut server).payload() == large);
    sender.join().unwrap();
    assert_eq!(server.recv(Deadline::now()).err().unwrap().kind(), ErrorKind::TimedOut);
}

#[test]
fn a_call_without_framing_is_refused_with_what_to_do() {
    let endpoint = endpoint("eof");
    let _server = Pipe.bind(&endpoint).unwrap();
    let mut client = connect(&endpoint);
    let refused = request(&mut client, b"?").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    assert!(refused.to_string().contains("framing=line"), "{refused}");
}

#[test]
fn both_sides_learn_the_account_and_the_process_of_the_other() {
    let endpoint = endpoint("length");
    let mut server = Pipe.bind(&endpoint).unwrap();
    let mut client = connect(&endpoint);
    client.send(b"who am I"[..].into(), soon()).unwrap();
    let user = Token::own().unwrap().user().unwrap();
    let user = Some(User::Sid(user.as_str().into()));
    let message = next(&mut server);
    for peer in [message.peer(), client.peer().unwrap()] {
        assert_eq!((&peer.user, peer.pid), (&user, Some(std::process::id())));
    }
}

#[test]
fn a_large_answer_arrives_although_its_server_ends_at_once() {
    let endpoint = endpoint("length");
    let mut server = Pipe.bind(&endpoint).unwrap();
    let answer = pattern(1 << 20);
    let expected = answer.clone();
    let caller = thread::spawn(move || {
        let mut client = connect(&endpoint);
        let call = request(&mut client, b"all of it").unwrap();
        response(&mut client, call).unwrap()
    });
    next(&mut server).reply(answer).unwrap();
    drop(server);
    assert!(caller.join().unwrap() == expected);
}

#[test]
fn a_server_whose_client_does_not_read_its_answer_ends_all_the_same() {
    let endpoint = endpoint("length");
    let mut server = Pipe.bind(&endpoint).unwrap();
    let mut client = connect(&endpoint);
    let call = request(&mut client, b"all of it").unwrap();
    next(&mut server).reply(pattern(1 << 20)).unwrap();
    let begun = Instant::now();
    drop(server);
    assert!(begun.elapsed() < Duration::from_secs(10), "it took {:?}", begun.elapsed());
    let gone = response(&mut client, call).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::Disconnected);
    Pipe.bind(&endpoint).unwrap();
}

#[test]
fn an_answer_after_the_servers_end_finds_nobody() {
    let endpoint = endpoint("length");
    let mut server = Pipe.bind(&endpoint).unwrap();
    let mut client = connect(&endpoint);
    let call = request(&mut client, b"?").unwrap();
    let mut question = next(&mut server);
    drop(server);
    assert_eq!(question.reply(b"!").unwrap_err().kind(), ErrorKind::Disconnected);
    assert_eq!(response(&mut client, call).unwrap_err().kind(), ErrorKind::Disconnected);
}

#[test]
fn a_message_that_found_no_room_in_time_is_followed_by_the_next() {
    let endpoint = endpoint("length");
    let mut server = Pipe.bind(&endpoint).unwrap();
    let mut client = connect(&endpoint);
    let mut sent = 0_u32;
    let late = loop {
        let payload = sent.to_le_bytes().repeat(1000);
        let brief = Deadline::after(Duration::from_millis(50));
        match client.send(payload.as_slice().into(), brief) {
            Ok(()) => sent += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((late.kind(), late.completed()), (ErrorKind::TimedOut, 1));
    let sender = thread::spawn(move || client.send(b"next"[..].into(), soon()).unwrap());
    // The one that was late is out, and keeps its place.
    for number in 0..=sent {
        assert_eq!(next(&mut server).payload()[..4], number.to_le_bytes());
    }
    assert_eq!(next(&mut server).payload(), b"next");
    sender.join().unwrap();
}
