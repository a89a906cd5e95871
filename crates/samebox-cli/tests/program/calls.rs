//! `call` and `reply`: a question and its answer.

use crate::world::World;
use serde_json::Value;

/// Shell commands of this system: one copies its input, one takes a minute.
#[cfg(unix)]
const COPY: &str = "cat";
#[cfg(windows)]
const COPY: &str = "more";
#[cfg(unix)]
const SLOW: &str = "sleep 60";
#[cfg(windows)]
const SLOW: &str = "ping -n 60 127.0.0.1";

#[test]
fn an_echo_answers_with_the_payload() {
    let world = World::new();
    let (_server, endpoint) = world.serve(&["reply", &world.pipe(), "--echo"]);
    assert_eq!(world.run(&["call", &endpoint, "hello"]).ok(), "hello\n");
    assert_eq!(world.run(&["call", &endpoint, "hello", "--hex"]).ok(), "68656c6c6f\n");
    let raw = world.samebox(&["call", &endpoint, "--raw"]).input([0, 255, 10]).run();
    assert_eq!((raw.code, raw.stdout), (Some(0), vec![0, 255, 10]));
}

#[test]
fn a_text_answers_everybody_the_same() {
    let world = World::new();
    let (_server, endpoint) = world.serve(&["reply", &world.pipe(), "--text", "pong"]);
    assert_eq!(world.run(&["call", &endpoint, "ping"]).ok(), "pong\n");
}

#[test]
fn lines_are_called_one_by_one_and_answered_in_order() {
    let world = World::new();
    let (_server, endpoint) = world.serve(&["reply", &world.pipe(), "--echo"]);
    let lines: String = (0..1000).map(|n| format!("question {n}\n")).collect();
    let call = world.samebox(&["call", &endpoint, "--split", "line"]).input(&lines);
    assert_eq!(call.run().ok(), lines);
}

#[test]
fn an_interactive_caller_sees_each_answer_before_the_next_question() {
    let world = World::new();
    let (_server, endpoint) = world.serve(&["reply", &world.pipe(), "--echo"]);
    let mut caller = world.samebox(&["call", &endpoint, "--split", "line"]).start();
    for question in ["one", "two", "three"] {
        caller.write(&format!("{question}\n"));
        assert_eq!(caller.line(), question);
    }
    caller.finish().ok();
}

#[test]
fn json_answers_have_the_promised_fields() {
    let world = World::new();
    let (_server, endpoint) = world.serve(&["reply", &world.pipe(), "--echo"]);
    let answer = world.run(&["call", &endpoint, "hello", "--json"]);
    let answer: Value = serde_json::from_str(&answer.ok()).expect("a line is JSON");
    assert_eq!((&answer["endpoint"], &answer["payload"]), (&endpoint.into(), &"hello".into()));
    assert!(answer["peer"].is_object());
}

#[test]
fn a_command_answers_with_what_it_prints() {
    let world = World::new();
    let (_server, endpoint) = world.serve(&["reply", &world.pipe(), "--exec", COPY]);
    let call = world.samebox(&["call", &endpoint, "--raw"]).input("a\nb\n").run();
    assert_eq!(call.ok().replace('\r', "").trim_end(), "a\nb");
}

#[test]
fn a_failed_command_is_a_fault_in_its_own_words() {
    let world = World::new();
    let command = "echo no such order 1>&2 && exit 3";
    let (mut server, endpoint) = world.serve(&["reply", &world.pipe(), "--exec", command]);
    let told = world.run(&["call", &endpoint, "7"]).failed(64);
    assert!(told.contains("no such order"), "{told}");
    assert!(server.word().contains("no such order"));
}

#[test]
fn one_fault_among_many_calls_leaves_the_others_answered() {
    let world = World::new();
    let (_server, endpoint) =
        world.serve(&["reply", &world.pipe(), "--exec", &format!("{COPY} && exit 1")]);
    let call = world.samebox(&["call", &endpoint, "--split", "line", "--json"]);
    let called = call.input("a\nb\n").run();
    assert_eq!(called.code, Some(64));
    assert_eq!(called.text().lines().filter(|line| line.contains("\"fault\"")).count(), 2);
}

#[test]
fn a_slow_command_is_ended_and_its_caller_told() {
    let world = World::new();
    let reply = ["reply", &world.pipe(), "--exec", SLOW, "--timeout", "300ms"];
    let (_server, endpoint) = world.serve(&reply);
    let told = world.run(&["call", &endpoint, "x"]).failed(64);
    assert!(told.contains("300ms"), "{told}");
}

#[test]
fn a_caller_that_gets_no_answer_in_time_ends_with_4() {
    let world = World::new();
    let (_server, endpoint) = world.serve(&["reply", &world.pipe(), "--exec", SLOW]);
    world.run(&["call", &endpoint, "x", "--timeout", "200ms"]).failed(4);
}

#[test]
fn calls_run_beside_each_other_up_to_jobs() {
    let world = World::new();
    let reply = ["reply", &world.pipe(), "--exec", COPY, "--jobs", "2", "--count", "8"];
    let (server, endpoint) = world.serve(&reply);
    let callers: Vec<_> =
        (0..8).map(|_| world.samebox(&["call", &endpoint, "same"]).start()).collect();
    for caller in callers {
        assert_eq!(caller.finish().ok().trim_end(), "same");
    }
    server.finish().ok();
}

#[test]
fn a_message_that_waits_for_no_answer_runs_the_command_too() {
    let world = World::new();
    let seen = world.folder.path().join("seen");
    let command = format!("{COPY} > {}", seen.display());
    let (server, endpoint) =
        world.serve(&["reply", &world.pipe(), "--exec", &command, "--count", "1"]);
    world.run(&["send", &endpoint, "one way"]).ok();
    server.finish().ok();
    let written = std::fs::read_to_string(&seen).expect("the command ran");
    assert_eq!(written.trim_end(), "one way");
}

#[test]
fn a_call_to_a_listener_ends_at_once_with_words() {
    let world = World::new();
    let (_server, endpoint) = world.serve(&["listen", &world.pipe()]);
    let called = world.run(&["call", &endpoint, "anybody?"]);
    assert!(matches!(called.code, Some(8 | 64)), "{called:?}");
    assert!(called.stderr.starts_with("samebox: "), "{called:?}");
}
