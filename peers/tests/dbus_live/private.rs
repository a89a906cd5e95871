//! Without a bus: a socket in this user's runtime folder, which the tools reach by its address.

use crate::{ENDPOINT, MESSAGES, NAME};
use samebox_peers::{Bus, Program, Running, object_path};

/// Starts a server where there is no bus and waits until clients may come; gives its address too.
fn serve(bus: &Bus, words: &[&str]) -> (Running, String) {
    let mut server = bus.beside(Program::samebox(words)).start();
    server.listening();
    let address = format!("unix:path={}", bus.private_socket(NAME).display());
    (server, address)
}

#[test]
fn samebox_meets_samebox_without_a_bus() {
    let bus = Bus::new();
    let (mut server, _) = serve(&bus, &["listen", ENDPOINT]);
    bus.beside(Program::samebox(&["send", ENDPOINT, "zwölf"])).start().finish();
    assert_eq!(server.line(), "zwölf");
}

#[test]
fn dbus_send_reaches_the_socket() {
    let bus = Bus::new();
    let (mut server, address) = serve(&bus, &["listen", ENDPOINT]);
    let peer = format!("--peer={address}");
    let method = format!("{MESSAGES}.Send");
    let words = [&peer, "--print-reply", &object_path(NAME), &method, "string:from dbus-send"];
    bus.beside(Program::tool("dbus-send", &words)).start().finish();
    assert_eq!(server.line(), "from dbus-send");
}

/// It says hello as on a bus, and wants a destination.
#[test]
fn gdbus_reaches_the_socket() {
    let bus = Bus::new();
    let (_server, address) = serve(&bus, &["reply", ENDPOINT, "--echo"]);
    let gdbus = |command: &str, rest: &[&str]| {
        let words = [command, "--address", &address, "-d", NAME, "-o", &object_path(NAME)];
        bus.beside(Program::tool("gdbus", &[&words, rest].concat())).start().finish().join("\n")
    };
    let method = format!("{MESSAGES}.Call");
    assert_eq!(gdbus("call", &["-m", &method, "zwölf"]), "('zwölf',)");
    let shown = gdbus("introspect", &[]);
    assert!(shown.contains(&format!("interface {MESSAGES} {{")), "{shown}");
}

#[test]
fn gdbus_hears_what_is_received() {
    let bus = Bus::new();
    let (_server, address) = serve(&bus, &["listen", ENDPOINT]);
    let path = object_path(NAME);
    let words = ["monitor", "--address", &address, "-d", NAME, "-o", &path];
    let mut monitor = bus.beside(Program::tool("gdbus", &words)).start();
    while !monitor.line().contains("is owned by") {}
    bus.beside(Program::samebox(&["send", ENDPOINT, "zwölf"])).start().finish();
    assert_eq!(monitor.line(), format!("{path}: {MESSAGES}.Received ('zwölf',)"));
}

#[test]
fn a_live_servers_socket_is_refused_to_a_second() {
    let bus = Bus::new();
    let (mut server, _) = serve(&bus, &["listen", ENDPOINT]);
    let told = bus.beside(Program::samebox(&["listen", ENDPOINT])).start().fail(11);
    assert!(told.contains(NAME), "{told}");
    bus.beside(Program::samebox(&["send", ENDPOINT, "still here"])).start().finish();
    assert_eq!(server.line(), "still here");
}
