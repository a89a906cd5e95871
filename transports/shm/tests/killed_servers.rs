//! Servers are killed at any moment, again and again: their client is told at once, goes on with the next
//! one, and holds nothing of the dead.

#![cfg(target_os = "linux")]

mod support;

use samebox_core::{Endpoint, ErrorKind, Lend, Outbox};
use samebox_shm::ShmOutbox;
use std::time::{Duration, Instant};
use support::another::{self, Another};
use support::chance::Chance;
use support::holdings::{Holdings, files_of};
use support::told::Told;
use support::{ask, assert_usable, bind, connect, endpoint, recv, recv_within, send, soon};

const ROUNDS: u32 = 500;

/// Larger than any record in a ring.
const LARGE: usize = 300_000;

const SETTINGS: &str = "capacity=1MiB";

#[test]
fn another_process() {
    another::play(&[("server", serve)]);
}

/// A server that answers, but keeps what begins with `hold` and stops reading at `stop`.
fn serve(_: &str, endpoint: &Endpoint) {
    let mut server = bind(endpoint);
    another::ready();
    let mut held = Vec::new();
    loop {
        let mut message = recv(&mut server);
        if message.payload().starts_with(b"hold") {
            held.push(message);
        } else if message.payload().starts_with(b"stop") {
            loop {
                std::thread::park();
            }
        } else if message.can_reply() {
            let payload = message.payload().to_vec();
            message.reply(payload).unwrap();
        }
    }
}

/// What a client does while its server is killed.
type Doing = (&'static str, fn(&mut ShmOutbox) -> Result<(), ErrorKind>);

const OF_CLIENTS: [Doing; 7] = [
    ("sending small messages", |client| send(client, b"small")),
    ("sending large messages", |client| send(client, &[7; LARGE])),
    ("sending batches", |client| {
        let batch = [b"many".as_slice().into(); 100];
        client.send_many(&batch, soon()).map_err(|error| error.kind())
    }),
    ("sending what was lent", |client| {
        client.lend(LARGE, soon()).and_then(|()| client.send_lent()).map_err(|error| error.kind())
    }),
    ("calling", |client| ask(client, b"small").map(drop)),
    ("waiting for an answer", |client| ask(client, b"hold").map(drop)),
    ("blocked on room", |client| {
        send(client, b"stop")?;
        loop {
            send(client, &[7; 10_000])?;
        }
    }),
];

#[test]
fn a_client_outlives_500_servers_that_are_killed() {
    let endpoint = endpoint("killed-server", SETTINGS);
    let mut chance = Chance::new();
    let mut told = Told::default();
    assert_usable(&endpoint);
    let before = Holdings::now();
    let mut client = None;
    for round in 0..ROUNDS {
        let server = Another::ready("server", &endpoint);
        let client = client.get_or_insert_with(|| connect(&endpoint));
        assert_eq!(ask(client, b"healed").as_deref(), Ok(&b"healed"[..]));
        let (took, doing) = outlive(server, client, round, &mut chance);
        told.note(took, doing);
        assert_name_is_free(&endpoint, client);
    }
    drop(client);
    before.come_back();
    assert_eq!(files_of(&endpoint), [""; 0]);
    told.assert_prompt();
}

/// Has a client do something while its server is killed; gives how long it took to be told.
fn outlive(
    server: Another,
    client: &mut ShmOutbox,
    round: u32,
    chance: &mut Chance,
) -> (Duration, &'static str) {
    let (doing, act) = OF_CLIENTS[round as usize % OF_CLIENTS.len()];
    let doomed = server.doom(chance);
    // Every eighth time it does nothing meanwhile, and is told when it begins.
    let idle = round % 8 == 7;
    if idle {
        doomed.join().unwrap();
        let begin = Instant::now();
        return (until_told(client, act) - begin, doing);
    }
    let told = until_told(client, act);
    let killed = doomed.join().unwrap();
    assert!(told > killed, "told before it happened, when {doing}");
    (told - killed, doing)
}

fn until_told(client: &mut ShmOutbox, act: fn(&mut ShmOutbox) -> Result<(), ErrorKind>) -> Instant {
    loop {
        if let Err(kind) = act(client) {
            // The server went away, and is not back where something was to be sent.
            let told = matches!(kind, ErrorKind::Disconnected | ErrorKind::NotListening);
            assert!(told, "{kind}");
            return Instant::now();
        }
    }
}

/// The dead server left its name and no more, and whoever binds next has it, for old and new clients.
fn assert_name_is_free(endpoint: &Endpoint, survivor: &mut ShmOutbox) {
    assert!(files_of(endpoint).len() <= 2, "{:?}", files_of(endpoint));
    let mut server = bind(endpoint);
    assert_eq!(send(survivor, b"healed"), Ok(()));
    assert_eq!(recv(&mut server).payload(), b"healed");
    let mut newcomer = connect(endpoint);
    assert_eq!(send(&mut newcomer, b"new"), Ok(()));
    assert_eq!(recv(&mut server).payload(), b"new");
    assert!(recv_within(&mut server, Duration::ZERO).is_none(), "nothing came twice");
}
