//! What clients on D-Bus hold is given back when they end.
#![cfg(target_os = "linux")]

mod support;

use samebox_core::{Deadline, Endpoint, Inbox, Outbox, Transport};
use samebox_object::Object;
use std::time::Duration;
use support::Bus;

/// How many descriptors and threads this process has; each client takes at least two descriptors.
fn held() -> (usize, usize) {
    let count = |folder| std::fs::read_dir(folder).unwrap().count();
    (count("/proc/self/fd"), count("/proc/self/task"))
}

/// Clients that come, send and go, one after the other.
fn clients_come_and_go(endpoint: &Endpoint) {
    let soon = || Deadline::after(Duration::from_secs(20));
    let mut server = Object.bind(endpoint).unwrap();
    let mut come_and_go = |count: usize| {
        for _ in 0..count {
            let mut client = Object.connect(endpoint, soon()).unwrap();
            client.send(b"here"[..].into(), soon()).unwrap();
            assert_eq!(server.recv(soon()).unwrap().text(), Ok("here"));
        }
    };
    come_and_go(5);
    let before = held();
    come_and_go(60);
    // The server sees its last clients go a moment later.
    let is_over = || held().0 < before.0 + 10 && held().1 < before.1 + 5;
    let until = soon();
    while !is_over() && !until.has_passed() {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(is_over(), "descriptors and threads were {before:?} and are {:?}", held());
}

#[test]
fn clients_of_a_bus_and_of_a_private_socket_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bus = Bus::start(folder.path(), "leftovers");
    let name = format!("leftovers{}", std::process::id());
    clients_come_and_go(&format!("object:{name}?bus={}", bus.address).parse().unwrap());
    clients_come_and_go(&format!("object:{name}?bus=none").parse().unwrap());
}
