//! `call` of an operation by its name: arguments as text and JSON, results as JSON.

use crate::world::World;
use serde_json::{Value, json};

/// A server whose operation `Call` gives back its text.
const ECHO: &[&str] = &["reply", "net.tcp://127.0.0.1:0/Echo", "--echo"];

#[test]
fn an_operation_is_called_with_named_arguments() {
    let world = World::new();
    let (_server, endpoint) = world.serve(ECHO);
    let call = format!("{endpoint}?operation=Call");
    assert_eq!(world.run(&["call", &call, "data=héllo"]).ok(), "\"héllo\"\n");
    assert_eq!(world.run(&["call", &call, r#"{"data":"a=b"}"#]).ok(), "\"a=b\"\n");
    let stdin = world.samebox(&["call", &call, "-"]).input(r#"{"data":"from stdin"}"#);
    assert_eq!(stdin.run().ok(), "\"from stdin\"\n");
}

#[test]
fn json_says_which_endpoint_gave_the_result() {
    let world = World::new();
    let (_server, endpoint) = world.serve(ECHO);
    let call = format!("{endpoint}?operation=Call");
    let answer = world.run(&["call", &call, "data=x", "--json"]).ok();
    let answer: Value = serde_json::from_str(&answer).expect("a line is JSON");
    assert_eq!(answer, json!({ "endpoint": call, "result": "x" }));
}

#[test]
fn a_fault_is_told_in_words_and_by_the_exit_code() {
    let world = World::new();
    let (_server, endpoint) = world.serve(ECHO);
    let nothing = world.run(&["call", &format!("{endpoint}?operation=Nothing"), "data=x"]);
    assert_eq!((nothing.code, &nothing.stdout[..]), (Some(64), &b""[..]));
    assert!(nothing.stderr.contains("IIpcClient/Nothing"), "{}", nothing.stderr);
}

#[test]
fn a_one_way_operation_is_not_waited_for() {
    let world = World::new();
    let (mut server, endpoint) = world.serve(&["listen", "net.tcp://127.0.0.1:0/IIpcClient"]);
    let call = format!("{endpoint}?operation=Send");
    assert_eq!(world.run(&["call", &call, "--one-way", "data=hello"]).ok(), "");
    assert_eq!(server.line(), "hello");
}

#[test]
fn what_makes_no_sense_is_told_what_to_write() {
    let world = World::new();
    for (wrong, word) in [
        (&["call", "unix:x?operation=Add", "a=1"][..], "operation"),
        (&["call", "net.tcp://127.0.0.1:1/X?operation=Add", "a"], "NAME=TEXT"),
        (&["call", "net.tcp://127.0.0.1:1/X?operation=Add", "a:=x"], "JSON"),
        (&["call", "unix:x", "a=1", "b=2"], "operation"),
        (&["call", "unix:x", "a", "--one-way"], "operation"),
    ] {
        let refused = world.run(wrong);
        assert_eq!(refused.code, Some(2), "{wrong:?}: {}", refused.stderr);
        assert!(refused.stderr.contains(word), "{wrong:?}: {}", refused.stderr);
    }
}
