//! Those who come to a server's door and say what they should not, or nothing: each is cut off and noted,
//! and nobody else notices.

#![cfg(target_os = "linux")]

mod support;

use rustix::fs::{MemfdFlags, SealFlags};
use samebox_core::{Endpoint, ErrorKind, Inbox};
use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use support::another::{self, Another};
use support::holdings::Holdings;
use support::raw::{self, AREA, MAX, RING, RawPeer, WHOLE, assert_cut, good_hello, hello, tell};
use support::{alone, assert_usable, bind, call_often, endpoint, faults, serve_until};

#[test]
fn another_process() {
    another::play(&[("caller", call_often), ("hello", say_hello), ("crowd", say_nothing)]);
}

/// What a bad hello is, how it is said, and what the server notes about it.
type Hello = (&'static str, fn(&UnixStream), &'static str);

const NOT_OURS: &str = "is not that of samebox";

const HELLOS: [Hello; 19] = [
    ("nothing-of-it", |line| tell(line, b"GET / HTTP/1.1", &[]), NOT_OURS),
    ("one-byte", |line| tell(line, b"s", &[]), NOT_OURS),
    ("short", |line| with_good_memory(line, &good_hello()[..39]), NOT_OURS),
    ("long", |line| with_good_memory(line, &[&good_hello()[..], b"x"].concat()), NOT_OURS),
    ("endless", talk_endlessly, NOT_OURS),
    ("magic", |line| with_good_memory(line, &changed(3)), NOT_OURS),
    ("version", |line| with_good_memory(line, &changed(7)), "version"),
    ("small-ring", |line| with_good_memory(line, &hello(2048, AREA, MAX)), "impossible size"),
    ("odd-ring", |line| with_good_memory(line, &hello(5000, AREA, MAX)), "impossible size"),
    ("huge-ring", |line| with_good_memory(line, &hello(1 << 63, AREA, MAX)), "impossible size"),
    ("huge-area", |line| with_good_memory(line, &hello(RING, u64::MAX, MAX)), "impossible size"),
    ("no-memory", |line| tell(line, &good_hello(), &[]), "no memory came"),
    ("a-device", |line| with(line, File::open("/dev/zero").unwrap()), "not memory sealed"),
    ("a-socket", |line| with(line, line), "not memory sealed"),
    ("unsealed", |line| with_memory(line, WHOLE, SealFlags::empty()), "not memory sealed"),
    ("sealed-otherwise", |line| with_memory(line, WHOLE, SealFlags::GROW), "not memory sealed"),
    ("less", |line| with_memory(line, WHOLE - 4096, SealFlags::SHRINK), "not the size"),
    ("more", |line| with_memory(line, WHOLE + 4096, SealFlags::SHRINK), "not the size"),
    ("many", |line| tell(line, &good_hello(), &[line.as_fd(); 9]), "more descriptors"),
];

fn changed(at: usize) -> Vec<u8> {
    let mut bytes = good_hello();
    bytes[at] ^= 0x40;
    bytes
}

fn with(line: &UnixStream, what: impl AsFd) {
    tell(line, &good_hello(), &[what.as_fd()]);
}

fn with_good_memory(line: &UnixStream, bytes: &[u8]) {
    tell(line, bytes, &[raw::good_memory().1.as_fd()]);
}

fn with_memory(line: &UnixStream, length: u64, seals: SealFlags) {
    with(line, raw::memory(length, MemfdFlags::empty(), seals).unwrap());
}

fn talk_endlessly(mut line: &UnixStream) {
    while line.write(&[7; 4096]).is_ok() {}
}

fn say_hello(name: &str, endpoint: &Endpoint) {
    let line = raw::knock(endpoint);
    let (_, say, _) = HELLOS.iter().find(|(known, ..)| *known == name).unwrap();
    say(&line);
    assert_cut(&line);
}

#[test]
fn a_bad_hello_is_cut_off_and_noted_while_others_are_served() {
    let _alone = alone();
    let endpoint = endpoint("hellos", "");
    let mut server = bind(&endpoint);
    let mut caller = Another::start("caller 1000000", &endpoint);
    serve_until(&mut server, || Holdings::now().mappings == 2);
    let before = Holdings::now();
    for (round, (name, _, part)) in (1..).zip(HELLOS) {
        let mut hostile = Another::start(&format!("hello {name}"), &endpoint);
        serve_until(&mut server, || hostile.ended().is_some_and(|end| end.success()));
        let faults = faults(&mut server);
        assert_eq!(faults.len(), 1, "{name}: {faults:?}");
        assert_eq!(faults[0].kind(), ErrorKind::Malformed, "{name}: {}", faults[0]);
        let text = faults[0].to_string();
        let pid = format!("pid {}", hostile.id());
        assert!(text.contains(part) && text.contains(&pid), "{name}: {text}");
        assert_eq!(server.counters().cut, round);
        serve_until(&mut server, || Holdings::now() == before);
    }
    assert_eq!(caller.ended(), None, "it was answered all the time");
}

#[test]
fn memory_of_huge_pages_is_refused_where_there_is_some() {
    let _alone = alone();
    let huge = match raw::memory(2 << 20, MemfdFlags::HUGETLB, SealFlags::SHRINK) {
        Ok(huge) => huge,
        Err(why) => return assert!(!Path::new("/sys/kernel/mm/hugepages").exists(), "{why}"),
    };
    let endpoint = endpoint("huge", "");
    let mut server = bind(&endpoint);
    let line = raw::knock(&endpoint);
    with(&line, huge);
    serve_until(&mut server, || raw::has_news(&line));
    assert_cut(&line);
    let fault = server.take_fault().unwrap().to_string();
    assert!(fault.contains("not ordinary memory"), "{fault}");
}

/// Comes to the door so many times, says nothing, and waits to be turned away.
fn say_nothing(count: &str, endpoint: &Endpoint) {
    let lines: Vec<_> = (0..count.parse().unwrap()).map(|_| raw::knock(endpoint)).collect();
    another::ready();
    lines.iter().for_each(assert_cut);
}

#[test]
fn a_crowd_that_says_nothing_is_sent_away_and_keeps_nobody_out() {
    let _alone = alone();
    let endpoint = endpoint("crowd", "");
    let before = Holdings::now();
    let mut server = bind(&endpoint);
    let mut crowd = Another::ready("crowd 300", &endpoint);
    let mut caller = Another::start("caller 1000", &endpoint);
    serve_until(&mut server, || caller.ended().is_some_and(|end| end.success()));
    assert_eq!((crowd.ended(), server.counters().cut), (None, 0), "it still has some time");
    serve_until(&mut server, || crowd.ended().is_some_and(|end| end.success()));
    assert_eq!(server.counters().cut, 300);
    let faults = faults(&mut server);
    assert!(!faults.is_empty());
    for fault in faults {
        assert_eq!(fault.kind(), ErrorKind::TimedOut, "{fault}");
        assert!(fault.to_string().contains("did not say"), "{fault}");
    }
    drop(server);
    assert_usable(&endpoint);
    before.come_back();
}

#[test]
fn whoever_leaves_without_a_word_is_no_fault() {
    let _alone = alone();
    let endpoint = endpoint("leaving", "");
    let mut server = bind(&endpoint);
    let before = Holdings::now();
    drop(raw::knock(&endpoint));
    serve_until(&mut server, || Holdings::now() == before);
    // Nor is one that is let in and ends its line at once, having sent nothing.
    std::thread::scope(|scope| {
        let entering = scope.spawn(|| drop(RawPeer::enter(&endpoint)));
        serve_until(&mut server, || entering.is_finished());
    });
    serve_until(&mut server, || Holdings::now() == before);
    assert_eq!((server.counters().cut, faults(&mut server).len()), (0, 0));
}
