//! Clients that are let in and then write what nobody writes: each is cut off and noted, the server reads
//! on, and nobody else notices.

#![cfg(target_os = "linux")]

mod support;

use samebox_core::{Endpoint, ErrorKind, Inbox};
use samebox_shm::ShmInbox;
use std::io::Write;
use std::time::{Duration, Instant};
use support::another::{self, Another};
use support::chance::Chance;
use support::holdings::Holdings;
use support::raw::{self, AREA, BLOCK, CALL, DROPPED, HEAD, MESSAGE, REPLY, RING};
use support::raw::{RawPeer, SKIP, WIDE, assert_cut};
use support::{alone, bind, call_often, endpoint, faults, look_until, serve_until};

#[test]
fn another_process() {
    another::play(&[("caller", call_often), ("scribbler", scribble), ("liar", lie)]);
}

/// What a client writes once it is in, and what the server notes about it.
type Lie = (&'static str, fn(&mut RawPeer), ErrorKind, &'static str);

const MALFORMED: ErrorKind = ErrorKind::Malformed;
const LARGE: ErrorKind = ErrorKind::TooLarge;
const TAIL: &str = "what cannot be";
const PART: &str = "no meaning";
const NOT_ALL: &str = "not all there";
const ANSWER: &str = "what nobody asked";

const LIES: [Lie; 21] = [
    ("above-max", |it| it.push(&[MESSAGE | BLOCK | 20_000_000, 0]), LARGE, "20000000 bytes"),
    ("2-to-the-31", |it| it.push(&[MESSAGE | 1 << 31, 0]), LARGE, "2147483648 bytes"),
    ("2-to-the-31-block", |it| it.push(&[MESSAGE | BLOCK | 1 << 31, 0]), LARGE, "bytes"),
    ("largest", |it| it.push(&[CALL | 0xffff_ffff, 0]), LARGE, "4294967295 bytes"),
    ("above-area", |it| it.push(&[MESSAGE | BLOCK | (AREA + 1), 0]), MALFORMED, NOT_ALL),
    ("beyond-area", |it| it.push(&[MESSAGE | BLOCK | 100, AREA - 99]), MALFORMED, NOT_ALL),
    ("far-away", |it| it.push(&[MESSAGE | BLOCK | 100, u64::MAX - 50]), MALFORMED, NOT_ALL),
    ("long-for-ring", |it| it.push(&[MESSAGE | (RING / 16 + 1), 0]), MALFORMED, "too long"),
    ("beyond-tail", |it| it.push(&[MESSAGE | 64, 0, 0]), MALFORMED, PART),
    ("half-a-header", |it| it.push(&[CALL | 8]), MALFORMED, PART),
    ("no-kind", |it| it.push(&[0]), MALFORMED, PART),
    ("unknown-kind", |it| it.push(&[9 << 32 | WIDE, 1]), MALFORMED, PART),
    ("unknown-flag", |it| it.push(&[MESSAGE | 1 << 45]), MALFORMED, PART),
    ("call-without-number", |it| it.push(&[2 << 32]), MALFORMED, PART),
    ("an-answer", |it| it.push(&[REPLY, 1]), MALFORMED, ANSWER),
    ("a-fault", |it| it.push(&[4 << 32 | WIDE, 1]), MALFORMED, ANSWER),
    ("tail-too-far", |it| it.publish(RING + 8), MALFORMED, TAIL),
    ("tail-between", |it| it.publish(12), MALFORMED, TAIL),
    ("tail-back", go_back, MALFORMED, TAIL),
    ("skips-only", |it| it.push(&[SKIP; RING as usize / 8]), MALFORMED, "whole ring"),
    ("skips-after-one", skip_on, MALFORMED, "whole ring"),
];

/// Asks one question and waits for the answer.
fn ask(peer: &mut RawPeer) {
    peer.push(&[CALL, 1]);
    wait_for(|| peer.theirs.word(raw::TAIL).load() > 0);
}

/// Takes back what has been read.
fn go_back(peer: &mut RawPeer) {
    ask(peer);
    peer.publish(8);
}

/// Leaves out the rest of the ring, which is allowed, and then all of it.
fn skip_on(peer: &mut RawPeer) {
    ask(peer);
    peer.write(16, &[SKIP]);
    peer.write(RING, &[SKIP, SKIP]);
    peer.publish(RING + 16);
}

fn wait_for(mut what: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !what() {
        assert!(Instant::now() < deadline, "it does not happen");
        std::thread::yield_now();
    }
}

fn lie(name: &str, endpoint: &Endpoint) {
    let mut peer = RawPeer::enter(endpoint).unwrap();
    let (_, act, ..) = LIES.iter().find(|(known, ..)| *known == name).unwrap();
    act(&mut peer);
    assert_cut(&peer.line);
}

#[test]
fn a_lie_is_cut_off_and_noted_while_others_are_served() {
    let _alone = alone();
    let endpoint = endpoint("liars", "");
    let mut server = bind(&endpoint);
    let mut caller = Another::start("caller 1000000", &endpoint);
    serve_until(&mut server, || Holdings::now().mappings == 2);
    let before = Holdings::now();
    for (round, (name, _, kind, part)) in (1..).zip(LIES) {
        let mut liar = Another::start(&format!("liar {name}"), &endpoint);
        serve_until(&mut server, || liar.ended().is_some_and(|end| end.success()));
        let faults = faults(&mut server);
        assert_eq!(faults.len(), 1, "{name}: {faults:?}");
        let text = faults[0].to_string();
        assert_eq!(faults[0].kind(), kind, "{name}: {text}");
        let pid = format!("pid {}", liar.id());
        assert!(text.contains(part) && text.contains(&pid), "{name}: {text}");
        assert_eq!(server.counters().cut, round);
        serve_until(&mut server, || Holdings::now() == before);
    }
    assert_eq!(caller.ended(), None, "it was answered all the time");
}

/// A client that changes all that it can, again and again, until it is cut off; then as another one.
fn scribble(rounds: &str, endpoint: &Endpoint) {
    let mut chance = Chance::new();
    for round in 0..rounds.parse::<u32>().unwrap() {
        let Some(mut peer) = RawPeer::enter(endpoint) else { continue };
        let end = Instant::now() + Duration::from_millis(20);
        // Then with an end that nobody could take for a true one.
        while Instant::now() < end {
            match round % 4 {
                0 => peer.scribble(&mut chance),
                _ => peer.scribble_with_care(&mut chance),
            }
            if round % 2 == 0 {
                peer.wake();
            }
        }
        peer.publish(3);
        assert_cut(&peer.line);
    }
}

#[test]
fn clients_that_change_everything_at_any_time_disturb_nobody() {
    survive_scribblers(|server, is_over| serve_until(server, is_over));
}

#[test]
fn nor_do_they_when_messages_are_looked_at_where_they_lie() {
    survive_scribblers(|server, is_over| look_until(server, is_over));
}

fn survive_scribblers(serve: fn(&mut ShmInbox, &mut dyn FnMut() -> bool)) {
    let _alone = alone();
    const ROUNDS: u64 = 150;
    let endpoint = endpoint("scribblers", "");
    let before = Holdings::now();
    let mut server = bind(&endpoint);
    let role = format!("scribbler {ROUNDS}");
    let scribblers = [(); 2].map(|()| Another::start(&role, &endpoint));
    let caller = Another::start("caller 1000", &endpoint);
    for mut other in [caller].into_iter().chain(scribblers) {
        serve(&mut server, &mut || other.ended().is_some_and(|end| end.success()));
    }
    assert_eq!(server.counters().cut, 2 * ROUNDS);
    let faults = faults(&mut server);
    assert!(!faults.is_empty());
    for fault in faults {
        let expected = matches!(fault.kind(), ErrorKind::Malformed | ErrorKind::TooLarge);
        assert!(expected && fault.to_string().contains("pid "), "{fault}");
    }
    drop(server);
    before.come_back();
}

/// Has the server serve while this process is a hostile client of it.
fn against_server(endpoint: &Endpoint, hostile: impl FnOnce() + Send) -> ShmInbox {
    let mut server = bind(endpoint);
    std::thread::scope(|scope| {
        let hostile = scope.spawn(hostile);
        serve_until(&mut server, || hostile.is_finished());
        hostile.join().unwrap();
    });
    server
}

#[test]
fn endless_words_on_the_life_line_end_it() {
    let _alone = alone();
    let endpoint = endpoint("talker", "");
    let before = Holdings::now();
    let server = against_server(&endpoint, || {
        let peer = RawPeer::enter(&endpoint).unwrap();
        while (&peer.line).write(&[7; 4096]).is_ok() {}
        assert_cut(&peer.line);
    });
    drop(server);
    before.come_back();
}

#[test]
fn many_who_say_they_dropped_more_than_can_be_counted_are_no_trouble() {
    let _alone = alone();
    let endpoint = endpoint("droppers", "");
    let server = against_server(&endpoint, || {
        for _ in 0..3 {
            let mut peer = RawPeer::enter(&endpoint).unwrap();
            peer.set(DROPPED, u64::MAX);
            ask(&mut peer);
        }
        let mut peer = RawPeer::enter(&endpoint).unwrap();
        ask(&mut peer);
    });
    assert_eq!((server.counters().received, server.counters().lost), (4, u64::MAX));
}

#[test]
fn who_says_to_have_read_what_was_never_written_is_cut_off() {
    let _alone = alone();
    let endpoint = endpoint("readers", "capacity=64KiB");
    let mut server = against_server(&endpoint, || {
        let mut peer = RawPeer::enter(&endpoint).unwrap();
        peer.set(HEAD, u64::MAX - 7);
        // Until the answers fill the server's ring, which has it look.
        for number in 0..RING / 24 {
            peer.push(&[CALL | 8, number, 0]);
            peer.wake();
        }
        assert_cut(&peer.line);
    });
    let fault = server.take_fault().unwrap();
    assert_eq!((fault.kind(), server.counters().cut), (ErrorKind::Malformed, 1));
    assert!(fault.to_string().contains("read"), "{fault}");
}
