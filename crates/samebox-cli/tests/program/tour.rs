//! `samebox tour`: a greeting through every transport.

use crate::world::World;
use serde_json::Value;

fn schemes(list: &Value, key: &str) -> Vec<String> {
    let list = list.as_array().expect("it is a list");
    list.iter().map(|one| one[key].as_str().expect("it has a name").into()).collect()
}

#[test]
fn every_transport_delivers_or_says_why_it_is_unavailable() {
    let world = World::new();
    let tour = world.run(&["tour", "--json"]);
    assert_eq!(tour.code, Some(0), "{tour:?}");
    let stops = tour.json();
    let transports = world.run(&["transports", "--json"]).json();
    assert_eq!(schemes(&stops, "transport"), schemes(&transports, "scheme"));
    for stop in stops.as_array().expect("it is a list") {
        match stop["status"].as_str() {
            Some("delivered") => delivered(stop),
            Some("unavailable") => assert!(!stop["reason"].as_str().unwrap().is_empty(), "{stop}"),
            _ => panic!("{stop}"),
        }
    }
    assert_eq!(world.names(), 0);
}

#[track_caller]
fn delivered(stop: &Value) {
    assert_eq!(stop["payload"], "Hello, World!", "{stop}");
    assert!(stop["reason"].is_null(), "{stop}");
    assert!(stop["round_trip_ns_p50"].as_u64().is_some_and(|ns| ns > 0), "{stop}");
    assert!(stop["messages_per_second"].as_f64().is_some_and(|rate| rate > 0.0), "{stop}");
    // Only what never leaves a process is received by a thread.
    assert_eq!(stop["receiver_pid"].is_null(), stop["transport"] == "inproc", "{stop}");
}

#[test]
fn the_table_has_a_row_per_transport_in_100_columns() {
    let world = World::new();
    let table = world.run(&["tour"]);
    assert_eq!(table.stderr, "", "progress is for terminals");
    let table = table.ok();
    let transports = world.run(&["transports", "--json"]).json();
    for scheme in schemes(&transports, "scheme") {
        let rows = table.lines().filter(|line| line.split(' ').next() == Some(&scheme));
        assert_eq!(rows.count(), 1, "{scheme}: {table}");
    }
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
}
