//! What .NET expects of a server of `net.pipe`, and what it may do as one.

#![cfg(windows)]

use mio::{Events, Poll, Token};
use samebox_core::{Allow, Backoff, Deadline, Endpoint, ErrorKind, Result};
use samebox_stream::{Accepted, Connector, Duplex, DuplexListener, Listener};
use samebox_sys::windows::named_memory::{self, NamedMemory};
use samebox_sys::windows::pipe;
use samebox_sys::windows::security::Descriptor;
use samebox_wcf::{PipeDialler, PipeDoor, PipeName, Scope, open_pipe};
use std::fs::OpenOptions;
use std::io::{IoSlice, Read, Write};
use std::time::Duration;

fn open(uri: &str) -> Result<PipeDoor> {
    let endpoint: Endpoint = uri.parse()?;
    open_pipe(&endpoint, &PipeName::of(&endpoint)?, &Allow::default())
}

/// For names that all who run these tests use.
fn open_once_free(uri: &str) -> PipeDoor {
    let mut backoff = Backoff::until(Deadline::after(Duration::from_secs(20)));
    loop {
        match open(uri) {
            Err(error) if error.kind() == ErrorKind::AddressInUse && backoff.pause() => {}
            outcome => return outcome.unwrap(),
        }
    }
}

/// The memory of that name, or, where this user may not make global names, of the local one.
fn published(global: &str) -> Vec<u8> {
    let local = global.replacen("Global", "Local", 1);
    named_memory::read(global, 20).or_else(|_| named_memory::read(&local, 20)).unwrap()
}

fn pipe_of(memory: &[u8]) -> String {
    let [d, c, b, a, f, e, h, g, rest @ ..] = &memory[4..] else { panic!("{memory:?}") };
    let digits: Vec<_> = [a, b, c, d, e, f, g, h].into_iter().chain(rest).collect();
    let text: String = digits.iter().map(|byte| format!("{byte:02x}")).collect();
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

#[test]
fn the_names_of_pipes_are_published_where_dotnet_looks_for_them() {
    let vectors = include_str!("pipe-names.tsv");
    for line in vectors.lines() {
        let [uri, way, name] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        // Servers publish one name; clients look for the older ones too. A server of the shortest path
        // would be found by the clients of every other test.
        if way == "sha1" || uri.ends_with('/') {
            continue;
        }
        let _door = open_once_free(uri);
        let memory = published(name);
        assert_eq!((memory.len(), memory[0]), (20, 1), "{uri}");
        assert!(pipe::exists(&pipe_of(&memory)), "{uri}: {}", pipe_of(&memory));
    }
}

#[test]
fn every_server_has_another_pipe() {
    let uri = format!("net.pipe://localhost/samebox-wcf-{}-other", std::process::id());
    let name = PipeName::of(&uri.parse().unwrap()).unwrap().published(Scope::Global);
    let pipes = [(); 2].map(|()| {
        let _door = open(&uri).unwrap();
        pipe_of(&published(&name))
    });
    assert_ne!(pipes[0], pipes[1]);
}

#[test]
fn names_that_only_seem_to_be_published_are_nobodys() {
    let uri = format!("net.pipe://localhost/samebox-wcf-{}-seeming", std::process::id());
    let endpoint: Endpoint = uri.parse().unwrap();
    let name = PipeName::of(&endpoint).unwrap();
    let mut dialler = PipeDialler::new(&endpoint, &name, &Allow::default()).unwrap();
    let mut refused = || dialler.connect(Deadline::now()).unwrap_err().kind();
    let rights = Descriptor::readable(&[]).unwrap();
    for length in [1, 20] {
        let memory = NamedMemory::create(&name.published(Scope::Local), length, &rights).unwrap();
        assert_eq!(refused(), ErrorKind::NotListening);
        // It says that a pipe is there, which is not.
        memory.put(0, 1);
        assert_eq!(refused(), ErrorKind::NotListening);
    }
}

/// The next client of a door that is registered with `poll`.
fn next(door: &mut PipeDoor, poll: &mut Poll) -> Box<dyn Duplex> {
    let mut events = Events::with_capacity(16);
    loop {
        match door.accept(poll.registry()).unwrap() {
            Accepted::Client(client, _) => return PipeDoor::duplex(client).unwrap(),
            Accepted::Refused(error) => panic!("{error}"),
            Accepted::Nobody => {
                poll.poll(&mut events, Some(Duration::from_secs(20))).unwrap();
                assert!(!events.is_empty(), "nobody came");
            }
        }
    }
}

#[test]
fn a_program_that_ends_its_direction_as_dotnet_does_can_still_read() {
    let uri = format!("net.pipe://localhost/samebox-wcf-{}-plain", std::process::id());
    let mut door = open(&uri).unwrap();
    let mut poll = Poll::new().unwrap();
    door.register(poll.registry(), Token(0)).unwrap();
    let name = PipeName::of(&uri.parse().unwrap()).unwrap().published(Scope::Global);
    let path = format!(r"\\.\pipe\{}", pipe_of(&published(&name)));
    let mut client = OpenOptions::new().read(true).write(true).open(path).unwrap();
    for message in [&b"in "[..], b"pieces", b""] {
        // Each write is one message, an empty one too.
        assert_eq!(client.write(message).unwrap(), message.len());
    }
    let server = next(&mut door, &mut poll);
    let soon = || Deadline::after(Duration::from_secs(20));
    let mut got = Vec::with_capacity(64);
    while server.read(&mut got, soon()).unwrap() > 0 {}
    assert_eq!(got, b"in pieces");
    assert_eq!(server.write_now(&[IoSlice::new(b"understood")]).unwrap(), 10);
    drop(server);
    let mut answer = [0; 10];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"understood");
    // The end is an empty message here too, behind which the pipe breaks.
    assert_eq!(client.read(&mut answer).unwrap_or(0), 0);
}
