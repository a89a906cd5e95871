//! `file:` and `File.Open(.., FileShare.None)` of .NET Core.
//!
//! Mono locks no file, so it takes no part.

#![cfg(unix)]

use samebox::{ErrorKind, bind, connect};
use samebox_peers::{PATIENCE, Program, Running, run, serve, texts};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

/// A folder of this test's own with a file in it that is yet to be made.
struct Slot {
    folder: tempfile::TempDir,
}

impl Slot {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("slot")
    }

    fn endpoint(&self) -> String {
        format!("file:{}", self.path().display())
    }

    fn with(&self, settings: &str) -> String {
        format!("{}?{settings}", self.endpoint())
    }

    /// The words of a C# program that uses this file.
    fn words<'a>(path: &'a str, mode: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
        [&["dotnet", "file", mode, path], rest].concat()
    }

    /// Starts a C# program that uses this file.
    fn start(&self, mode: &str, rest: &[&str]) -> Running {
        Program::peer(&Self::words(self.path().to_str().unwrap(), mode, rest)).start()
    }

    /// Starts a C# program that reads from this file.
    fn serve(&self, count: &str) -> Running {
        serve(&Self::words(self.path().to_str().unwrap(), "read", &[count]))
    }

    /// Runs a C# program that uses this file to its end.
    fn run(&self, mode: &str, rest: &[&str]) {
        run(&Self::words(self.path().to_str().unwrap(), mode, rest));
    }
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

/// `NAME-01` to `NAME-20`.
fn twenty(name: &str) -> Vec<String> {
    (1..=20).map(|n| format!("{name}-{n:02}")).collect()
}

fn strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

#[test]
fn a_naive_writer_is_heard() {
    let slot = Slot::new();
    let mut server = bind(&slot.endpoint()).unwrap();
    for text in ["Hello, Wörld!", "again"] {
        slot.run("write", &[text]);
        assert_eq!(texts(&mut server, 1), [text]);
    }
}

#[test]
fn a_polite_writer_is_heard_every_time() {
    let slot = Slot::new();
    let mut server = bind(&slot.endpoint()).unwrap();
    let writer = slot.start("post", &["one", "two", "three"]);
    assert_eq!(texts(&mut server, 3), ["one", "two", "three"]);
    writer.finish();
}

#[test]
fn what_was_written_before_the_server_started_is_delivered_when_asked() {
    let slot = Slot::new();
    slot.run("write", &["early"]);
    let refused = bind(&slot.endpoint()).err().map(|error| error.kind());
    assert_eq!(refused, Some(ErrorKind::InvalidEndpoint), "it may be a file of the user's");
    let mut server = bind(&slot.with("existing=deliver")).unwrap();
    assert_eq!(texts(&mut server, 1), ["early"]);
}

#[test]
fn a_reader_gets_what_was_sent() {
    let slot = Slot::new();
    let reader = slot.serve("3");
    // It makes the file at its first turn, and to wait for that takes no knowledge of it.
    let mut client = connect(&slot.with("wait=20s")).unwrap();
    client.send("Hello, Wörld!").unwrap();
    client.send_many(["two", "three"]).unwrap();
    assert_eq!(reader.rest(), ["Hello, Wörld!", "two", "three"]);
}

#[test]
fn the_program_sends_to_a_reader_that_has_not_made_the_file() {
    let slot = Slot::new();
    let reader = slot.serve("1");
    Program::samebox(&["send", &slot.with("server=any"), "hello"]).start().finish();
    assert_eq!(reader.rest(), ["hello"]);
}

#[test]
fn a_large_message_arrives_whole_both_ways() {
    let large = "ö".repeat(50_000);
    let slot = Slot::new();
    let reader = slot.serve("1");
    connect(&slot.with("wait=20s")).unwrap().send(large.repeat(10)).unwrap();
    assert!(reader.rest() == [large.repeat(10)]);
    let mut server = bind(&slot.endpoint()).unwrap();
    let writer = slot.start("post", &[&large]);
    assert!(texts(&mut server, 1) == [large.as_str()]);
    writer.finish();
}

#[test]
fn three_writers_at_once_lose_nothing() {
    let slot = Slot::new();
    let mut server = bind(&slot.endpoint()).unwrap();
    let (a, b, c) = (twenty("a"), twenty("b"), twenty("c"));
    let writers = [&a, &b].map(|texts| slot.start("post", &strs(texts)));
    let mut client = connect(&slot.endpoint()).unwrap();
    let ours = c.clone();
    let client = thread::spawn(move || client.send_many(&ours).unwrap());
    let got = texts(&mut server, 60);
    assert_eq!(sorted(got), [a, b, c].concat());
    client.join().unwrap();
    writers.into_iter().for_each(|writer| drop(writer.finish()));
}

#[test]
fn a_reader_loses_nothing_of_three_writers_at_once() {
    let slot = Slot::new();
    let reader = slot.serve("60");
    let (a, b, c) = (twenty("a"), twenty("b"), twenty("c"));
    let writer = slot.start("post", &strs(&c));
    let clients = [&a, &b].map(|texts| {
        let (endpoint, texts) = (slot.with("wait=20s"), texts.clone());
        thread::spawn(move || connect(&endpoint)?.send_many(&texts))
    });
    for client in clients {
        assert_eq!(client.join().unwrap().unwrap(), 20);
    }
    writer.finish();
    assert_eq!(sorted(reader.rest()), [a, b, c].concat());
}

#[test]
fn a_client_waits_for_a_program_that_holds_the_file() {
    let slot = Slot::new();
    let mut server = bind(&slot.endpoint()).unwrap();
    let mut client = connect(&slot.endpoint()).unwrap();
    // Longer than any test waits: killing it is what frees the file.
    let mut holder = slot.start("hold", &["600000"]);
    assert_eq!(holder.line(), "held");
    let late = client.send_by("too soon", Duration::from_millis(50)).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::TimedOut);
    let client = thread::spawn(move || client.send_by("in time", PATIENCE));
    holder.kill();
    client.join().unwrap().unwrap();
    assert_eq!(texts(&mut server, 1), ["in time"]);
}

#[test]
fn a_server_waits_for_a_program_that_holds_the_file() {
    let slot = Slot::new();
    let mut server = bind(&slot.endpoint()).unwrap();
    connect(&slot.endpoint()).unwrap().send("in the slot").unwrap();
    let mut holder = slot.start("hold", &["600000"]);
    assert_eq!(holder.line(), "held");
    let early = server.recv(Duration::from_millis(50)).map(drop).map_err(|error| error.kind());
    assert_eq!(early, Err(ErrorKind::TimedOut));
    holder.kill();
    assert_eq!(texts(&mut server, 1), ["in the slot"]);
}
