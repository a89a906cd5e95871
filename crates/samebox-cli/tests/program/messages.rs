//! `send` and `listen`: what goes in comes out.

use crate::world::World;
use serde_json::Value;

#[test]
fn a_message_arrives_as_one_line() {
    let world = World::new();
    let (server, endpoint) = world.serve(&["listen", &world.pipe(), "--count", "1"]);
    assert_eq!(world.run(&["send", &endpoint, "Hello, World!"]).ok(), "");
    assert_eq!(server.finish().ok(), "Hello, World!\n");
}

#[test]
fn listening_says_the_port_that_the_system_chose() {
    let world = World::new();
    let (server, endpoint) = world.serve(&["listen", "tcp:127.0.0.1:0", "--count", "1"]);
    assert!(endpoint.starts_with("tcp:127.0.0.1:") && !endpoint.ends_with(":0"), "{endpoint}");
    world.run(&["send", &endpoint, "x"]).ok();
    assert_eq!(server.finish().ok(), "x\n");
}

#[test]
fn all_of_stdin_is_one_message_with_its_breaks() {
    let world = World::new();
    let (server, endpoint) = world.serve(&["listen", &world.pipe(), "--count", "1", "--raw"]);
    world.samebox(&["send", &endpoint]).input("a\nb\n\n").run().ok();
    assert_eq!(server.finish().ok(), "a\nb\n\n");
}

#[test]
fn a_dash_means_stdin_too() {
    let world = World::new();
    let (server, endpoint) = world.serve(&["listen", &world.pipe(), "--count", "1"]);
    world.samebox(&["send", &endpoint, "-"]).input("from stdin").run().ok();
    assert_eq!(server.finish().ok(), "from stdin\n");
}

#[test]
fn an_empty_stdin_is_one_empty_message_or_no_line_at_all() {
    let world = World::new();
    let (server, endpoint) = world.serve(&["listen", &world.pipe(), "--count", "2", "--hex"]);
    world.run(&["send", &endpoint]).ok();
    world.run(&["send", &endpoint, "--split", "line"]).ok();
    world.run(&["send", &endpoint, "end"]).ok();
    assert_eq!(server.finish().ok(), "\n656e64\n");
}

#[test]
fn lines_become_messages_in_order() {
    let world = World::new();
    let (server, endpoint) = world.serve(&["listen", &world.pipe(), "--count", "5000"]);
    let lines: String = (0..5000).map(|n| format!("line {n}\n")).collect();
    world.samebox(&["send", &endpoint, "--split", "line"]).input(&lines).run().ok();
    assert_eq!(server.finish().ok(), lines);
}

#[test]
#[cfg(unix)]
fn the_timeout_is_for_one_message_and_not_for_all() {
    let world = World::new();
    let slow = world.pipe().replace("pipe:", "file:");
    let reply = ["reply", &slow, "--exec", "sleep 0.02", "--jobs", "1", "--count", "100"];
    let (server, endpoint) = world.serve(&reply);
    let send = ["send", &endpoint, "--split", "line", "--timeout", "1s"];
    world.samebox(&send).input("x\n".repeat(100)).run().ok();
    server.finish().ok();
}

#[test]
fn a_lone_line_is_sent_at_once() {
    let world = World::new();
    let (mut server, endpoint) = world.serve(&["listen", &world.pipe()]);
    let mut sender = world.samebox(&["send", &endpoint, "--split", "line"]).start();
    for line in ["first", "second"] {
        sender.write(&format!("{line}\n"));
        assert_eq!(server.line(), line);
    }
    sender.finish().ok();
}

#[test]
fn nul_bytes_end_messages_and_line_breaks_do_not() {
    let world = World::new();
    let (server, endpoint) = world.serve(&["listen", &world.pipe(), "--count", "3", "--hex"]);
    world.samebox(&["send", &endpoint, "--split", "nul"]).input("a\nb\0\0c").run().ok();
    assert_eq!(server.finish().ok(), "610a62\n\n63\n");
}

#[test]
fn count_repeats_each_message() {
    let world = World::new();
    let (server, endpoint) = world.serve(&["listen", &world.pipe(), "--count", "6"]);
    let send = ["send", &endpoint, "--split", "line", "--count", "3", "--rate", "10000"];
    world.samebox(&send).input("a\nb\n").run().ok();
    assert_eq!(server.finish().ok(), "a\na\na\nb\nb\nb\n");
}

#[test]
fn raw_adds_nothing_and_keeps_every_byte() {
    let world = World::new();
    let (server, endpoint) = world.serve(&["listen", &world.pipe(), "--count", "2", "--raw"]);
    let bytes: Vec<u8> = (0..=255).collect();
    world.samebox(&["send", &endpoint]).input(&bytes).run().ok();
    world.samebox(&["send", &endpoint]).input(&bytes).run().ok();
    assert_eq!(server.finish().stdout, bytes.repeat(2));
}

#[test]
fn a_message_of_many_megabytes_arrives_whole() {
    let world = World::new();
    let (server, endpoint) = world.serve(&["listen", &world.pipe(), "--count", "1", "--raw"]);
    let large: Vec<u8> = (0..8_000_000_u32).map(|n| (n % 251) as u8).collect();
    world.samebox(&["send", &endpoint]).input(&large).run().ok();
    assert!(server.finish().stdout == large);
}

#[test]
fn json_has_the_promised_fields() {
    let world = World::new();
    let (mut server, endpoint) = world.serve(&["listen", &world.pipe(), "--json"]);
    world.run(&["send", &endpoint, "Grüße"]).ok();
    world.samebox(&["send", &endpoint]).input([0xff, 0x00]).run().ok();
    let text: Value = serde_json::from_str(&server.line()).expect("a line is JSON");
    let bytes: Value = serde_json::from_str(&server.line()).expect("a line is JSON");
    assert_eq!(text["endpoint"], endpoint);
    assert_eq!(text["payload"], "Grüße");
    assert_eq!(text.get("encoding"), None);
    assert_eq!((&bytes["payload"], &bytes["encoding"]), (&"/wA=".into(), &"base64".into()));
    assert_eq!(text["properties"], serde_json::json!({}));
    let peer = text["peer"].as_object().expect("a peer is an object");
    assert!(peer.contains_key("pid") && (peer.contains_key("uid") || peer.contains_key("sid")));
    let when = text["received_at"].as_str().expect("a time is text");
    assert!(when.len() == "2026-01-01T00:00:00.000000Z".len() && when.ends_with('Z'), "{when}");
    let fields: Vec<_> = text.as_object().expect("a line is an object").keys().collect();
    assert_eq!(fields, ["endpoint", "payload", "received_at", "peer", "properties"]);
}

#[test]
fn idle_ends_a_server_that_hears_nothing() {
    let world = World::new();
    let (server, endpoint) = world.serve(&["listen", &world.pipe(), "--idle", "700ms"]);
    world.run(&["send", &endpoint, "x"]).ok();
    assert_eq!(server.finish().ok(), "x\n");
}

#[test]
fn wait_finds_a_server_that_starts_later() {
    let world = World::new();
    let pipe = world.pipe();
    let sender = world.samebox(&["send", &format!("{pipe}?wait=20s"), "early"]).start();
    let (server, _) = world.serve(&["listen", &pipe, "--count", "1"]);
    sender.finish().ok();
    assert_eq!(server.finish().ok(), "early\n");
}
