//! What goes wrong around an object on D-Bus: buses and servers that go, names that others have,
//! senders in crowds, large messages.
#![cfg(unix)]

mod support;

use samebox_core::{
    Deadline, Endpoint, Error, ErrorKind, Inbox, Outbox, Outgoing, Result, Transport,
};
use samebox_object::{Object, ObjectInbox, ObjectOutbox};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;
use support::Bus;

/// By when something must have happened.
const SOON: Duration = Duration::from_secs(20);

fn soon() -> Deadline {
    Deadline::after(SOON)
}

fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("trouble{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A bus, and an object on it that is yet to be served.
fn place() -> (tempfile::TempDir, Bus, Endpoint) {
    let folder = tempfile::tempdir().unwrap();
    let bus = Bus::start(folder.path(), "trouble");
    let endpoint = format!("object:{}?bus={}", name(), bus.address).parse().unwrap();
    (folder, bus, endpoint)
}

fn private() -> Endpoint {
    format!("object:{}?bus=none", name()).parse().unwrap()
}

fn bind(endpoint: &Endpoint) -> ObjectInbox {
    Transport::bind(&Object, endpoint).unwrap()
}

fn connect(endpoint: &Endpoint) -> ObjectOutbox {
    Transport::connect(&Object, endpoint, soon()).unwrap()
}

fn send(client: &mut ObjectOutbox, payload: &[u8]) -> Result<()> {
    client.send(payload.into(), soon())
}

fn call(client: &mut ObjectOutbox, payload: &[u8]) -> Result<Vec<u8>> {
    let calls = client.as_call().unwrap();
    let question = calls.request(payload.into(), soon())?;
    calls.response(question, soon()).map(|answer| answer.to_vec())
}

/// Receives that text.
fn expect(server: &mut ObjectInbox, text: &str) {
    assert_eq!(server.recv(soon()).unwrap().text(), Ok(text));
}

fn refused(endpoint: &Endpoint) -> Error {
    Transport::bind(&Object, endpoint).expect_err("the name is another's")
}

#[test]
fn a_server_and_its_clients_outlive_their_bus() {
    let (_folder, mut bus, endpoint) = place();
    let endpoint = endpoint.with_setting("wait", "20s");
    let mut server = bind(&endpoint);
    let mut client = connect(&endpoint);
    send(&mut client, b"before").unwrap();
    expect(&mut server, "before");
    for round in 0..3 {
        bus.end();
        bus.begin();
        // The end of the old bus may show only now.
        while let Err(error) = send(&mut client, b"after") {
            assert_eq!(error.kind(), ErrorKind::Disconnected, "round {round}: {error}");
        }
        expect(&mut server, "after");
    }
    let told = server.take_fault().expect("a server tells that its bus went");
    assert!(told.to_string().contains("bus"), "{told}");
}

#[test]
fn without_its_bus_a_client_is_told_so_in_time() {
    let (_folder, mut bus, endpoint) = place();
    let mut server = bind(&endpoint);
    let mut client = connect(&endpoint);
    send(&mut client, b"before").unwrap();
    expect(&mut server, "before");
    bus.end();
    let kinds = [0; 3].map(|_| send(&mut client, b"lost").expect_err("there is no bus").kind());
    let told = [ErrorKind::Disconnected, ErrorKind::NotListening];
    assert!(kinds.iter().all(|kind| told.contains(kind)), "{kinds:?}");
    assert_eq!(kinds[2], ErrorKind::NotListening);
}

#[test]
fn a_name_that_another_program_owns_is_never_taken() {
    let (_folder, bus, endpoint) = place();
    let own = format!("org.samebox.{}", endpoint.name());
    // It allows what it must not be asked for: to have its name taken.
    let other = zbus::block_on(async {
        let other = zbus::connection::Builder::address(bus.address.as_str()).build().await.unwrap();
        let allow = zbus::fdo::RequestNameFlags::ALLOW_REPLACEMENT;
        other.request_name_with_flags(own.as_str(), allow).await.unwrap();
        other
    });
    for _ in 0..3 {
        assert_eq!(refused(&endpoint).kind(), ErrorKind::AddressInUse);
    }
    let owner = zbus::block_on(other.call_method(
        Some("org.freedesktop.DBus"),
        "/org/freedesktop/DBus",
        Some("org.freedesktop.DBus"),
        "GetNameOwner",
        &own.as_str(),
    ));
    let owner = owner.unwrap().body().deserialize::<String>().unwrap();
    assert_eq!(owner, other.unique_name().unwrap().as_str(), "the name was taken");
}

#[test]
fn the_name_of_a_server_cannot_be_taken() {
    let (_folder, bus, endpoint) = place();
    let mut server = bind(&endpoint);
    let own = format!("org.samebox.{}", endpoint.name());
    let taken = zbus::block_on(async {
        let thief = zbus::connection::Builder::address(bus.address.as_str()).build().await.unwrap();
        let all = zbus::fdo::RequestNameFlags::REPLACE_EXISTING
            | zbus::fdo::RequestNameFlags::DO_NOT_QUEUE;
        thief.request_name_with_flags(own.as_str(), all).await.map(drop)
    });
    assert!(taken.is_err(), "the name was taken");
    let mut client = connect(&endpoint);
    send(&mut client, b"still mine").unwrap();
    expect(&mut server, "still mine");
    assert_eq!(refused(&endpoint).kind(), ErrorKind::AddressInUse);
}

#[test]
fn what_others_put_at_the_place_of_a_socket_is_left_alone() {
    let endpoint = private();
    drop(bind(&endpoint));
    let runtime = samebox_sys::unix::runtime::runtime_directory().unwrap();
    let path = runtime.join("objects").join(format!("org.samebox.{}", endpoint.name()));
    std::fs::write(&path, "precious").unwrap();
    let refused = refused(&endpoint);
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(refused.kind(), ErrorKind::InvalidEndpoint, "{refused}");
}

fn a_crowd_of_senders_loses_nothing(endpoint: &Endpoint) {
    const SENDERS: u32 = 8;
    const EACH: u32 = 1000;
    let mut server = bind(endpoint);
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let endpoint = endpoint.clone();
            thread::spawn(move || {
                let mut client = connect(&endpoint);
                for number in 0..EACH {
                    send(&mut client, format!("{sender} {number}").as_bytes()).unwrap();
                }
            })
        })
        .collect();
    let mut next = [0; SENDERS as usize];
    for _ in 0..SENDERS * EACH {
        let message = server.recv(soon()).unwrap();
        let (sender, number) = message.text().unwrap().split_once(' ').unwrap();
        let next = &mut next[sender.parse::<usize>().unwrap()];
        assert_eq!(number.parse::<u32>().unwrap(), *next, "of sender {sender}");
        *next += 1;
    }
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    assert_eq!(server.recv(Deadline::now()).unwrap_err().kind(), ErrorKind::TimedOut);
}

#[test]
fn eight_senders_of_a_thousand_messages_lose_nothing_on_a_bus() {
    let (_folder, _bus, endpoint) = place();
    a_crowd_of_senders_loses_nothing(&endpoint);
}

#[test]
fn eight_senders_of_a_thousand_messages_lose_nothing_without_a_bus() {
    a_crowd_of_senders_loses_nothing(&private());
}

fn ten_megabytes_come_back(endpoint: &Endpoint) {
    let mut server = bind(endpoint);
    let text: Vec<u8> = (0..10_000_000).map(|at| b'a' + (at % 23) as u8).collect();
    let mut bytes = text.clone();
    bytes[5_000_000] = 0;
    let endpoint = endpoint.clone();
    let caller = thread::spawn(move || {
        let mut client = connect(&endpoint);
        for payload in [text, bytes] {
            assert!(call(&mut client, &payload).unwrap() == payload, "it came back changed");
        }
    });
    for _ in 0..2 {
        let mut question = server.recv(soon()).unwrap();
        let answer = question.payload().to_vec();
        question.reply(answer).unwrap();
    }
    caller.join().unwrap();
}

#[test]
fn ten_megabytes_of_text_and_of_bytes_come_back_over_a_bus() {
    let (_folder, _bus, endpoint) = place();
    ten_megabytes_come_back(&endpoint);
}

#[test]
fn ten_megabytes_of_text_and_of_bytes_come_back_without_a_bus() {
    ten_megabytes_come_back(&private());
}

#[test]
fn as_text_what_dbus_cannot_carry_is_refused_where_it_is_sent() {
    let (_folder, _bus, on_bus) = place();
    for endpoint in [on_bus, private()] {
        let endpoint = endpoint.with_setting("encoding", "text");
        let mut server = bind(&endpoint);
        let mut client = connect(&endpoint);
        for wrong in [&b"a\0b"[..], b"\xFF"] {
            let refused = send(&mut client, wrong).expect_err("it is no text of D-Bus");
            assert_eq!(refused.kind(), ErrorKind::Malformed, "{refused}");
            let batch: [Outgoing<'_>; 2] = [b"one"[..].into(), wrong.into()];
            let refused = client.send_many(&batch, soon()).expect_err("it is no text of D-Bus");
            assert_eq!((refused.kind(), refused.completed()), (ErrorKind::Malformed, 1));
        }
        send(&mut client, b"fine").unwrap();
        ["one", "one", "fine"].iter().for_each(|text| expect(&mut server, text));
    }
}

#[test]
fn a_call_that_nobody_received_ends_with_its_server() {
    let (_folder, _bus, on_bus) = place();
    for endpoint in [on_bus, private()] {
        let server = bind(&endpoint);
        let mut client = connect(&endpoint);
        let calls = client.as_call().unwrap();
        let question = calls.request(b"anybody?"[..].into(), soon()).unwrap();
        drop(server);
        let told = calls.response(question, soon()).expect_err("nobody is there");
        let gone = [ErrorKind::Disconnected, ErrorKind::NotListening];
        assert!(gone.contains(&told.kind()), "{told}");
    }
}

#[test]
fn one_client_is_used_by_threads_that_did_not_connect_it() {
    let (_folder, _bus, on_bus) = place();
    for endpoint in [on_bus, private()] {
        let mut server = bind(&endpoint);
        let mut client = connect(&endpoint);
        for number in 0..3 {
            let text = number.to_string();
            let sent = text.clone();
            client = thread::spawn(move || {
                send(&mut client, sent.as_bytes()).unwrap();
                client
            })
            .join()
            .unwrap();
            expect(&mut server, &text);
        }
    }
}

#[test]
fn a_caller_that_went_before_its_answer_disturbs_nobody() {
    let (_folder, _bus, on_bus) = place();
    for endpoint in [on_bus, private()] {
        let mut server = bind(&endpoint);
        let mut client = connect(&endpoint);
        client.as_call().unwrap().request(b"never mind"[..].into(), soon()).unwrap();
        let mut question = server.recv(soon()).unwrap();
        drop(client);
        let mut other = connect(&endpoint);
        send(&mut other, b"undisturbed").unwrap();
        expect(&mut server, "undisturbed");
        // A bus takes what it can no longer deliver.
        if let Err(error) = question.reply("too late") {
            assert_eq!(error.kind(), ErrorKind::Disconnected, "{error}");
        }
        send(&mut other, b"still undisturbed").unwrap();
        expect(&mut server, "still undisturbed");
    }
}

#[test]
fn an_unknown_setting_of_a_bus_is_told_what_may_stand_there() {
    let endpoint: Endpoint = format!("object:{}?bus=nowhere", name()).parse().unwrap();
    let refused = refused(&endpoint);
    assert_eq!(refused.kind(), ErrorKind::InvalidEndpoint);
    assert!(refused.to_string().contains("unix:path="), "{refused}");
}
