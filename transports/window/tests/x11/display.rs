//! X servers that are not there, go, come back or stand still.

use crate::xvfb::{Xvfb, briefly, kind, recv, soon};
use samebox_core::{Deadline, Endpoint, ErrorKind, Inbox, Outbox, Transport};
use samebox_window::Window;
use std::process::Command;
use std::time::{Duration, Instant};

/// Set for a run of this program that has no display.
const WITHOUT_DISPLAY: &str = "SAMEBOX_TEST_WITHOUT_DISPLAY";

#[test]
fn without_a_display_both_sides_say_so_and_name_what_works() {
    if std::env::var_os(WITHOUT_DISPLAY).is_some() {
        let endpoint: Endpoint = "window:x".parse().unwrap();
        let bound = Window.bind(&endpoint).err().unwrap();
        let connected = Window.connect(&endpoint, soon()).err().unwrap();
        for error in [bound, connected] {
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            let text = error.to_string();
            for part in ["no X display", "object:", "pipe:", "display="] {
                assert!(text.contains(part), "{text}");
            }
        }
        return;
    }
    for display in [None, Some(""), Some("nonsense"), Some(":65000")] {
        let mut run = Command::new(std::env::current_exe().unwrap());
        run.args(["--exact", "display::without_a_display_both_sides_say_so_and_name_what_works"]);
        run.env(WITHOUT_DISPLAY, "yes").env_remove("DISPLAY");
        run.envs(display.map(|display| ("DISPLAY", display)));
        let output = run.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{display:?}: {text}");
    }
}

#[test]
fn a_display_without_an_x_server_is_named() {
    let endpoint: Endpoint = "window:x?display=:59000".parse().unwrap();
    let bound = Window.bind(&endpoint).err().unwrap();
    let connected = Window.connect(&endpoint, Deadline::now()).err().unwrap();
    assert_eq!((bound.kind(), connected.kind()), (ErrorKind::Io, ErrorKind::NotListening));
    for error in [bound, connected] {
        let text = error.to_string();
        assert!(text.contains("display :59000") && text.contains("start the X server"), "{text}");
    }
}

#[test]
fn when_the_x_server_crashes_both_sides_are_told_and_the_client_finds_the_next() {
    let first = Xvfb::start();
    let number = first.number().to_owned();
    let mut server = first.bind("fragile");
    let mut client = first.try_connect("fragile", "wait=20s").unwrap();
    let endpoint = server.endpoint().clone();
    let (hears, heard) = std::sync::mpsc::channel();
    let waiting = std::thread::spawn(move || {
        let message = server.recv(soon()).unwrap();
        hears.send(()).unwrap();
        let told = server.recv(Deadline::NEVER).err().unwrap();
        // The first is never done with, so its sender waits until the X server is gone.
        (server, message, told)
    });
    let sending = std::thread::spawn(move || {
        let told = client.send(b"before"[..].into(), Deadline::NEVER).err().unwrap();
        (client, told)
    });
    heard.recv_timeout(Duration::from_secs(20)).unwrap();
    first.crash();
    let (mut server, _message, told) = waiting.join().unwrap();
    assert_eq!(told.kind(), ErrorKind::Disconnected, "{told}");
    assert!(told.to_string().contains("X server is gone"), "{told}");
    let again = Instant::now();
    assert_eq!(kind(server.recv(soon())), ErrorKind::Disconnected);
    drop(server);
    let (mut client, told) = sending.join().unwrap();
    assert_eq!(told.kind(), ErrorKind::Disconnected, "{told}");
    assert!(again.elapsed() < Duration::from_secs(5), "it waited for an X server that is gone");
    let sending = std::thread::spawn(move || client.send(b"after"[..].into(), soon()));
    let second = Xvfb::start_at(&number);
    let mut server = Window.bind(&endpoint).unwrap();
    assert_eq!(recv(&mut server), b"after");
    sending.join().unwrap().unwrap();
    drop(server);
    drop(second);
}

#[test]
fn an_x_server_that_stands_still_holds_nobody_beyond_the_deadline() {
    let still = Xvfb::start();
    let mut server = still.bind("still");
    let mut client = still.connect("still");
    still.signal("STOP");
    let begun = Instant::now();
    assert_eq!(kind(server.recv(briefly())), ErrorKind::TimedOut);
    assert_eq!(kind(client.send(b"late"[..].into(), briefly())), ErrorKind::TimedOut);
    // More than the socket holds, so that writing blocks.
    let large = vec![7; 4 << 20];
    assert_eq!(kind(client.send(large.as_slice().into(), briefly())), ErrorKind::TimedOut);
    let newcomer = Window.connect(server.endpoint(), briefly());
    assert_eq!(kind(newcomer), ErrorKind::NotListening);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    still.signal("CONT");
    let sending = std::thread::spawn(move || client.send(b"goes on"[..].into(), soon()));
    while recv(&mut server) != b"goes on" {}
    sending.join().unwrap().unwrap();
}

#[test]
fn a_stopper_ends_a_server_while_the_x_server_stands_still() {
    let still = Xvfb::start();
    let mut server = still.bind("stopped");
    let stopper = server.stopper();
    still.signal("STOP");
    let waiting = std::thread::spawn(move || kind(server.recv(Deadline::NEVER)));
    stopper.stop();
    assert_eq!(waiting.join().unwrap(), ErrorKind::Stopped);
    still.signal("CONT");
}
