//! `samebox bench`: the shape of what it prints, never how fast anything is.

use crate::world::{Finished, World};
use serde_json::Value;

fn unique(scheme: &str, name: &str) -> String {
    format!("{scheme}:{name}-{}", std::process::id())
}

fn measure(world: &World, args: &[&str]) -> Finished {
    world.run(&[&["bench", "--seconds", "0.05", "--rounds", "2"], args].concat())
}

fn rows(finished: Finished) -> Vec<Value> {
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.stderr, "", "progress is for terminals");
    finished.json().as_array().expect("it is a list").clone()
}

#[track_caller]
fn is_positive(row: &Value, key: &str) {
    assert!(
        row[key].as_f64().is_some_and(|number| number > 0.0 && number.is_finite()),
        "{key}: {row}"
    );
}

#[test]
fn there_is_one_object_per_size_of_each_endpoint() {
    let world = World::new();
    let (pipe, inproc) = (world.pipe(), unique("inproc", "bench"));
    let rows = rows(measure(&world, &[&pipe, &inproc, "--size", "64,4KiB", "--json"]));
    let found: Vec<_> =
        rows.iter().map(|row| (row["endpoint"].as_str(), row["size"].as_u64())).collect();
    let [pipe, inproc] = [Some(&*pipe), Some(&*inproc)];
    assert_eq!(
        found,
        [(pipe, Some(64)), (pipe, Some(4096)), (inproc, Some(64)), (inproc, Some(4096)),]
    );
}

#[test]
fn every_row_has_times_rates_and_the_floor() {
    let world = World::new();
    let rows =
        rows(measure(&world, &["tcp:0", &unique("inproc", "row"), "--size", "100", "--json"]));
    for row in &rows {
        let trip = &row["round_trip_ns"];
        let parts = ["p50", "p99", "p999", "max"].map(|part| trip[part].as_u64().expect("a time"));
        assert!(parts[0] > 0 && parts.is_sorted(), "{trip}");
        for key in [
            "messages_per_second",
            "batched_messages_per_second",
            "bytes_per_second",
            "samples",
            "floor_round_trip_ns",
            "floor_messages_per_second",
            "floor_bytes_per_second",
            "round_trip_ratio",
            "rate_ratio",
            "batched_ratio",
            "bytes_ratio",
        ] {
            is_positive(row, key);
        }
        let rate = |key: &str| row[key].as_f64().expect("a rate");
        let bytes = rate("bytes_per_second") / rate("messages_per_second");
        assert!((bytes - 100.0).abs() < 0.1, "{row}");
    }
}

#[test]
fn the_table_has_a_line_per_size_in_100_columns() {
    let world = World::new();
    let table = measure(&world, &[&world.pipe(), "--size", "64,65536"]).ok();
    assert_eq!(table.lines().count(), 4, "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
}

#[cfg(target_os = "linux")]
#[test]
fn lent_memory_is_measured_beside_the_same_floor_at_every_size() {
    let world = World::new();
    let shm = unique("shm", "lent");
    let rows = rows(measure(&world, &[&shm, "--lent", "--json"]));
    let sizes: Vec<_> = rows.iter().map(|row| row["size"].as_u64().expect("a size")).collect();
    assert_eq!(sizes, [8, 64, 1 << 10, 64 << 10, 1 << 20]);
    for row in &rows {
        assert_eq!((&row["lent"], &row["floor_size"]), (&true.into(), &64.into()), "{row}");
        is_positive(&row["round_trip_ns"], "p50");
        is_positive(&row["round_trip_ns"], "p99");
        for key in [
            "messages_per_second",
            "floor_round_trip_ns",
            "floor_messages_per_second",
            "round_trip_ratio",
            "rate_ratio",
        ] {
            is_positive(row, key);
        }
        assert!(row["batched_messages_per_second"].is_null(), "{row}");
        assert!(row["bytes_per_second"].is_null(), "nobody moves them: {row}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn lent_memory_has_a_line_per_size_asked_for() {
    let world = World::new();
    let table = measure(&world, &[&unique("shm", "line"), "--lent", "--size", "3,4KiB"]).ok();
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].contains("in lent memory beside 64 bytes bare"), "{table}");
    let sizes: Vec<_> = lines[2..].iter().map(|line| line.split_whitespace().next()).collect();
    assert_eq!(sizes, [Some("3"), Some("4096")]);
}

#[test]
fn a_transport_without_memory_to_lend_is_refused() {
    let world = World::new();
    for endpoint in [world.pipe(), unique("inproc", "lent")] {
        let said = measure(&world, &[&endpoint, "--lent"]).failed(2);
        assert!(said.contains("no memory to lend") && said.contains("use an endpoint of shm:"));
    }
    measure(&world, &["shm:x", "--lent", "--startup"]).failed(2);
}

#[test]
fn help_tells_of_cores_and_of_lent_memory() {
    let help = World::new().run(&["bench", "--help"]).ok();
    assert!(help.contains("samebox bench shm:bench --cores 0,1") && help.contains("--lent"));
    let wide: Vec<_> = help.lines().filter(|line| line.chars().count() > 100).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

#[test]
fn messages_larger_than_a_socket_holds_are_answered_whole() {
    let world = World::new();
    let rows = rows(measure(&world, &[&world.pipe(), "--size", "1MiB", "--json"]));
    is_positive(&rows[0]["round_trip_ns"], "p50");
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let world = World::new();
    let too_large = format!("{}?max=100", world.pipe());
    let said = measure(&world, &[&too_large, "--size", "101"]).failed(2);
    assert!(said.contains("at most 100 bytes"), "{said}");
    measure(&world, &["nothing:x"]).failed(2);
    measure(&world, &[&world.pipe(), "--size", "0"]).failed(2);
    measure(&world, &[&world.pipe(), "--cores", "0"]).failed(2);
}

#[test]
fn a_live_servers_name_is_left_alone() {
    let world = World::new();
    let (_server, endpoint) = world.serve(&["listen", &world.pipe()]);
    let said = measure(&world, &[&endpoint]).failed(11);
    assert!(said.contains(&endpoint), "{said}");
}

#[test]
fn idle_clients_are_counted_in_bytes() {
    let world = World::new();
    let crowd = world.run(&["bench", &world.pipe(), "--clients", "50", "--json"]);
    assert_eq!(crowd.code, Some(0), "{crowd:?}");
    let crowd = crowd.json();
    let crowd = &crowd[0];
    assert_eq!(crowd["clients"], 50);
    for part in ["connect_ns", "round_trip_ns", "round_trip_ns_alone"] {
        is_positive(&crowd[part], "p99");
    }
    is_positive(crowd, "connects_per_second");
    // The one number that not every system tells.
    assert!(crowd["server_bytes_per_client"].as_f64().is_none_or(|bytes| bytes >= 0.0), "{crowd}");
}

#[test]
fn clients_need_a_server_process() {
    let world = World::new();
    let inproc = unique("inproc", "crowd");
    world.run(&["bench", &inproc, "--clients", "5"]).failed(2);
    world.run(&["bench", &inproc, "--clients", "0"]).failed(2);
}

#[test]
fn startup_is_measured_beside_a_process_that_does_nothing() {
    let world = World::new();
    let startup = world.run(&["bench", &world.pipe(), "--startup", "--rounds", "1", "--json"]);
    assert_eq!(startup.code, Some(0), "{startup:?}");
    let startup = startup.json();
    is_positive(&startup[0]["startup_ns"], "p50");
    is_positive(&startup[0], "floor_startup_ns");
    is_positive(&startup[0], "startup_ratio");
}
