//! Clients are killed at any moment, again and again: their server sees them leave at once, serves others
//! meanwhile, has all that was sent whole and in order, and holds nothing of the dead.

#![cfg(target_os = "linux")]

mod support;

use samebox_core::{Call, Endpoint, ErrorKind, Lend, Message, Outbox};
use samebox_shm::{ShmInbox, ShmOutbox};
use std::time::{Duration, Instant};
use support::another::{self, Another};
use support::chance::Chance;
use support::holdings::{Holdings, files_of};
use support::told::Told;
use support::{ask, assert_usable, bind, connect, endpoint, recv, recv_within, send, soon};

const ROUNDS: usize = 500;

/// After this time whoever answers the dead is told so.
const MOMENT: Duration = Duration::from_millis(50);

/// Larger than any record in a ring.
const LARGE: usize = 300_000;

const SETTINGS: &str = "capacity=1MiB";

#[test]
fn another_process() {
    another::play(&[("victim", be_victim), ("bystander", stand_by)]);
}

/// A client that asks for as long as it lives, and ends when it is not answered.
fn stand_by(_: &str, endpoint: &Endpoint) {
    let mut client = connect(endpoint);
    loop {
        assert_eq!(ask(&mut client, b"b").as_deref(), Ok(&b"b"[..]));
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A message of a victim: what is wanted of the server, a number, and bytes made of it.
fn message(wish: u8, number: u64, length: usize) -> Vec<u8> {
    let mut message = vec![number as u8; length.max(9)];
    message[0] = wish;
    message[1..9].copy_from_slice(&number.to_le_bytes());
    message
}

/// What a victim does, over and over with the next number.
type Doing = (&'static str, fn(&mut ShmOutbox, u64) -> Result<(), ErrorKind>);

const BLOCKED: &str = "blocked on room";

const OF_VICTIMS: [Doing; 8] = [
    ("sending small messages", |client, number| send(client, &message(b'm', number, 20))),
    ("sending large messages", |client, number| send(client, &message(b'm', number, LARGE))),
    ("sending batches", |client, number| {
        let batch: Vec<_> = (0..100).map(|n| message(b'm', 100 * number + n, 50)).collect();
        let batch: Vec<_> = batch.iter().map(|message| message.as_slice().into()).collect();
        client.send_many(&batch, soon()).map_err(|error| error.kind())
    }),
    ("sending what was lent", |client, number| {
        client.lend(LARGE, soon()).map_err(|error| error.kind())?;
        client.lent_mut().copy_from_slice(&message(b'm', number, LARGE));
        client.send_lent().map_err(|error| error.kind())
    }),
    ("calling", |client, number| ask(client, &message(b'c', number, 20)).map(drop)),
    ("waiting for an answer", |client, number| ask(client, &message(b'h', number, 20)).map(drop)),
    (BLOCKED, |client, number| send(client, &message(b'm', number, 10_000))),
    ("deaf to its answers", |client, number| {
        match client.request(message(b'l', number, 20).as_slice().into(), soon()) {
            Err(error) if error.kind() == ErrorKind::Full => loop {
                std::thread::park();
            },
            other => other.map(drop).map_err(|error| error.kind()),
        }
    }),
];

fn be_victim(doing: &str, endpoint: &Endpoint) {
    let mut client = connect(endpoint);
    let (_, act) = OF_VICTIMS.iter().find(|(name, _)| *name == doing).unwrap();
    let mut number = 0;
    loop {
        act(&mut client, number).unwrap();
        number += 1;
    }
}

/// The server that survives.
struct Survivor {
    server: ShmInbox,
    /// Since when nothing was heard of the bystander.
    heard: Instant,
    bystander: u32,
    victim: u32,
    /// The number of the victim's next message.
    next: u64,
    held: Vec<Message>,
}

impl Survivor {
    fn take(&mut self, mut message: Message) {
        let from = message.peer().pid.unwrap();
        let payload = message.payload().to_vec();
        if from == self.bystander {
            self.heard = Instant::now();
            return message.reply(payload).unwrap();
        }
        assert_eq!(from, self.victim);
        assert_eq!(payload[1..9], self.next.to_le_bytes(), "all of them, in order");
        assert!(payload[9..].iter().all(|byte| *byte == self.next as u8), "each of them whole");
        self.next += 1;
        match payload[0] {
            // It may be dead by now, or drowned in answers.
            b'c' => drop(message.reply(payload)),
            b'l' => drop(message.reply([1; 5_000])),
            b'h' => self.held.push(message),
            wish => assert_eq!(wish, b'm'),
        }
    }

    /// Takes what comes next, if it comes soon; tells whether it was of the victim.
    fn take_for_a_moment(&mut self) -> bool {
        let message = recv_within(&mut self.server, Duration::from_millis(1));
        let next = self.next;
        message.into_iter().for_each(|message| self.take(message));
        self.next != next
    }

    /// Lets a victim live for a while; gives when it was killed.
    fn see_killed(&mut self, victim: Another, is_blocked: bool, chance: &mut Chance) -> Instant {
        (self.victim, self.next) = (victim.id(), 0);
        while self.next == 0 {
            let message = recv(&mut self.server);
            self.take(message);
        }
        let doomed = victim.doom(chance);
        while !is_blocked && !doomed.is_finished() {
            self.take_for_a_moment();
        }
        doomed.join().unwrap()
    }

    /// Goes on until the dead is gone without a trace and the bystander has been heard since then.
    fn recover(&mut self, killed: Instant, before: Holdings) -> Duration {
        self.answer_the_dead(killed);
        let deadline = killed + Duration::from_secs(10);
        while self.heard < killed || Holdings::now() != before {
            assert!(Instant::now() < deadline, "{:?} instead of {before:?}", Holdings::now());
            // What it has sent is taken first.
            while self.take_for_a_moment() {}
        }
        killed.elapsed()
    }

    /// Whoever still has a question of the dead is told that nobody waits for the answer.
    fn answer_the_dead(&mut self, killed: Instant) {
        while !self.held.is_empty() && killed.elapsed() < MOMENT {
            self.take_for_a_moment();
        }
        for mut message in self.held.drain(..) {
            let error = message.reply("too late").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Disconnected, "{error}");
        }
    }
}

#[test]
fn a_server_outlives_500_clients_that_are_killed() {
    let endpoint = endpoint("killed-client", SETTINGS);
    let mut chance = Chance::new();
    let mut told = Told::default();
    let nothing = Holdings::now();
    let server = bind(&endpoint);
    let mut bystander = Another::start("bystander", &endpoint);
    let (heard, held) = (Instant::now(), Vec::new());
    let mut survivor =
        Survivor { server, heard, bystander: bystander.id(), victim: 0, next: 0, held };
    let first = recv(&mut survivor.server);
    survivor.take(first);
    let before = Holdings::now();
    for round in 0..ROUNDS {
        let (doing, _) = OF_VICTIMS[round % OF_VICTIMS.len()];
        let victim = Another::start(&format!("victim {doing}"), &endpoint);
        let killed = survivor.see_killed(victim, doing == BLOCKED, &mut chance);
        told.note(survivor.recover(killed, before), doing);
    }
    assert_eq!(bystander.ended(), None, "it was answered all the time");
    assert_eq!(files_of(&endpoint).len(), 2, "{:?}", files_of(&endpoint));
    drop((bystander, survivor));
    assert_usable(&endpoint);
    nothing.come_back();
    assert_eq!(files_of(&endpoint), [""; 0]);
    told.assert_prompt();
}
