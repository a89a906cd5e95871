//! Senders that know nothing of samebox: `xprop` from a shell.

use crate::xvfb::{briefly, kind, recv, shared};
use samebox_core::{ErrorKind, Inbox};
use std::process::{Command, Output};

/// Has `xprop` set the message property of the window with that title.
fn xprop(title: &str, format: &str, value: &str) -> Output {
    let mut xprop = Command::new("xprop");
    xprop.args(["-display", &format!(":{}", shared().number()), "-name", title]);
    xprop.args(["-f", "_SAMEBOX_MESSAGE", format, "-set", "_SAMEBOX_MESSAGE", value]);
    xprop.env("LC_ALL", "C.UTF-8");
    xprop.output().expect("xprop is missing: install it (Debian: apt-get install x11-utils)")
}

#[track_caller]
fn assert_sent(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn text_of_xprop_arrives_as_it_was_given() {
    let mut server = shared().bind("from a shell");
    for (format, text) in [
        ("8u", "Hello, World!"),
        ("8u", "Grüße, 世界"),
        ("8s", "Hello, World!"),
        ("8u", "two\nlines"),
        ("8u", &"x".repeat(100_000)),
    ] {
        assert_sent(&xprop("from a shell", format, text));
        let message = server.recv(crate::xvfb::soon()).unwrap();
        assert_eq!(message.text(), Ok(text), "{format}");
        assert_eq!(message.peer().to_string(), "unknown");
    }
    assert_eq!(kind(server.recv(briefly())), ErrorKind::TimedOut);
    assert_eq!((server.counters().received, server.counters().cut), (5, 0));
}

#[test]
fn xprop_finds_titles_in_any_language() {
    let mut server = shared().bind("Übersicht der Aufträge");
    assert_sent(&xprop("Übersicht der Aufträge", "8u", "gefunden"));
    assert_eq!(recv(&mut server), "gefunden".as_bytes());
}

#[test]
fn xprop_tells_when_nobody_has_the_title() {
    let output = xprop("nobody's title", "8u", "to nobody");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("No window"), "{said}");
}

#[test]
fn numbers_and_what_is_too_large_are_dropped_and_noted() {
    let mut server = shared().try_bind("picky", "max=10").unwrap();
    assert_sent(&xprop("picky", "32c", "1"));
    assert_eq!(kind(server.recv(briefly())), ErrorKind::TimedOut);
    assert_eq!(server.take_fault().unwrap().kind(), ErrorKind::Malformed);
    for length in [11, 14, 5000] {
        assert_sent(&xprop("picky", "8u", &"x".repeat(length)));
        assert_eq!(kind(server.recv(briefly())), ErrorKind::TimedOut);
        let fault = server.take_fault().unwrap();
        assert_eq!(fault.kind(), ErrorKind::TooLarge);
        assert!(fault.to_string().contains(&format!("{length} bytes")), "{fault}");
    }
    assert_eq!(server.counters().cut, 4);
    assert_sent(&xprop("picky", "8u", "0123456789"));
    assert_eq!(recv(&mut server), b"0123456789");
}

#[test]
fn what_another_program_sets_before_it_is_read_takes_its_place() {
    let mut server = shared().bind("replaced");
    assert_sent(&xprop("replaced", "8u", "first"));
    assert_sent(&xprop("replaced", "8u", "second"));
    assert_eq!(recv(&mut server), b"second");
    assert_eq!(kind(server.recv(briefly())), ErrorKind::TimedOut);
}

#[test]
fn shells_and_clients_mix() {
    let mut server = shared().bind("mixed");
    let sending = shared().sending("mixed", b"from a client");
    assert_sent(&xprop("mixed", "8u", "from a shell"));
    let mut received = [recv(&mut server), recv(&mut server)];
    received.sort();
    assert_eq!(received, [b"from a client".to_vec(), b"from a shell".to_vec()]);
    sending.join().unwrap().unwrap();
}
