//! Runs real shell commands.

use super::*;
use std::sync::Arc;

const BOUNDS: Bounds = Bounds { time: Duration::from_secs(20), output: 1000, raw: false };

fn run(line: &str, payload: &'static str, bounds: Bounds) -> Result<String, String> {
    let exec = Exec::new(line, "unix:/tmp/x".into(), bounds);
    let peer = Peer::local(User::Uid(7), Some(12));
    let answer = exec.answer(&Message::new(payload, Arc::new(peer)));
    assert!(exec.running().roots.is_empty());
    answer.map(|answer| String::from_utf8(answer).expect("the answer is text"))
}

#[test]
fn the_payload_goes_in_and_the_output_without_its_break_comes_out() {
    assert_eq!(run("sort", "b\na\n", BOUNDS), Ok("a\nb".into()));
}

#[test]
fn the_environment_tells_where_and_who() {
    let line = "echo $SAMEBOX_ENDPOINT $SAMEBOX_PEER_UID $SAMEBOX_PEER_PID";
    assert_eq!(run(line, "", BOUNDS), Ok("unix:/tmp/x 7 12".into()));
    assert_eq!(run("echo x", "", Bounds { raw: true, ..BOUNDS }), Ok("x\n".into()));
}

#[test]
fn a_failed_command_speaks_with_its_last_line() {
    let line = "echo first >&2; echo last >&2; echo out; exit 3";
    assert_eq!(run(line, "", BOUNDS), Err("last".into()));
    let silent = run("exit 3", "", BOUNDS).expect_err("it failed");
    assert!(silent.contains('3'), "{silent}");
}

#[test]
fn a_slow_command_is_ended_with_all_that_it_started() {
    let bounds = Bounds { time: Duration::from_millis(300), ..BOUNDS };
    let fault = run("sleep 600 | sleep 600", "", bounds).expect_err("it is too slow");
    assert!(fault.contains("300ms"), "{fault}");
}

#[test]
fn an_endless_output_is_cut_off() {
    let fault = run("yes", "", BOUNDS).expect_err("it prints too much");
    assert!(fault.contains("1000 bytes"), "{fault}");
}

#[test]
fn a_command_that_does_not_read_does_not_hang() {
    let payload: &'static str = "x".repeat(1 << 20).leak();
    assert_eq!(run("echo done", payload, BOUNDS), Ok("done".into()));
}

#[test]
fn nothing_starts_once_it_was_stopped() {
    let exec = Exec::new("echo x", "unix:/tmp/x".into(), BOUNDS);
    exec.stop();
    let message = Message::new("", Arc::new(Peer::UNKNOWN));
    assert!(exec.answer(&message).is_err());
}
