//! `layout=mmf`: one slot of named memory and an event, between samebox and programs that are not.

#![cfg(windows)]

use samebox_core::{Deadline, Endpoint, ErrorKind, Inbox, Outbox, Result, Transport};
use samebox_shm::Shm;
use samebox_sys::windows::event::{Event, wait_any};
use samebox_sys::windows::named_memory::NamedMemory;
use samebox_sys::windows::security::Descriptor;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

fn soon() -> Deadline {
    Deadline::after(PATIENCE)
}

/// A name that no other test has, and what other programs make of it.
struct Name(String);

impl Name {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(format!("samebox-mmf-{}-{next}", std::process::id()))
    }

    fn endpoint(&self, settings: &str) -> Endpoint {
        format!("shm:{}?layout=mmf{settings}", self.0).parse().unwrap()
    }

    fn server(&self) -> impl Inbox + use<> {
        Shm.bind(&self.endpoint("")).unwrap()
    }

    fn client(&self) -> impl Outbox + use<> {
        Shm.connect(&self.endpoint(""), Deadline::now()).unwrap()
    }

    fn foreign(&self) -> Foreign {
        let rights = Descriptor::private(&[]).unwrap();
        let memory = NamedMemory::create_or_open(&format!("{}File", self.0), 1024, &rights);
        let event = Event::create_or_open(&self.0, &rights);
        Foreign { memory: memory.unwrap(), event: event.unwrap() }
    }
}

/// A program that is not samebox: it writes its bytes and no zero after them, and never clears.
struct Foreign {
    memory: NamedMemory,
    event: Event,
}

impl Foreign {
    fn write(&self, text: &[u8]) {
        for (at, byte) in text.iter().enumerate() {
            self.memory.put(at, *byte);
        }
    }

    fn send(&self, text: &[u8]) {
        self.write(text);
        self.event.set().unwrap();
    }

    fn recv(&self) -> Vec<u8> {
        assert_eq!(wait_any(&[&self.event], Some(PATIENCE)).unwrap(), Some(0), "nothing came");
        self.text()
    }

    fn text(&self) -> Vec<u8> {
        let bytes = self.memory.view().to_vec();
        bytes.split(|byte| *byte == 0).next().unwrap().to_vec()
    }
}

fn recv(server: &mut impl Inbox) -> Vec<u8> {
    server.recv(soon()).unwrap().payload().to_vec()
}

fn send(client: &mut impl Outbox, text: &[u8]) {
    client.send(text.into(), soon()).unwrap();
}

fn kind<T>(outcome: Result<T>) -> ErrorKind {
    outcome.err().expect("it fails").kind()
}

#[test]
fn clients_of_samebox_take_turns_and_lose_nothing() {
    let name = Name::new();
    let mut server = name.server();
    let mut clients = [name.client(), name.client()];
    std::thread::scope(|scope| {
        for (number, client) in clients.iter_mut().enumerate() {
            scope.spawn(move || {
                for text in 0..50 {
                    send(client, format!("{number} {text}").as_bytes());
                }
            });
        }
        let mut next = [0, 0];
        for _ in 0..100 {
            let text = String::from_utf8(recv(&mut server)).unwrap();
            let (client, number) = text.split_once(' ').unwrap();
            let client: usize = client.parse().unwrap();
            assert_eq!(number, next[client].to_string());
            next[client] += 1;
        }
    });
    assert_eq!((server.counters().received, server.counters().lost), (100, 0));
}

#[test]
fn what_the_slot_cannot_carry_is_refused() {
    let name = Name::new();
    let mut server = name.server();
    let mut client = name.client();
    for (wrong, expected) in [
        (&b""[..], ErrorKind::Unsupported),
        (b"a\0b", ErrorKind::Malformed),
        (&[b'x'; 1024], ErrorKind::TooLarge),
    ] {
        assert_eq!(kind(client.send(wrong.into(), soon())), expected);
    }
    assert!(client.as_call().is_none());
    send(&mut client, &[b'x'; 1023]);
    assert_eq!(recv(&mut server), [b'x'; 1023]);
}

#[test]
fn a_foreign_text_ends_where_it_ends_and_may_fill_the_memory() {
    let name = Name::new();
    let mut server = name.server();
    let foreign = name.foreign();
    for text in [&b"a longer one"[..], b"short", &[b'x'; 1024], b"y"] {
        foreign.send(text);
        assert_eq!(recv(&mut server), text);
    }
    assert_eq!(server.counters().lost, 0);
}

#[test]
fn an_overwritten_text_is_counted_where_it_can_be_seen() {
    let name = Name::new();
    let mut server = name.server();
    let foreign = name.foreign();
    foreign.send(b"one");
    foreign.write(b"two");
    assert_eq!(recv(&mut server), b"two");
    foreign.event.set().unwrap();
    assert_eq!(kind(server.recv(Deadline::now())), ErrorKind::TimedOut);
    assert_eq!(server.counters().lost, 1);
    foreign.send(b"three");
    assert_eq!(recv(&mut server), b"three");
    assert_eq!((server.counters().received, server.counters().lost), (2, 1));
}

#[test]
fn a_text_above_max_is_dropped_and_noted() {
    let name = Name::new();
    let mut server = Shm.bind(&name.endpoint("&max=4")).unwrap();
    let foreign = name.foreign();
    foreign.send(b"12345");
    assert_eq!(kind(server.recv(Deadline::now())), ErrorKind::TimedOut);
    assert_eq!(server.take_fault().unwrap().kind(), ErrorKind::TooLarge);
    foreign.send(b"1234");
    assert_eq!(recv(&mut server), b"1234");
    assert_eq!(server.counters().cut, 1);
}

#[test]
fn a_receiver_that_never_clears_gets_every_text() {
    let name = Name::new();
    let foreign = name.foreign();
    let mut client = name.client();
    let sender = std::thread::spawn(move || {
        for text in ["a longer one", "two", "three"] {
            send(&mut client, text.as_bytes());
        }
        client.flush(soon()).unwrap();
        client
    });
    for text in ["a longer one", "two", "three"] {
        assert_eq!(foreign.recv(), text.as_bytes());
    }
    drop(sender.join().unwrap());
}

#[test]
fn a_text_that_nobody_was_woken_for_is_not_overwritten() {
    let name = Name::new();
    let foreign = name.foreign();
    let mut client = name.client();
    send(&mut client, b"first");
    let little = || Deadline::after(Duration::from_millis(150));
    assert_eq!(kind(client.send(b"second"[..].into(), little())), ErrorKind::TimedOut);
    assert_eq!(kind(client.flush(little())), ErrorKind::TimedOut);
    assert_eq!(foreign.recv(), b"first");
    send(&mut client, b"second");
    assert_eq!(foreign.recv(), b"second");
}

#[test]
fn a_full_slot_is_an_error_where_that_is_wanted() {
    let name = Name::new();
    let mut server = name.server();
    let mut client = Shm.connect(&name.endpoint("&overflow=reject"), Deadline::now()).unwrap();
    send(&mut client, b"first");
    assert_eq!(kind(client.send(b"second"[..].into(), soon())), ErrorKind::Full);
    assert_eq!(recv(&mut server), b"first");
    send(&mut client, b"third");
    assert_eq!(recv(&mut server), b"third");
}

#[test]
fn a_sender_that_died_before_it_told_stops_nobody_for_long() {
    let name = Name::new();
    let mut server = name.server();
    name.foreign().write(b"half a te");
    let mut client = name.client();
    let sender = std::thread::spawn(move || send(&mut client, b"whole"));
    assert_eq!(recv(&mut server), b"half a te");
    assert_eq!(recv(&mut server), b"whole");
    sender.join().unwrap();
}

#[test]
fn nobody_there_is_told_at_once_and_waited_for_on_wish() {
    let name = Name::new();
    let connected = Shm.connect(&name.endpoint(""), Deadline::now());
    assert_eq!(kind(connected.map(drop)), ErrorKind::NotListening);
    let late = name.endpoint("");
    let client = std::thread::spawn(move || Shm.connect(&late, soon()).map(drop));
    let _server = name.server();
    client.join().unwrap().unwrap();
}

#[test]
fn a_server_that_went_away_is_missed_and_found_again() {
    let name = Name::new();
    let mut server = name.server();
    let mut client = name.client();
    send(&mut client, b"one");
    assert_eq!(recv(&mut server), b"one");
    drop(server);
    assert_eq!(kind(client.send(b"two"[..].into(), soon())), ErrorKind::NotListening);
    let mut server = name.server();
    send(&mut client, b"three");
    assert_eq!(recv(&mut server), b"three");
    client.flush(soon()).unwrap();
    send(&mut client, b"four");
    drop(server);
    assert_eq!(kind(client.flush(soon())), ErrorKind::Disconnected);
}

#[test]
fn a_name_has_one_server() {
    let name = Name::new();
    let server = name.server();
    assert_eq!(kind(Shm.bind(&name.endpoint("")).map(drop)), ErrorKind::AddressInUse);
    drop(server);
    drop(name.server());
}

#[test]
fn what_an_earlier_receiver_left_there_is_not_received_again() {
    let name = Name::new();
    let foreign = name.foreign();
    foreign.send(b"old");
    assert_eq!(foreign.recv(), b"old");
    let mut server = name.server();
    foreign.event.set().unwrap();
    assert_eq!(kind(server.recv(Deadline::now())), ErrorKind::TimedOut);
    drop(server);
    foreign.send(b"new");
    assert_eq!(recv(&mut name.server()), b"new");
}

#[test]
fn a_blocked_recv_ends_when_it_is_stopped() {
    let mut server = Name::new().server();
    let stopper = server.stopper();
    let blocked = std::thread::spawn(move || {
        let outcomes = [server.recv(Deadline::NEVER), server.recv(Deadline::NEVER)];
        outcomes.map(kind)
    });
    stopper.stop();
    stopper.stop();
    assert_eq!(blocked.join().unwrap(), [ErrorKind::Stopped; 2]);
}

#[test]
fn objects_that_do_not_fit_are_refused_with_words() {
    let name = Name::new();
    let _foreign = name.foreign();
    let bound = Shm.bind(&name.endpoint("&capacity=1MiB")).map(drop);
    let error = bound.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert!(error.to_string().contains("capacity"), "{error}");
    let other = Name::new();
    let event = format!("&event={}File", name.0);
    let error = Shm.bind(&other.endpoint(&event)).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidEndpoint);
    assert!(error.to_string().contains("another kind"), "{error}");
}

#[test]
fn a_program_that_changes_everything_all_the_time_ends_nothing() {
    let name = Name::new();
    let mut server = name.server();
    let done = AtomicBool::new(false);
    let foreign = name.foreign();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0_u32.. {
                if done.load(Ordering::Relaxed) {
                    return;
                }
                for at in 0..1024 {
                    foreign.memory.put(at, (round % 255) as u8 + 1);
                }
                foreign.event.set().unwrap();
            }
        });
        let mut seen = 0;
        while seen < 200 && server.counters().cut < 200 {
            seen += u64::from(server.recv(soon()).is_ok_and(|text| text.payload().len() <= 1024));
        }
        done.store(true, Ordering::Relaxed);
    });
    foreign.send(b"\0");
    let _ = server.recv(Deadline::now());
    let mut client = name.client();
    send(&mut client, b"still here");
    loop {
        if recv(&mut server) == b"still here" {
            return;
        }
    }
}
