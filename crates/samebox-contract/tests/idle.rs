//! Services and clients that have nothing to do; the only test of its process.
#![cfg(target_os = "linux")]

mod greeter;

use greeter::CALLER;
use std::fs;
use std::time::Duration;

/// How often the threads of samebox were given a processor so far, by their ids.
fn switches() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for task in fs::read_dir("/proc/self/task").unwrap() {
        let task = task.unwrap().path();
        let name = fs::read_to_string(task.join("comm")).unwrap();
        if name.starts_with("samebox") {
            let status = fs::read_to_string(task.join("status")).unwrap();
            let lines = status.lines().filter(|line| line.contains("ctxt_switches"));
            all.push((format!("{} {name}", task.display()), lines.collect()));
        }
    }
    all.sort();
    all
}

#[test]
fn idle_services_and_clients_use_no_processor() {
    let mut kept = Vec::new();
    for mut place in greeter::places("idle") {
        let (serving, _) = place.serve(&CALLER);
        let (client, called) = place.connect_called();
        client.ask_back("Ready").unwrap();
        client.tell_back(3).unwrap();
        called.wait_for(3);
        kept.push((serving, client, called));
    }
    // What was begun may take a moment to end; then nothing happens for as long as it is watched.
    let mut before = Vec::new();
    greeter::until("nothing happens", || {
        before = switches();
        std::thread::sleep(Duration::from_millis(300));
        before == switches()
    });
    assert!(before.len() >= kept.len() * 6, "a receiver, 4 workers and a listener: {before:?}");
}
