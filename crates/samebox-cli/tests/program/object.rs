//! `samebox object`: what a bus needs to start a server, written and taken back.

use crate::bus::{Bus, at_home};
use crate::world::{Finished, World};
use std::fs;
use std::path::PathBuf;

/// Runs `samebox object` with this test's own directory of data.
fn object(world: &World, args: &[&str]) -> Finished {
    at_home(world.samebox(&[&["object"], args].concat()), world).run()
}

fn services(world: &World) -> PathBuf {
    world.folder.path().join("data/dbus-1/services")
}

#[test]
fn install_writes_a_service_file_and_uninstall_leaves_nothing() {
    let world = World::new();
    let file = services(&world).join("org.samebox.orders.service");
    let told = object(&world, &["install", "orders", "--", "sh", "-c", "echo it's"]).ok();
    assert_eq!(told, format!("{}\n", file.display()));
    let text = fs::read_to_string(&file).expect("it was written");
    assert!(text.contains("\nName=org.samebox.orders\n"), "{text}");
    let exec = text.lines().find_map(|line| line.strip_prefix("Exec=")).expect("it has a command");
    assert!(exec.starts_with('/') && exec.ends_with(r#"/sh -c 'echo it'"'"'s'"#), "{exec}");
    let gone = object(&world, &["uninstall", "object:orders"]).ok();
    assert!(gone.starts_with(&told), "{gone}");
    let data = world.folder.path().join("data");
    assert_eq!(fs::read_dir(&data).expect("it was there before").count(), 0);
    let again = object(&world, &["uninstall", "orders"]);
    assert!(again.stderr.contains("not installed"), "{again:?}");
    assert_eq!(again.ok(), "");
}

#[test]
fn installing_again_replaces_the_command() {
    let world = World::new();
    object(&world, &["install", "org.x.Y", "--", "sh", "one"]).ok();
    object(&world, &["install", "org.x.Y", "--", "sh", "two"]).ok();
    let files: Vec<_> = fs::read_dir(services(&world)).expect("it is there").flatten().collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let text = fs::read_to_string(files[0].path()).expect("it can be read");
    assert!(text.ends_with("/sh two\n"), "{text}");
}

#[test]
fn a_file_of_another_program_is_neither_replaced_nor_removed() {
    let world = World::new();
    let file = services(&world).join("org.x.Y.service");
    fs::create_dir_all(services(&world)).expect("the folder can be written");
    fs::write(&file, "[D-BUS Service]\nName=org.x.Y\nExec=/bin/other\n").expect("as is this");
    for args in [&["install", "org.x.Y", "--", "sh"][..], &["uninstall", "org.x.Y"]] {
        let said = object(&world, args).failed(11);
        assert!(said.contains("not made by samebox") && said.contains("another name"), "{said}");
    }
    assert!(fs::read_to_string(&file).expect("it is there").contains("/bin/other"));
}

#[test]
fn json_tells_the_name_and_every_place() {
    let world = World::new();
    let done = object(&world, &["install", "orders", "--json", "--", "sh"]).json();
    assert_eq!(
        (&done["endpoint"], &done["name"]),
        (&"object:orders".into(), &"org.samebox.orders".into())
    );
    assert_eq!(done["places"].as_array().map(Vec::len), Some(1), "{done}");
    object(&world, &["uninstall", "orders"]).ok();
    let none = object(&world, &["uninstall", "orders", "--json"]).json();
    assert_eq!(none["places"], serde_json::json!([]));
}

#[test]
fn what_cannot_be_installed_is_refused_and_nothing_is_written() {
    let world = World::new();
    for (args, word) in [
        (&["install", "orders"][..], "COMMAND"),
        (&["install", "orders", "--", "samebox-no-such-program"], "whole path"),
        (&["install", "orders", "--", "sh", "a\u{1b}"], "control character"),
        (&["install", "a.2", "--", "sh"], "digit"),
        (&["install", "pipe:x", "--", "sh"], "no object"),
        (&["install", "orders?nothing=1", "--", "sh"], "not a setting"),
        (&["uninstall", "a..b"], "empty"),
    ] {
        let said = object(&world, args).failed(2);
        assert!(said.contains(word), "{args:?}: {said}");
    }
    assert!(!world.folder.path().join("data").exists());
}

#[test]
fn a_bus_that_runs_knows_at_once() {
    let world = World::new();
    let bus = Bus::start(&world);
    let object = |args: &[&str]| {
        let mut program = at_home(world.samebox(&[&["object"], args].concat()), &world);
        program.command.env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
        program.run().ok()
    };
    let known = || bus.ask(&world, "ListActivatableNames").contains("org.samebox.known");
    assert!(!known());
    object(&["install", "known", "--", "sh"]);
    assert!(known());
    object(&["uninstall", "known"]);
    assert!(!known());
}

#[test]
fn the_bus_hands_every_word_over_as_it_was() {
    let world = World::new();
    let bus = Bus::start(&world);
    let seen = world.folder.path().join("seen");
    let script = format!("for w; do printf '%s|' \"$w\"; done > {}; exit 1", seen.display());
    let words = ["it's", "", "a \\n b", "#c", "$HOME `x` \"y\"", "two\nlines\t", "é;&"];
    let install = [&["install", "words", "--", "sh", "-c", &script, "sh"], &words[..]].concat();
    object(&world, &install).ok();
    bus.ask(&world, "ReloadConfig");
    // It fails without taking the name, and the bus says so.
    let asked =
        bus.try_ask(&world, &["StartServiceByName", "string:org.samebox.words", "uint32:0"]);
    assert!(asked.stderr.contains("ChildExited"), "{asked:?}");
    let seen = fs::read_to_string(&seen).expect("the command ran");
    assert_eq!(seen, words.map(|word| format!("{word}|")).concat());
}

/// An object that answers so many calls in upper case and ends, installed on a bus that runs.
fn installed(world: &World, bus: &Bus, name: &str, calls: &str) -> String {
    let endpoint = format!("object:{name}?bus={}", bus.address);
    let samebox = env!("CARGO_BIN_EXE_samebox");
    let command = [samebox, "reply", &endpoint, "--exec", "tr a-z A-Z", "--count", calls];
    object(world, &[&["install", &endpoint, "--"], &command[..]].concat()).ok();
    endpoint
}

#[test]
fn the_first_call_starts_the_server() {
    let world = World::new();
    let bus = Bus::start(&world);
    let endpoint = installed(&world, &bus, "upper", "2");
    assert_eq!(world.run(&["call", &endpoint, "hello"]).ok(), "HELLO\n");
    let found = world.run(&["doctor", &endpoint]).ok();
    assert!(found.contains("live at org.samebox.upper on the bus"), "{found}");
    assert_eq!(world.run(&["call", &endpoint, "again"]).ok(), "AGAIN\n");
}

#[test]
fn a_tool_of_the_system_starts_the_server_too() {
    let world = World::new();
    let bus = Bus::start(&world);
    installed(&world, &bus, "org.example.Upper", "1");
    let address = format!("--bus={}", bus.address);
    let args = [&address, "--print-reply=literal", "--dest=org.example.Upper"];
    let call = ["/org/example/Upper", "org.samebox.Messages1.Call", "string:hello"];
    let answer = world.program("dbus-send", &[&args[..], &call].concat()).run().ok();
    assert_eq!(answer.trim(), "HELLO");
}

#[test]
fn an_object_is_listed_on_the_bus_and_on_a_socket_of_its_own() {
    let world = World::new();
    let bus = Bus::start(&world);
    let on_bus = |args: &[&str]| {
        let mut program = world.samebox(args);
        program.command.env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
        program
    };
    let mut first = on_bus(&["listen", "object:first"]).start();
    first.listening();
    let (_second, _) = world.serve(&["listen", "object:second"]);
    let list = on_bus(&["ls", "--json"]).run().json();
    let names: Vec<_> =
        list.as_array().expect("it is a list").iter().map(|one| &one["endpoint"]).collect();
    assert_eq!(names, ["object:first", "object:second"]);
    assert_eq!((&list[0]["own"], &list[1]["live"]), (&true.into(), &true.into()), "{list}");
}

#[test]
fn it_is_measured_beside_bare_zbus_with_a_bus_and_without() {
    let world = World::new();
    let bus = Bus::start(&world);
    for place in [format!("?bus={}", bus.address), "?bus=none".into()] {
        let endpoint = format!("object:bench{place}");
        let bench = ["bench", &endpoint, "--size", "64", "--seconds", "0.1", "--rounds", "2"];
        let rows = world.run(&[&bench[..], &["--json"]].concat()).json();
        for key in ["round_trip_ratio", "rate_ratio"] {
            assert!(rows[0][key].as_f64().is_some_and(|ratio| ratio > 0.0), "{rows}");
        }
    }
}
