//! Trouble that needs signals, file modes or a stranger's bytes to bring about.

use crate::world::World;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{Permissions, create_dir, set_permissions};
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_runtime_directory_that_others_may_enter_is_5() {
    let world = World::new();
    let open = world.folder.path().join("samebox");
    create_dir(&open).expect("the folder is empty");
    set_permissions(&open, Permissions::from_mode(0o755)).expect("it is ours");
    let told = world.run(&["listen", &world.pipe().replace("pipe:", "file:")]).failed(5);
    assert!(told.contains("755"), "{told}");
    let doctor = world.run(&["doctor"]);
    assert_eq!(doctor.code, Some(5), "{doctor:?}");
    assert!(doctor.text().contains("fail  runtime directory"), "{doctor:?}");
}

#[test]
fn a_full_slot_that_may_not_be_waited_for_is_9() {
    let world = World::new();
    let slot = world.pipe().replace("pipe:", "file:");
    let (server, endpoint) = world.serve(&["listen", &slot]);
    kill_process(Pid::from_child(&server.child), Signal::STOP).expect("it runs");
    let rejecting = format!("{endpoint}?overflow=reject");
    let send = ["send", &rejecting, "--split", "line", "--timeout", "5s"];
    let told = world.samebox(&send).input("one\ntwo\nthree\n").run().failed(9);
    assert!(told.contains("message went out before"), "{told}");
}

#[test]
fn a_server_that_dies_with_a_call_outstanding_is_8() {
    let world = World::new();
    let (mut server, endpoint) =
        world.serve(&["reply", &world.pipe(), "--exec", "echo begun >&2; kill -9 $PPID; sleep 60"]);
    world.run(&["call", &endpoint, "x"]).failed(8);
    server.child.wait().expect("it was killed");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_under_stdout_is_1() {
    let world = World::new();
    let full = std::fs::File::options().write(true).open("/dev/full").expect("the system has it");
    let told = world.samebox(&["transports"]).stdout(full).run().failed(1);
    assert!(told.contains("cannot write to stdout"), "{told}");
}

#[test]
fn strangers_are_told_of_but_not_without_end_and_disturb_nobody() {
    let world = World::new();
    let (mut server, endpoint) = world.serve(&["listen", "tcp:127.0.0.1:0"]);
    let address = endpoint.strip_prefix("tcp:").expect("it is of tcp:");
    for _ in 0..500 {
        let mut stranger = TcpStream::connect(address).expect("it listens");
        // The server may be quicker to close than this is to write.
        let _ = stranger.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    world.run(&["send", &endpoint, "good"]).ok();
    assert_eq!(server.line(), "good");
    kill_process(Pid::from_child(&server.child), Signal::INT).expect("it runs");
    let said = server.finish().stderr;
    assert!(said.contains("more notes like these were left out"), "{said}");
    assert!(said.lines().count() < 300, "{said}");
}
