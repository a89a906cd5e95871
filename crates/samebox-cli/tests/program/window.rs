//! `window:` on a display of one test's own.

use crate::world::{Samebox, Started, World};

/// An X server without a screen, as long as this is there.
struct Display {
    name: String,
    _server: Started,
}

impl Display {
    fn start(world: &World) -> Self {
        let flags = ["-displayfd", "1", "-screen", "0", "64x64x24", "-nolisten", "tcp"];
        let mut server = world.program("Xvfb", &flags).start();
        let name = format!(":{}", server.line());
        Self { name, _server: server }
    }

    fn samebox(&self, world: &World, args: &[&str]) -> Samebox {
        self.program(world, env!("CARGO_BIN_EXE_samebox"), args)
    }

    fn program(&self, world: &World, name: &str, args: &[&str]) -> Samebox {
        let mut program = world.program(name, args);
        program.command.env("DISPLAY", &self.name);
        program
    }
}

#[test]
fn a_message_to_a_title_is_printed_and_so_is_that_of_xprop() {
    let world = World::new();
    let display = Display::start(&world);
    let mut listener =
        display.samebox(&world, &["listen", "window:orders", "--count", "2"]).start();
    let endpoint = listener.listening();
    display.samebox(&world, &["send", &endpoint, "Hello, World!"]).run().ok();
    assert_eq!(listener.line(), "Hello, World!");
    let set = ["-name", "orders", "-f", "_SAMEBOX_MESSAGE", "8u", "-set", "_SAMEBOX_MESSAGE", "hé"];
    display.program(&world, "xprop", &set).run().ok();
    assert_eq!(listener.line(), "hé");
    assert_eq!(listener.finish().code, Some(0));
    display.samebox(&world, &["send", &endpoint, "x"]).run().failed(3);
}

#[test]
fn ls_and_doctor_see_the_owner_of_a_title() {
    let world = World::new();
    let display = Display::start(&world);
    let mut listener = display.samebox(&world, &["listen", "window:seen here"]).start();
    let endpoint = listener.listening();
    let list = display.samebox(&world, &["ls", "--json"]).run().json();
    assert_eq!((&list[0]["endpoint"], &list[0]["live"]), (&endpoint.as_str().into(), &true.into()));
    let found = display.samebox(&world, &["doctor", &endpoint]).run().ok();
    assert!(found.contains("live at") && found.contains(&format!("display {}", display.name)));
    let missing = display.samebox(&world, &["doctor", "window:nobody"]).run();
    assert_eq!(missing.code, Some(3), "{missing:?}");
}

#[test]
fn it_is_measured_beside_bare_x11() {
    let world = World::new();
    let display = Display::start(&world);
    let bench = ["bench", "window:bench", "--size", "64", "--seconds", "0.1", "--rounds", "2"];
    let rows = display.samebox(&world, &[&bench[..], &["--json"]].concat()).run().json();
    for key in ["round_trip_ratio", "rate_ratio"] {
        assert!(rows[0][key].as_f64().is_some_and(|ratio| ratio > 0.0), "{rows}");
    }
}

#[test]
fn without_a_display_it_is_unsupported_and_says_what_works() {
    let world = World::new();
    for command in [&["send", "window:orders", "x"][..], &["listen", "window:orders"]] {
        let said = world.run(command).failed(2);
        assert!(said.contains("display") && said.contains("object:"), "{said}");
    }
}
