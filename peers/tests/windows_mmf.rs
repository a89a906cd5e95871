//! `shm:` with `layout=mmf` of the program for Windows, and named memory with an event as a Win32
//! program has it; both under Wine.

#![cfg(unix)]

use samebox_peers::{PipeName, Program, Running, run, serve};

fn endpoint(name: &PipeName, settings: &str) -> String {
    format!("shm:{}?layout=mmf{settings}", name.as_str())
}

/// Starts the program as a receiver and waits until senders may come.
fn listen(name: &PipeName, rest: &[&str]) -> Running {
    let endpoint = endpoint(name, "");
    let mut server = Program::samebox_of_windows(&[&["listen", &endpoint], rest].concat()).start();
    server.listening();
    server
}

/// Starts the program as a sender of these lines.
fn send(name: &PipeName, settings: &str, lines: &str) -> Running {
    let endpoint = endpoint(name, settings);
    let program = Program::samebox_of_windows(&["send", &endpoint, "--split", "line"]);
    let mut sender = program.with_input().start();
    sender.write(lines);
    sender
}

#[test]
fn what_a_win32_sender_wrote_arrives() {
    let name = PipeName::new();
    let server = listen(&name, &["--count", "1"]);
    run(&["wine", "mmf", "write", name.as_str(), "Hello, World!"]);
    assert_eq!(server.finish(), ["Hello, World!"]);
}

#[test]
fn texts_in_a_row_of_a_win32_sender_that_waits_arrive_whole() {
    let name = PipeName::new();
    let server = listen(&name, &["--count", "4"]);
    run(&["wine", "mmf", "post", name.as_str(), "Hello, Wörld!", "two", "three", "zwölf"]);
    assert_eq!(server.finish(), ["Hello, Wörld!", "two", "three", "zwölf"]);
}

/// It never clears the slot, and opens the memory only once it is woken.
#[test]
fn a_win32_receiver_reads_every_text() {
    let name = PipeName::new();
    let server = serve(&["wine", "mmf", "read", name.as_str(), "4"]);
    send(&name, "", "Hello, World!\ntwo\nthree\nzwölf\n").finish();
    assert_eq!(server.rest(), ["Hello, World!", "two", "three", "zwölf"]);
}

#[test]
fn a_win32_receiver_that_clears_reads_every_text() {
    let name = PipeName::new();
    let server = serve(&["wine", "mmf", "take", name.as_str(), "3"]);
    send(&name, "", "Hello, World!\ntwo\nzwölf\n").finish();
    assert_eq!(server.rest(), ["Hello, World!", "two", "zwölf"]);
}

#[test]
fn a_text_that_was_lost_is_counted_and_told() {
    let name = PipeName::new();
    let mut server = listen(&name, &["--count", "2"]);
    run(&["wine", "mmf", "post", name.as_str(), "one"]);
    run(&["wine", "mmf", "set", name.as_str()]);
    run(&["wine", "mmf", "post", name.as_str(), "two"]);
    assert_eq!([server.line(), server.line()], ["one", "two"]);
    let told = server.fail(10);
    assert!(told.contains("1 messages were lost"), "{told}");
}

#[test]
fn a_win32_receiver_that_starts_later_is_waited_for() {
    let name = PipeName::new();
    let sender = send(&name, "&wait=20s", "early\n");
    let server = serve(&["wine", "mmf", "read", name.as_str(), "1"]);
    sender.finish();
    assert_eq!(server.rest(), ["early"]);
}

#[test]
fn a_killed_receivers_name_is_usable_at_once() {
    let name = PipeName::new();
    let mut killed = listen(&name, &[]);
    run(&["wine", "mmf", "post", name.as_str(), "before"]);
    assert_eq!(killed.line(), "before");
    killed.kill();
    let server = listen(&name, &["--count", "1"]);
    run(&["wine", "mmf", "post", name.as_str(), "after"]);
    assert_eq!(server.finish(), ["after"]);
}
