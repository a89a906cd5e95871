//! `window:` on X11 with xprop, each test on a display of its own.

#![cfg(target_os = "linux")]

use samebox_peers::{Display, Program, Running};

const TITLE: &str = "orders";

fn endpoint(display: &Display) -> String {
    format!("window:{TITLE}?display={}", display.name())
}

/// Starts the program as a receiver and waits until senders may come.
fn listen(display: &Display, rest: &[&str]) -> Running {
    let mut server = Program::samebox(&[&["listen", &endpoint(display)], rest].concat()).start();
    server.listening();
    server
}

/// Puts a text where the receiver looks, as a shell script does.
fn xprop(display: &Display, text: &str) -> Running {
    let atom = "_SAMEBOX_MESSAGE";
    let words = ["-display", display.name(), "-name", TITLE, "-f", atom, "8u", "-set", atom, text];
    Program::tool("xprop", &words).env("LC_ALL", "C.UTF-8").start()
}

#[test]
fn what_xprop_sets_arrives() {
    let display = Display::new();
    let mut server = listen(&display, &[]);
    for text in ["Hello, World!", "zwölf", "", "a \"quoted\" word"] {
        xprop(&display, text).finish();
        assert_eq!(server.line(), text);
    }
}

#[test]
fn samebox_and_xprop_reach_the_same_receiver() {
    let display = Display::new();
    let mut server = listen(&display, &[]);
    for turn in 0..3 {
        xprop(&display, &format!("xprop {turn}")).finish();
        assert_eq!(server.line(), format!("xprop {turn}"));
        Program::samebox(&["send", &endpoint(&display), "samebox"]).start().finish();
        assert_eq!(server.line(), "samebox");
    }
}

#[test]
fn xprop_is_told_that_nobody_is_there() {
    let display = Display::new();
    let told = xprop(&display, "x").fail(1);
    assert!(told.contains("No window with name"), "{told}");
    listen(&display, &[]).kill();
    let told = xprop(&display, "x").fail(1);
    assert!(told.contains("No window with name"), "{told}");
}

#[test]
fn a_second_receiver_is_refused_and_the_first_notices_nothing() {
    let display = Display::new();
    let mut server = listen(&display, &[]);
    let told = Program::samebox(&["listen", &endpoint(&display)]).start().fail(11);
    assert!(told.contains(TITLE), "{told}");
    xprop(&display, "still here").finish();
    assert_eq!(server.line(), "still here");
}

#[test]
fn a_display_that_ends_is_told_to_both_ends() {
    let display = Display::new();
    let endpoint = endpoint(&display);
    let server = listen(&display, &[]);
    display.kill();
    let told = server.fail(8);
    assert!(told.contains("the X server is gone"), "{told}");
    let told = Program::samebox(&["send", &endpoint, "x"]).start().fail(3);
    assert!(told.contains("cannot be reached"), "{told}");
}
