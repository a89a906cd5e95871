//! Ctrl-C and a request to end.

use crate::world::{PATIENCE, Started, World};
use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;
use std::time::{Duration, Instant};

fn signal(program: &Started, signal: Signal) {
    kill_process(Pid::from_child(&program.child), signal).expect("it runs");
}

fn sockets(folder: &Path) -> usize {
    std::fs::read_dir(folder).expect("the directory is there").count()
}

#[test]
fn a_listener_ends_with_130_and_its_name_is_free() {
    for ending in [Signal::INT, Signal::TERM] {
        let world = World::new();
        let (mut server, endpoint) = world.serve(&["listen", &world.pipe()]);
        world.run(&["send", &endpoint, "before"]).ok();
        assert_eq!(server.line(), "before");
        signal(&server, ending);
        server.finish().failed(130);
        assert_eq!(sockets(world.folder.path()), 0);
        world.run(&["send", &endpoint, "after"]).failed(3);
    }
}

#[test]
fn a_replier_ends_with_130_and_ends_its_commands() {
    let world = World::new();
    let begun = world.folder.path().join("begun");
    let command = format!("echo $$ > {0}.new; mv {0}.new {0}; sleep 600", begun.display());
    let (server, endpoint) = world.serve(&["reply", &world.pipe(), "--exec", &command]);
    let caller = world.samebox(&["call", &endpoint, "x", "--timeout", "60s"]).start();
    until("the command runs", || begun.exists());
    let start = Instant::now();
    signal(&server, Signal::INT);
    assert_eq!(server.finish().code, Some(130));
    assert!(start.elapsed() < PATIENCE);
    assert!(matches!(caller.finish().code, Some(8 | 64)));
    let shell = std::fs::read_to_string(&begun).expect("the command ran");
    let shell = Pid::from_raw(shell.trim().parse().expect("a number")).expect("not zero");
    until("the command is gone", || rustix::process::test_kill_process(shell).is_err());
}

#[test]
fn a_sender_that_waits_for_input_ends_with_130() {
    let world = World::new();
    let (mut server, endpoint) = world.serve(&["listen", &world.pipe()]);
    let mut sender = world.samebox(&["send", &endpoint, "--split", "line"]).start();
    sender.write("one\n");
    assert_eq!(server.line(), "one");
    signal(&sender, Signal::INT);
    let stdin = sender.stdin.take();
    assert_eq!(sender.finish().code, Some(130));
    drop(stdin);
}

#[test]
fn a_listener_that_is_stuck_in_its_output_ends_too() {
    let world = World::new();
    let (reader, writer) = std::io::pipe().expect("a pipe can be made");
    let mut listener = world.samebox(&["listen", &world.pipe()]).stdout(writer).start();
    let endpoint = listener.listening();
    // More than a pipe holds, so the listener waits for a reader that never reads.
    world.samebox(&["send", &endpoint]).input(vec![b'x'; 1 << 20]).run().ok();
    signal(&listener, Signal::INT);
    assert_eq!(listener.finish().code, Some(130));
    drop(reader);
}

#[test]
fn a_shell_that_ignores_ctrl_c_for_its_jobs_does_not_keep_it_from_working() {
    let world = World::new();
    let line =
        format!("trap '' INT; exec '{}' listen {}", env!("CARGO_BIN_EXE_samebox"), world.pipe());
    let mut server = world.program("/bin/sh", &["-c", &line]).start();
    server.listening();
    signal(&server, Signal::INT);
    assert_eq!(server.finish().code, Some(130));
}

/// Tries until it holds.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
