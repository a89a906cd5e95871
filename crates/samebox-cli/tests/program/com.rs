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
