//! `window:` of the program for Windows, and WM_COPYDATA as a Win32 program has it; both under Wine.

#![cfg(unix)]

use samebox_peers::{PipeName, Program, Running, run, serve};

fn endpoint(name: &PipeName, settings: &str) -> String {
    format!("window:{}{settings}", name.as_str())
}

/// Starts the program as a receiver and waits until senders may come.
fn listen(endpoint: &str, rest: &[&str]) -> Running {
    let mut server = Program::samebox_of_windows(&[&["listen", endpoint], rest].concat()).start();
    server.listening();
    server
}

/// Starts the program as a sender of this text.
fn send(endpoint: &str, text: &str) -> Running {
    Program::samebox_of_windows(&["send", endpoint, text]).start()
}

#[test]
fn what_a_win32_program_sends_arrives_in_both_encodings() {
    for encoding in ["utf8", "utf16"] {
        let name = PipeName::new();
        let endpoint = endpoint(&name, &format!("?encoding={encoding}"));
        let server = listen(&endpoint, &["--count", "3"]);
        run(&[
            "wine",
            "copydata",
            "send",
            name.as_str(),
            encoding,
            "1",
            "Hello, Wörld!",
            "",
            "語😀",
        ]);
        assert_eq!(server.finish(), ["Hello, Wörld!", "", "語😀"]);
    }
}

#[test]
fn a_win32_program_gets_what_is_sent_in_both_encodings() {
    for encoding in ["utf8", "utf16"] {
        let name = PipeName::new();
        let server = serve(&["wine", "copydata", "receive", name.as_str(), encoding, "2"]);
        let endpoint = endpoint(&name, &format!("?encoding={encoding}&dwdata=7"));
        send(&endpoint, "Hello, Wörld!").finish();
        send(&format!("{endpoint}&class=IpcCopyData"), "語😀").finish();
        assert_eq!(server.rest(), ["7 Hello, Wörld!", "7 語😀"]);
    }
}

#[test]
fn a_win32_receiver_that_starts_later_is_waited_for() {
    let name = PipeName::new();
    let sender = send(&endpoint(&name, "?wait=20s"), "early");
    let server = serve(&["wine", "copydata", "receive", name.as_str(), "utf8", "1"]);
    assert_eq!(server.rest(), ["0 early"]);
    sender.finish();
}

#[test]
fn many_messages_of_one_sender_arrive_in_order() {
    let name = PipeName::new();
    let lines: Vec<_> = (0..200).map(|number| format!("line {number}")).collect();
    let server = serve(&["wine", "copydata", "receive", name.as_str(), "utf8", "200"]);
    let endpoint = endpoint(&name, "");
    let program = Program::samebox_of_windows(&["send", &endpoint, "--split", "line"]);
    let mut sender = program.with_input().start();
    sender.write(&(lines.join("\n") + "\n"));
    sender.finish();
    let expected: Vec<_> = lines.iter().map(|line| format!("0 {line}")).collect();
    assert_eq!(server.rest(), expected);
}

#[test]
fn several_windows_of_a_title_are_listed() {
    let name = PipeName::new();
    let one = serve(&["wine", "copydata", "receive", name.as_str(), "utf8", "1"]);
    let two = serve(&["wine", "copydata", "receive", name.as_str(), "utf8", "1"]);
    let listed = send(&endpoint(&name, ""), "to whom?").fail(2);
    assert_eq!(listed.matches("win32-copydata.exe").count(), 2, "{listed}");
    let (_, rest) = listed.split_once("this title: ").expect("it lists them");
    let handle = rest.split(' ').next().expect("a handle");
    send(&endpoint(&name, &format!("?handle={handle}")), "to you").finish();
    // Either of them.
    one.kill();
    two.kill();
}

#[test]
fn what_a_false_means_is_the_senders_choice() {
    let name = PipeName::new();
    let server = serve(&["wine", "copydata", "deny", name.as_str(), "utf8", "2"]);
    send(&endpoint(&name, ""), "taken").finish();
    let refused = send(&endpoint(&name, "?confirm=yes"), "confirmed?").fail(64);
    assert!(refused.contains("did not take it"), "{refused}");
    assert_eq!(server.rest(), ["0 taken", "0 confirmed?"]);
}

#[test]
fn a_receiver_that_hangs_ends_a_send_in_time_and_a_killed_one_is_gone() {
    let name = PipeName::new();
    let server = serve(&["wine", "copydata", "hang", name.as_str()]);
    let endpoint = endpoint(&name, "");
    let arguments = ["send", &endpoint, "anybody?", "--timeout", "500ms"];
    let late = Program::samebox_of_windows(&arguments).start().fail(4);
    assert!(late.contains("does not look at its messages"), "{late}");
    server.kill();
    let gone = send(&endpoint, "anybody?").fail(3);
    assert!(gone.contains("no window has this title"), "{gone}");
}

#[test]
fn a_win32_sender_is_told_when_nobody_took_its_message() {
    let name = PipeName::new();
    let server = listen(&endpoint(&name, "?dwdata=7"), &["--count", "1"]);
    let sending = |id| ["wine", "copydata", "send", name.as_str(), "utf8", id, "to you"];
    let refused = Program::peer(&sending("8")).start().fail(1);
    assert!(refused.contains("answered FALSE"), "{refused}");
    run(&sending("7"));
    assert_eq!(server.finish(), ["to you\0"]);
}

#[test]
fn lies_are_refused_and_leave_the_window_as_it_was() {
    let name = PipeName::new();
    let endpoint = endpoint(&name, "?encoding=utf8");
    let server = listen(&endpoint, &["--count", "2"]);
    let answers = run(&["wine", "copydata", "lie", name.as_str()]);
    assert_eq!(answers, ["1.5 MiB: 0", "half a character: 0"]);
    run(&["wine", "copydata", "send", name.as_str(), "utf8", "0", "still here"]);
    send(&endpoint, "and to us").finish();
    assert_eq!(server.finish(), ["still here", "and to us"]);
}

#[test]
fn a_win32_window_is_in_the_way_of_its_class_and_a_killed_servers_title_is_free() {
    let name = PipeName::new();
    let foreign = serve(&["wine", "copydata", "receive", name.as_str(), "utf8", "1"]);
    let endpoint = endpoint(&name, "?class=IpcCopyData");
    let taken = Program::samebox_of_windows(&["listen", &endpoint]).start().fail(11);
    assert!(taken.contains("another program has a window"), "{taken}");
    foreign.kill();
    listen(&endpoint, &[]).kill();
    let server = listen(&endpoint, &["--count", "1"]);
    run(&["wine", "copydata", "send", name.as_str(), "utf8", "0", "again"]);
    assert_eq!(server.finish(), ["again\0"]);
}
