//! `pipe:` of the program for Windows, and named pipes as a Win32 program has them; both under Wine.

#![cfg(unix)]

use samebox_peers::{PipeName, Program, Running, run, serve};

/// Starts the program with a pipe of that name and settings.
fn start(command: &str, endpoint: &str, rest: &[&str]) -> Running {
    Program::samebox_of_windows(&[&[command, endpoint], rest].concat()).start()
}

/// Starts the program as a server and waits until clients may come.
fn listen(command: &str, endpoint: &str, rest: &[&str]) -> Running {
    let mut server = start(command, endpoint, rest);
    server.listening();
    server
}

#[test]
fn what_a_win32_client_wrote_arrives_to_the_end() {
    let name = PipeName::new();
    let server = listen("listen", &name.with("framing=eof"), &["--count", "2"]);
    run(&["wine", "pipe", "client", name.as_str(), "Hello, Wörld!", "again"]);
    assert_eq!(server.finish(), ["Hello, Wörld!", "again"]);
}

#[test]
fn frames_of_a_win32_client_arrive() {
    let name = PipeName::new();
    let server = listen("listen", &name.to_string(), &["--count", "3"]);
    run(&["wine", "pipe", "frames", name.as_str(), "one", "", "zwölf"]);
    assert_eq!(server.finish(), ["one", "", "zwölf"]);
}

#[test]
fn lines_of_a_win32_client_are_answered() {
    let name = PipeName::new();
    let server = listen("reply", &name.with("framing=line"), &["--echo", "--count", "2"]);
    let answers = run(&["wine", "pipe", "call", name.as_str(), "one", "zwölf"]);
    assert_eq!(answers, ["one", "zwölf"]);
    server.finish();
}

/// It may be written to and not read from, as .NET's `PipeDirection.In` makes it.
#[test]
fn a_win32_server_reads_a_message_to_its_end() {
    let name = PipeName::new();
    let server = serve(&["wine", "pipe", "server", name.as_str(), "1"]);
    start("send", &name.with("framing=eof"), &["Hello, Wörld!"]).finish();
    assert_eq!(server.rest(), ["Hello, Wörld!"]);
}

#[test]
fn three_quick_sends_arrive_at_a_win32_server_of_one_client_at_a_time() {
    let name = PipeName::new();
    let server = serve(&["wine", "pipe", "server", name.as_str(), "3"]);
    let endpoint = name.with("framing=eof&wait=20s");
    let mut sender =
        Program::samebox_of_windows(&["send", &endpoint, "--split", "line"]).with_input().start();
    sender.write("one\ntwo\nthree\n");
    sender.finish();
    assert_eq!(server.rest(), ["one", "two", "three"]);
}

#[test]
fn a_win32_server_reads_every_frame() {
    let name = PipeName::new();
    let server = serve(&["wine", "pipe", "frame-server", name.as_str(), "1"]);
    let mut sender = Program::samebox_of_windows(&["send", &name.to_string(), "--split", "line"])
        .with_input()
        .start();
    sender.write("one\nzwölf\n");
    sender.finish();
    assert_eq!(server.rest(), ["one", "zwölf"]);
}

#[test]
fn a_win32_server_answers_calls_by_lines() {
    let name = PipeName::new();
    let server = serve(&["wine", "pipe", "echo", name.as_str(), "1"]);
    let call = start("call", &name.with("framing=line"), &["wörd"]);
    assert_eq!(call.finish(), ["echo:wörd"]);
    assert_eq!(server.rest(), ["wörd"]);
}

#[test]
fn a_large_message_passes_both_ways() {
    // The command line of a Windows program has at most 32,767 characters.
    let large = "ö".repeat(30_000);
    let name = PipeName::new();
    let server = listen("listen", &name.to_string(), &["--count", "1"]);
    run(&["wine", "pipe", "frames", name.as_str(), &large]);
    assert!(server.finish() == [large.as_str()]);
    let large = large.repeat(10);
    let server = serve(&["wine", "pipe", "server", name.as_str(), "1"]);
    let endpoint = name.with("framing=eof");
    let mut sender = Program::samebox_of_windows(&["send", &endpoint]).with_input().start();
    sender.write(&large);
    sender.finish();
    assert!(server.rest() == [large]);
}

#[test]
fn a_win32_server_that_starts_later_is_waited_for() {
    let name = PipeName::new();
    let sender = start("send", &name.with("framing=eof&wait=20s"), &["early"]);
    let server = serve(&["wine", "pipe", "server", name.as_str(), "1"]);
    assert_eq!(server.rest(), ["early"]);
    sender.finish();
}

#[test]
fn a_killed_servers_name_is_usable_at_once() {
    let name = PipeName::new();
    let mut killed = listen("listen", &name.with("framing=eof"), &[]);
    run(&["wine", "pipe", "client", name.as_str(), "before"]);
    assert_eq!(killed.line(), "before");
    killed.kill();
    let server = listen("listen", &name.with("framing=eof"), &["--count", "1"]);
    run(&["wine", "pipe", "client", name.as_str(), "after"]);
    assert_eq!(server.finish(), ["after"]);
}

#[test]
fn a_live_win32_servers_name_is_refused_and_it_notices_nothing() {
    let name = PipeName::new();
    let server = serve(&["wine", "pipe", "server", name.as_str(), "1"]);
    let refused = start("listen", &name.to_string(), &[]).fail(11);
    assert!(refused.contains("a live server has this name"), "{refused}");
    run(&["wine", "pipe", "client", name.as_str(), "still here"]);
    assert_eq!(server.rest(), ["still here"]);
}

#[test]
fn every_instance_is_for_this_user_and_the_system_alone() {
    let name = PipeName::new();
    let mut server = listen("listen", &name.with("framing=eof"), &["--json"]);
    // A look takes an instance as any client does, so the next look sees another one.
    let looks = [0; 3].map(|_| run(&["wine", "pipe", "dacl", name.as_str()]));
    run(&["wine", "pipe", "client", name.as_str(), "who am I"]);
    let line = server.line();
    let (_, rest) = line.split_once(r#""sid":"#).expect("a client has a user");
    let user = rest.split('"').nth(1).expect("a user is text");
    for look in looks {
        let [dacl] = look.as_slice() else { panic!("{look:?}") };
        assert_eq!(trustees(dacl), sorted([user, "SY"]), "{dacl}");
    }
}

/// Whom a DACL admits; it must be closed to what folders hand down, and only admit.
fn trustees(dacl: &str) -> Vec<&str> {
    let entries = dacl.strip_prefix("D:P(").and_then(|rest| rest.strip_suffix(')'));
    let entries = entries.unwrap_or_else(|| panic!("{dacl} is not protected"));
    let fields = entries.split(")(").map(|entry| entry.split(';').collect::<Vec<_>>());
    sorted(fields.map(|fields| match fields[..] {
        ["A", "", _, "", "", trustee] => trustee,
        _ => panic!("{dacl} does more than admit"),
    }))
}

fn sorted<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_unstable();
    names
}
