//! Exit codes: every kind of failure that a user can bring about.

use crate::world::World;

#[test]
fn no_server_is_3_at_once() {
    let world = World::new();
    for command in ["send", "call"] {
        let told = world.run(&[command, &world.pipe(), "x"]).failed(3);
        assert!(told.starts_with("samebox: cannot connect to pipe:"), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}

#[test]
fn wrong_endpoints_are_2_and_name_what_is_right() {
    let world = World::new();
    let wrong = [
        ("pip:x", "did you mean `pipe:`"),
        ("orders", "scheme"),
        ("pipe:a/b/c?x=1", "`x` is not a setting"),
        ("pipe:x?max=lots", "a size"),
        ("pipe:x?framing=lin", "did you mean `line`"),
        ("", "scheme"),
    ];
    for (endpoint, part) in wrong {
        for command in [&["send", endpoint, "x"][..], &["listen", endpoint]] {
            let told = world.run(command).failed(2);
            assert!(told.contains(part), "{endpoint}: {told}");
        }
    }
}

#[test]
fn wrong_usage_is_2() {
    let world = World::new();
    for usage in [
        &["send"][..],
        &["sned", "pipe:x"],
        &["listen", "pipe:x", "--raw", "--json"],
        &["listen", "pipe:x", "--idle", "5"],
        &["send", "pipe:x", "--rate", "0"],
        &["send", "pipe:x", "data", "--split", "line"],
        &["reply", "pipe:x"],
        &["reply", "pipe:x", "--echo", "--text", "y"],
        &["explain", "12"],
        &["man", "nothing"],
        &["transports", "nothing"],
    ] {
        world.run(usage).failed(2);
    }
}

#[test]
fn a_message_above_the_limit_is_7_and_stdin_is_not_read_without_end() {
    let world = World::new();
    let (mut server, endpoint) = world.serve(&["listen", &world.pipe()]);
    let small = format!("{endpoint}?max=1000");
    world.run(&["send", &small, &"x".repeat(1001)]).failed(7);
    world.samebox(&["send", &small]).input("y".repeat(1 << 20)).run().failed(7);
    let lines = format!("fits\n{}\n", "z".repeat(1 << 20));
    let told = world.samebox(&["send", &small, "--split", "line"]).input(lines).run().failed(7);
    assert!(told.contains("one message went out before"), "{told}");
    assert_eq!(server.line(), "fits");
}

#[test]
fn a_name_that_is_taken_is_11() {
    let world = World::new();
    let (_server, endpoint) = world.serve(&["listen", &world.pipe()]);
    let told = world.run(&["listen", &endpoint]).failed(11);
    assert!(told.contains("another name"), "{told}");
}

#[test]
fn the_name_of_a_killed_server_is_free_at_once() {
    let world = World::new();
    let (mut server, endpoint) = world.serve(&["listen", &world.pipe()]);
    server.child.kill().expect("it runs");
    server.child.wait().expect("it ends");
    let (server, endpoint) = world.serve(&["listen", &endpoint, "--count", "1"]);
    world.run(&["send", &endpoint, "again"]).ok();
    assert_eq!(server.finish().ok(), "again\n");
}

#[test]
fn a_call_over_a_one_way_transport_is_2() {
    let world = World::new();
    let (_server, endpoint) = world.serve(&["listen", &world.pipe().replace("pipe:", "file:")]);
    let told = world.run(&["call", &endpoint, "x"]).failed(2);
    assert!(told.contains("one way"), "{told}");
}
