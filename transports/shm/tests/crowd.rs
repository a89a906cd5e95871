//! Many clients at once, from one process to another.

#![cfg(target_os = "linux")]

mod support;

use samebox_core::Endpoint;
use std::sync::Barrier;
use support::another::{self, Another};
use support::holdings::Holdings;
use support::{bind, connect, endpoint, recv, send};

const CLIENTS: usize = 200;
const MESSAGES: u32 = 100;

#[test]
fn another_process() {
    another::play(&[("clients", be_many)]);
}

/// The length of a message: now and then one that does not go into a ring.
fn length(number: u32) -> usize {
    if number % 10 == 9 { 20_000 } else { 8 + number as usize }
}

fn be_many(_: &str, endpoint: &Endpoint) {
    let all_are_there = Barrier::new(CLIENTS);
    let be_one = &|client: usize| {
        let mut outbox = connect(endpoint);
        all_are_there.wait();
        for number in 0..MESSAGES {
            let mut message = vec![client as u8; length(number)];
            message[..4].copy_from_slice(&(client as u32).to_le_bytes());
            message[4..8].copy_from_slice(&number.to_le_bytes());
            assert_eq!(send(&mut outbox, &message), Ok(()));
        }
    };
    std::thread::scope(|scope| {
        (0..CLIENTS).for_each(|client| drop(scope.spawn(move || be_one(client))));
    });
}

#[test]
fn of_200_clients_nothing_is_lost_and_each_is_heard_in_order() {
    let before = Holdings::now();
    let endpoint = endpoint("many", "capacity=128KiB");
    let mut server = bind(&endpoint);
    let clients = Another::start("clients", &endpoint);
    let mut next = [0u32; CLIENTS];
    for _ in 0..CLIENTS as u32 * MESSAGES {
        let message = recv(&mut server);
        let payload = message.payload();
        let word = |at: usize| u32::from_le_bytes(payload[at..at + 4].try_into().unwrap());
        let client = word(0) as usize;
        assert_eq!(word(4), next[client], "of client {client}");
        assert_eq!(payload.len(), length(next[client]));
        assert!(payload[8..].iter().all(|byte| *byte == client as u8));
        next[client] += 1;
    }
    assert_eq!(next, [MESSAGES; CLIENTS]);
    clients.finish();
    drop(server);
    before.come_back();
}
