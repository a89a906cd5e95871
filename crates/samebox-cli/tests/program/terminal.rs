//! A terminal at the other end: payloads must not drive it.

use crate::world::World;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;

/// Both ends of a terminal: what a person sees, and what the program writes to.
fn terminal() -> (File, File) {
    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal can be made");
    grantpt(&screen).and_then(|()| unlockpt(&screen)).expect("it can be opened");
    let name = ptsname(&screen, Vec::new()).expect("it has a name");
    let path = OsStr::from_bytes(name.as_bytes());
    let side = File::options().read(true).write(true).open(path).expect("it can be opened");
    (screen.into(), side)
}

/// What is on the screen until it closes or `end` shows.
fn read_until(mut screen: File, end: &str) -> String {
    let (mut seen, mut chunk) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = screen.read(&mut chunk) {
        seen.extend_from_slice(&chunk[..read]);
        if String::from_utf8_lossy(&seen).contains(end) {
            break;
        }
    }
    String::from_utf8_lossy(&seen).into_owned()
}

const HOSTILE: &[u8] = b"\x1b]0;owned\x07\x1b[2J\x9b31m\xc2\x9b31m\rfake\x08";

fn listen_on_terminal(flags: &[&str]) -> String {
    let world = World::new();
    let (screen, side) = terminal();
    let pipe = world.pipe();
    let mut args = vec!["listen", &pipe, "--count", "2"];
    args.extend(flags);
    let mut server = world.samebox(&args).stdout(side).start();
    let endpoint = server.listening();
    world.samebox(&["send", &endpoint]).input(HOSTILE).run().ok();
    world.run(&["send", &endpoint, "the end"]).ok();
    let seen = read_until(screen, "the end");
    assert_eq!(server.finish().code, Some(0));
    seen
}

#[test]
fn a_hostile_payload_does_not_drive_the_terminal() {
    for flags in [&[][..], &["--raw"], &["--json"]] {
        let seen = listen_on_terminal(flags);
        assert!(seen.contains("the end"), "{seen:?}");
        let driving = |c: char| c.is_control() && !"\r\n".contains(c);
        assert!(!seen.contains(driving), "{flags:?}: {seen:?}");
        assert!(!seen.contains("\rfake"), "{flags:?}: {seen:?}");
    }
}

#[test]
fn the_same_payload_goes_through_a_pipe_unchanged() {
    let world = World::new();
    let (server, endpoint) = world.serve(&["listen", &world.pipe(), "--count", "1", "--raw"]);
    world.samebox(&["send", &endpoint]).input(HOSTILE).run().ok();
    assert_eq!(server.finish().stdout, HOSTILE);
}

#[test]
fn words_of_a_peer_do_not_drive_the_terminal_of_its_caller() {
    let world = World::new();
    let command = r"printf '\033]0;owned\007' >&2; exit 1";
    let (_server, endpoint) = world.serve(&["reply", &world.pipe(), "--exec", command]);
    let told = world.run(&["call", &endpoint, "x"]).failed(64);
    assert!(told.contains("owned") && !told.contains('\u{1b}'), "{told:?}");
}

#[test]
fn colour_is_for_terminals_without_no_color() {
    let coloured = |no_color: Option<&str>| {
        let world = World::new();
        let (screen, side) = terminal();
        let mut doctor = world.samebox(&["doctor"]);
        doctor.command.env("TERM", "xterm").envs(no_color.map(|value| ("NO_COLOR", value)));
        let doctor = doctor.stdout(side).start();
        let seen = read_until(screen, "inotify instances");
        assert_eq!(doctor.finish().code, Some(0));
        seen.contains('\u{1b}')
    };
    assert!(coloured(None));
    assert!(!coloured(Some("1")));
}
