//! `samebox object` on Windows: keys of the registry, written and taken back.
//!
//! For the machine, because Wine does not know classes of one user.

use crate::world::World;

/// A name that no other run of the tests has.
fn name(what: &str) -> String {
    format!("Samebox.Cli{}.{what}", std::process::id())
}

#[test]
fn install_tells_what_it_wrote_and_uninstall_leaves_nothing() {
    let world = World::new();
    let name = name("Install");
    let install = ["object", "install", &name, "--machine", "--json", "--", "cmd", "/C", "exit"];
    let written = world.run(&install).json();
    assert_eq!(written["name"], name.as_str());
    assert!(written["places"].as_array().is_some_and(|places| places.len() > 1), "{written}");
    let removed = world.run(&["object", "uninstall", &name, "--machine"]).ok();
    assert_eq!(removed.lines().count(), written["places"].as_array().map_or(0, Vec::len));
    let again = world.run(&["object", "uninstall", &name, "--machine"]);
    assert!(again.stderr.contains("not installed for this machine"), "{again:?}");
    assert_eq!(again.ok(), "");
}

/// Takes an object out of the registry, also when its test fails.
struct Installed<'a>(&'a World, String);

impl Drop for Installed<'_> {
    fn drop(&mut self) {
        self.0.run(&["object", "uninstall", &self.1, "--machine"]);
    }
}

#[test]
fn the_first_call_starts_the_server() {
    let world = World::new();
    let installed = Installed(&world, name("Echo"));
    let endpoint = format!("object:{}", installed.1);
    let samebox = env!("CARGO_BIN_EXE_samebox");
    let server = [samebox, "reply", &endpoint, "--echo", "--count", "1"];
    world
        .run(&[&["object", "install", &installed.1, "--machine", "--"], &server[..]].concat())
        .ok();
    assert_eq!(world.run(&["call", &endpoint, "hello"]).ok(), "hello\n");
}
