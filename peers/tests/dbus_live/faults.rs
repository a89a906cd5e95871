//! What goes wrong: a name that is taken, a bus that ends.

use crate::NAME;
use crate::tool::Tool;
use samebox_peers::{Bus, Program};

/// The bus by its address: without it, `auto` would take a socket of its own while the bus is away.
fn endpoint(bus: &Bus, settings: &str) -> String {
    format!("object:{NAME}?bus={}{settings}", bus.address())
}

#[test]
fn a_name_that_python_has_is_refused_and_python_notices_nothing() {
    let bus = Bus::new();
    let server = bus.serve(&["python", "bus", "server", NAME, "1"]);
    let told = bus.samebox(&["listen", &endpoint(&bus, "")]).fail(11);
    assert!(told.contains(NAME), "{told}");
    Tool::Busctl.with_text(&bus, NAME, "Send", "still here").finish();
    assert_eq!(server.rest(), ["still here"]);
}

#[test]
fn python_cannot_take_the_name_from_samebox() {
    let bus = Bus::new();
    let mut server = bus.listen(&["listen", &endpoint(&bus, "")]);
    let second = bus.on(Program::peer(&["python", "bus", "server", NAME, "1"])).start();
    let (code, _, told) = second.end_as();
    assert_ne!(code, Some(0), "{told}");
    // Not even if it asks to replace the owner, with flags 2 and 4: not in a queue either.
    let bus_name = "org.freedesktop.DBus";
    let words = ["--user", "call", bus_name, "/", bus_name, "RequestName", "su", NAME, "6"];
    assert_eq!(bus.run("busctl", &words), ["u 3"]);
    Tool::Busctl.with_text(&bus, NAME, "Send", "still here").finish();
    assert_eq!(server.line(), "still here");
}

#[test]
fn a_killed_servers_name_is_usable_at_once() {
    let bus = Bus::new();
    bus.listen(&["listen", &endpoint(&bus, "")]).kill();
    let mut server = bus.listen(&["listen", &endpoint(&bus, "&wait=0s")]);
    Tool::Busctl.with_text(&bus, NAME, "Send", "after").finish();
    assert_eq!(server.line(), "after");
}

#[test]
fn a_server_is_there_again_when_its_bus_is() {
    let mut bus = Bus::new();
    let mut server = bus.listen(&["listen", &endpoint(&bus, "")]);
    Tool::Busctl.with_text(&bus, NAME, "Send", "before").finish();
    assert_eq!(server.line(), "before");
    bus.stop();
    bus.start();
    bus.samebox(&["send", &endpoint(&bus, "&wait=20s"), "after"]).finish();
    assert_eq!(server.line(), "after");
    Tool::Busctl.with_text(&bus, NAME, "Send", "by a tool").finish();
    assert_eq!(server.line(), "by a tool");
}

#[test]
fn a_sender_waits_for_a_bus_that_is_away() {
    let mut bus = Bus::new();
    let mut server = bus.listen(&["listen", &endpoint(&bus, "")]);
    bus.stop();
    let sender = bus.samebox(&["send", &endpoint(&bus, "&wait=20s"), "early"]);
    bus.start();
    sender.finish();
    assert_eq!(server.line(), "early");
}

#[test]
fn a_caller_that_goes_on_outlives_its_bus() {
    let mut bus = Bus::new();
    let _server = bus.listen(&["reply", &endpoint(&bus, ""), "--echo"]);
    let words = ["call", &endpoint(&bus, "&wait=20s"), "--split", "line"];
    let mut caller = Program::samebox(&words).with_input().start();
    caller.write("before\n");
    assert_eq!(caller.line(), "before");
    bus.stop();
    bus.start();
    caller.write("after\n");
    assert_eq!(caller.line(), "after");
    caller.finish();
}

#[test]
fn a_caller_killed_in_its_call_disturbs_nobody() {
    let bus = Bus::new();
    let folder = tempfile::tempdir().unwrap();
    let go = folder.path().join("go");
    let wait = format!("echo asked; while [ ! -e {} ]; do sleep 0.01; done", go.display());
    let slow = format!("read -r text; [ \"$text\" != slow ] || {{ {wait} >&2; }}; echo \"$text\"");
    let endpoint = endpoint(&bus, "");
    let server = bus.listen(&["reply", &endpoint, "--exec", &slow, "--jobs", "2"]);
    let caller = bus.samebox(&["call", &endpoint, "slow"]);
    assert_eq!(bus.samebox(&["call", &endpoint, "quick"]).finish(), ["quick"]);
    caller.kill();
    std::fs::write(go, "").unwrap();
    assert_eq!(bus.samebox(&["call", &endpoint, "after"]).finish(), ["after"]);
    drop(server);
}
