//! The commands that print facts: `transports`, `ls`, `doctor`, `explain`.

use crate::world::World;
use serde_json::Value;

#[test]
fn transports_are_a_table_of_100_columns() {
    let world = World::new();
    let table = world.run(&["transports"]).ok();
    let wide: Vec<_> = table.lines().filter(|line| line.chars().count() > 100).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    for scheme in ["pipe:", "shm:"] {
        assert!(table.lines().any(|line| line.starts_with(scheme)), "{table}");
    }
}

#[test]
fn transports_as_json_have_everything() {
    let world = World::new();
    let list = world.run(&["transports", "--json"]).json();
    let list = list.as_array().expect("it is a list");
    for transport in list {
        let capabilities = transport["capabilities"].as_object().expect("it can do something");
        assert_eq!(capabilities.len(), 14);
        assert!(transport["scheme"].is_string() && transport["settings"].is_array());
    }
    let one = world.run(&["transports", "pipe:", "--json"]).json();
    assert_eq!(one["scheme"], "pipe");
}

#[test]
fn one_transport_shows_its_settings_with_defaults() {
    let world = World::new();
    let shown = world.run(&["transports", "pipe"]).ok();
    assert!(shown.contains("max") && shown.contains("default 16MiB"), "{shown}");
}

/// The README shows what holds on Linux.
#[cfg(target_os = "linux")]
#[test]
fn the_readme_shows_this_table() {
    let table = World::new().run(&["transports", "--markdown"]).ok();
    let readme = include_str!("../../../../README.md");
    assert!(readme.contains(table.trim()), "put this into README.md:\n{table}");
}

#[test]
fn the_markdown_table_has_a_row_per_transport() {
    let world = World::new();
    let table = world.run(&["transports", "--markdown"]).ok();
    let list = world.run(&["transports", "--json"]).json();
    let rows = list.as_array().expect("it is a list").len();
    assert_eq!(table.lines().count(), rows + 2);
    assert!(table.lines().all(|line| line.starts_with("| ") && line.ends_with(" |")), "{table}");
}

#[test]
fn ls_tells_live_from_dead_and_removes_nothing() {
    let world = World::new();
    let pipe = world.pipe();
    let (mut server, _) = world.serve(&["listen", &pipe]);
    let seen = || -> Option<Value> {
        let list = world.run(&["ls", "--json"]).json();
        let list = list.as_array().expect("it is a list").clone();
        list.into_iter().find(|one| one["endpoint"] == pipe.as_str())
    };
    // Wine cannot list pipes, and the program says so.
    match seen() {
        Some(live) => assert_eq!(live["live"], true),
        None => return assert_eq!(std::env::consts::OS, "windows"),
    }
    server.child.kill().expect("it runs");
    server.child.wait().expect("it ends");
    if cfg!(unix) {
        assert_eq!(seen().expect("its socket is there")["live"], false);
        assert_eq!(seen().expect("its socket is still there")["live"], false);
    }
}

#[test]
fn ls_lists_every_kind_of_local_name() {
    let world = World::new();
    let pipe = world.pipe();
    let mut wanted = vec![pipe.replace("pipe:", "file:")];
    if cfg!(unix) {
        wanted.extend(["pipe:", "unix:", "object:"].map(|scheme| pipe.replace("pipe:", scheme)));
    }
    if cfg!(target_os = "linux") {
        wanted.push(pipe.replace("pipe:", "shm:"));
    }
    let _servers: Vec<_> = wanted.iter().map(|name| world.serve(&["listen", name])).collect();
    let list = world.run(&["ls", "--json"]).json();
    let list = list.as_array().expect("it is a list");
    for name in &wanted {
        let found = list.iter().find(|one| one["endpoint"] == name.as_str());
        let found = found.unwrap_or_else(|| panic!("{name} is not in {list:?}"));
        assert_eq!((&found["live"], &found["own"]), (&true.into(), &true.into()), "{found}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_dead_server_left_of_shared_memory_is_seen_as_dead() {
    let world = World::new();
    let shm = world.pipe().replace("pipe:", "shm:");
    let (mut server, _) = world.serve(&["listen", &shm]);
    server.child.kill().expect("it runs");
    server.child.wait().expect("it ends");
    let list = world.run(&["ls", "--json"]).json();
    assert_eq!((&list[0]["endpoint"], &list[0]["live"]), (&shm.as_str().into(), &false.into()));
    assert_eq!(list.as_array().expect("it is a list").len(), 1, "{list}");
    let found = world.run(&["doctor", &shm]);
    assert!(found.text().contains("dead; it left"), "{found:?}");
}

#[test]
fn doctor_sees_a_live_server_of_every_local_transport() {
    let world = World::new();
    let pipe = world.pipe();
    let mut wanted = vec![pipe.clone(), pipe.replace("pipe:", "file:")];
    // Windows has no Unix sockets, and does not tell from outside who has a port.
    if cfg!(unix) {
        wanted.extend(["unix:", "unix:@", "object:"].map(|scheme| pipe.replace("pipe:", scheme)));
        wanted.push("tcp:127.0.0.1:0".into());
    }
    if cfg!(target_os = "linux") {
        wanted.push(pipe.replace("pipe:", "shm:"));
    }
    for name in wanted {
        let (_server, endpoint) = world.serve(&["listen", &name]);
        let found = world.run(&["doctor", &endpoint]);
        assert!(found.text().contains("live at"), "{name}: {found:?}");
        assert_eq!(found.code, Some(0), "{name}: {found:?}");
    }
}

#[test]
fn ls_without_endpoints_says_so_and_is_no_failure() {
    let world = World::new();
    if cfg!(unix) {
        let listed = world.run(&["ls"]);
        assert!(listed.stderr.contains("no local endpoints"), "{listed:?}");
        assert_eq!(listed.ok(), "");
        assert_eq!(world.run(&["ls", "--json"]).ok(), "[]\n");
    }
}

#[test]
fn doctor_finds_a_live_server_without_disturbing_it() {
    let world = World::new();
    let (server, endpoint) = world.serve(&["listen", "tcp:127.0.0.1:0", "--count", "1"]);
    let found = world.run(&["doctor", &endpoint, "--json"]);
    let findings = found.json();
    for finding in findings.as_array().expect("it is a list") {
        assert!(finding["check"].is_string() && finding["found"].is_string(), "{finding}");
        assert!(["ok", "warn"].contains(&finding["status"].as_str().unwrap_or("")), "{finding}");
    }
    assert_eq!(found.code, Some(0));
    world.run(&["send", &endpoint, "first"]).ok();
    assert_eq!(server.finish().ok(), "first\n");
}

#[test]
fn doctor_ends_with_the_code_of_the_first_failure() {
    let world = World::new();
    let missing = world.run(&["doctor", &world.pipe()]);
    assert_eq!(missing.code, Some(3), "{missing:?}");
    assert!(missing.text().contains("start the server first"));
    assert_eq!(world.run(&["doctor", "pipe:x?mx=1"]).code, Some(2));
    assert_eq!(world.run(&["doctor", "nothing:x"]).code, Some(2));
}

#[test]
fn explain_knows_codes_and_kinds() {
    let world = World::new();
    assert_eq!(world.run(&["explain"]).ok().lines().count(), 17);
    let by_code = world.run(&["explain", "3"]).ok();
    assert!(by_code.contains("no server is at the endpoint"), "{by_code}");
    assert_eq!(world.run(&["explain", "not-listening"]).ok(), by_code);
    let json = world.run(&["explain", "7", "--json"]).json();
    assert_eq!((json[0]["code"].as_u64(), json[1]["kind"].as_str()), (Some(7), Some("Malformed")));
}
