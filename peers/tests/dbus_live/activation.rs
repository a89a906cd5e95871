//! The bus starts the server at the first call.

use crate::NAME;
use crate::tool::{TOOLS, Tool};
use samebox_peers::{Bus, Program};

/// Has the bus start a server that answers by echoes.
fn install(bus: &Bus, count: &str) {
    let program = Program::path_of_samebox();
    let program = program.to_str().expect("its folder has a plain name");
    let endpoint = format!("object:{NAME}");
    // It ends even where a failing test leaves it without calls.
    let server = ["timeout", "60", program, "reply", &endpoint, "--echo", "--count", count];
    let words = [&["object", "install", NAME, "--"], &server[..]].concat();
    let places = bus.samebox(&words).finish();
    assert_eq!(places, [bus.service_file(NAME).to_str().unwrap()]);
}

#[test]
fn the_first_call_of_each_tool_starts_the_server() {
    for tool in [Tool::Busctl, Tool::DbusSend] {
        let bus = Bus::new();
        install(&bus, "4");
        // The others then find the one that runs.
        let [first, second, third, fourth] = TOOLS;
        let order = if tool == first { TOOLS } else { [third, second, first, fourth] };
        for (turn, tool) in order.into_iter().enumerate() {
            let text = format!("call {turn}");
            let printed = tool.with_text(&bus, NAME, "Call", &text).finish();
            assert_eq!(printed, tool.shows_text(&text), "{tool:?}");
        }
    }
}

#[test]
fn samebox_starts_it_too() {
    let bus = Bus::new();
    install(&bus, "2");
    let endpoint = format!("object:{NAME}");
    assert_eq!(bus.samebox(&["call", &endpoint, "one"]).finish(), ["one"]);
    bus.samebox(&["send", &endpoint, "two"]).finish();
}

#[test]
fn a_server_that_has_ended_is_started_again() {
    let bus = Bus::new();
    install(&bus, "1");
    for text in ["one", "two"] {
        // One that is ending still has the name, and then loses the call.
        while owner(&bus) {}
        let printed = Tool::Busctl.with_text(&bus, NAME, "Call", text).finish();
        assert_eq!(printed, Tool::Busctl.shows_text(text));
    }
}

#[test]
fn what_is_not_installed_any_more_is_not_started() {
    let bus = Bus::new();
    install(&bus, "1");
    let removed = bus.samebox(&["object", "uninstall", NAME]).finish();
    assert_eq!(removed.first().map(String::as_str), bus.service_file(NAME).to_str());
    assert!(!bus.service_file(NAME).exists());
    let (code, _, told) = Tool::Busctl.with_text(&bus, NAME, "Call", "x").end_as();
    assert_ne!(code, Some(0), "{told}");
}

fn owner(bus: &Bus) -> bool {
    let bus_name = "org.freedesktop.DBus";
    let words = ["--user", "call", bus_name, "/", bus_name, "NameHasOwner", "s", NAME];
    bus.run("busctl", &words) == ["b true"]
}
