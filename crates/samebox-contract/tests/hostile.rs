//! Clients and servers that send what they must not.

mod greeter;

use greeter::{CALLER, Client, GREETER, Greeter, NOTE, Place, TELL_BACK, WAIT, place, tell, until};
use proptest::prelude::*;
use samebox_contract::{Channel, Host};
use samebox_core::{Bytes, Deadline, ErrorKind, Message, Outbox};
use samebox_data::Contract;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const CALL: u8 = 2;
const ONE_WAY: u8 = 3;
const LISTEN: u8 = 4;
const BYE: u8 = 5;

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(10))
}

/// What clients of that contract send first: the header has its fingerprint.
fn hello(contract: &'static Contract, test: &str) -> Vec<u8> {
    let mut place = Place::of(&samebox_inproc::Inproc, &format!("inproc:hello-{test}"));
    place.endpoint = place.endpoint.with_name(format!("hello-{test}-{}", std::process::id()));
    let mut inbox = place.transport.bind(&place.endpoint).unwrap();
    std::thread::scope(|scope| {
        let client = scope.spawn(|| place.connect_as(contract).err());
        let payload = inbox.recv(soon()).unwrap().payload().to_vec();
        assert!(client.join().unwrap().is_some(), "nobody answered");
        payload
    })
}

/// Makes messages of one session.
struct Forger(Vec<u8>);

impl Forger {
    fn of(contract: &'static Contract, test: &str) -> Self {
        let mut hello = hello(contract, test);
        hello.truncate(28);
        Self(hello)
    }

    fn message(&self, kind: u8, operation: usize, body: &[u8]) -> Vec<u8> {
        let mut message = self.0.clone();
        message[1] = kind;
        message[26..28].copy_from_slice(&(operation as u16).to_be_bytes());
        message.extend_from_slice(body);
        message
    }

    fn with_session(&self, number: u64) -> Self {
        let mut header = self.0.clone();
        header[10..18].copy_from_slice(&number.to_be_bytes());
        Self(header)
    }
}

fn ask(outbox: &mut dyn Outbox, message: &[u8]) -> samebox_core::Result<Bytes> {
    let calls = outbox.as_call().unwrap();
    let call = calls.request(message.into(), soon())?;
    calls.response(call, soon())
}

/// Sends it both ways; gives whether there was a result. There is always an answer.
fn throw(outbox: &mut dyn Outbox, message: &[u8]) -> bool {
    outbox.send(message.into(), soon()).unwrap();
    match ask(outbox, message) {
        Ok(answer) => answer.get(1) == Some(&17),
        Err(error) if error.kind() == ErrorKind::Fault => false,
        Err(error) => panic!("{error}"),
    }
}

fn raw(place: &Place) -> Box<dyn Outbox> {
    place.transport.connect(&place.endpoint, soon()).unwrap()
}

#[test]
fn parts_of_messages_and_unknown_kinds_are_refused_and_noted() {
    let forger = Forger::of(&GREETER, "parts");
    let mut place = place("parts");
    let (mut serving, _) = place.serve(&GREETER);
    let mut outbox = raw(&place);
    let good = forger.message(CALL, greeter::GREET, b"\x91\xa3Ada");
    assert!(throw(&mut *outbox, &good));
    for end in 0..good.len() {
        assert!(!throw(&mut *outbox, &good[..end]), "{end} bytes");
    }
    for kind in (0..=255).filter(|kind| ![1, CALL, ONE_WAY, BYE].contains(kind)) {
        assert!(!throw(&mut *outbox, &forger.message(kind, 0, b"\x91\xa3Ada")), "kind {kind}");
    }
    for format in [0, 2, 255] {
        let mut other = good.clone();
        other[0] = format;
        assert!(!throw(&mut *outbox, &other));
    }
    let note = greeter::next_fault(&mut serving, ErrorKind::Malformed);
    assert!(note.to_string().contains("refused"), "{note}");
    assert_eq!(place.connect().greet("Ada").unwrap(), "Hello, Ada!");
}

#[test]
fn arguments_that_are_none_are_refused_in_words() {
    let forger = Forger::of(&GREETER, "arguments");
    let mut place = place("arguments");
    let (_serving, _) = place.serve(&GREETER);
    let mut outbox = raw(&place);
    let huge_list = b"\xdd\xff\xff\xff\xff";
    let huge_text = b"\x91\xdb\xff\xff\xff\xffx";
    let huge_bytes = b"\x91\xc6\xff\xff\xff\xffx";
    let deep = [0x91; 10_000];
    for body in [&huge_list[..], huge_text, huge_bytes, &deep, b"", b"\xc1", b"\x91\x01", b"\x90"] {
        let answer = ask(&mut *outbox, &forger.message(CALL, greeter::GREET, body)).unwrap();
        assert_eq!(answer[1], 20, "{body:?}: {answer:?}");
        let words = String::from_utf8_lossy(&answer);
        assert!(words.contains("its arguments are not those of Greet"), "{words}");
    }
    for operation in [9, 255, 65_535, NOTE] {
        let answer = ask(&mut *outbox, &forger.message(CALL, operation, b"\x90")).unwrap();
        assert_eq!(answer[1], 20, "operation {operation}");
    }
    assert_eq!(place.connect().greet("Ada").unwrap(), "Hello, Ada!");
}

#[test]
fn nothing_that_clients_send_stops_the_service() {
    let forger = Forger::of(&CALLER, "random");
    let mut place = place("random");
    let (_serving, _) = place.serve(&CALLER);
    let (client, _called) = place.connect_called();
    let outbox = std::cell::RefCell::new(raw(&place));
    let bytes = || proptest::collection::vec(any::<u8>(), 0..64);
    let kinds = prop_oneof![Just(1_u8), Just(CALL), Just(ONE_WAY), Just(BYE)];
    let operations = (0..12_usize).prop_filter("it waits", |one| ![WAIT, 6].contains(one));
    proptest!(ProptestConfig::with_cases(300), |(junk in bytes(), kind in kinds, operation in operations, body in bytes())| {
        let mut outbox = outbox.borrow_mut();
        throw(&mut **outbox, &junk);
        outbox.send(forger.message(LISTEN, operation, &body).as_slice().into(), soon()).unwrap();
        let message = forger.message(kind, operation, &body);
        outbox.send(message.as_slice().into(), soon()).unwrap();
        if [1, CALL].contains(&kind) {
            throw(&mut **outbox, &message);
        }
    });
    assert_eq!(client.ask_back("Ready").unwrap(), "Ready? Yes.");
}

#[test]
fn a_listen_that_makes_no_sense_harms_only_its_own_session() {
    let forger = Forger::of(&CALLER, "listen");
    let mut place = place("listen");
    let (_serving, greeter) = place.serve(&CALLER);
    let (client, called) = place.connect_called();
    let mut outbox = raw(&place);
    assert_eq!(ask(&mut *outbox, &forger.message(LISTEN, 0, b"short")).unwrap()[1], 20);
    // Numbers that were never given, with answers that are none.
    for number in [1_u64, 7, u64::MAX] {
        let body = [&number.to_be_bytes()[..], b"\x01\x11\xc1"].concat();
        let calls = outbox.as_call().unwrap();
        calls.request(forger.message(LISTEN, 0, &body).as_slice().into(), soon()).unwrap();
    }
    ask(&mut *outbox, &forger.message(CALL, TELL_BACK, b"\x91\x03")).unwrap();
    assert_eq!(greeter.kept.lock().unwrap().len(), 1);
    client.tell_back(2).unwrap();
    assert_eq!(called.wait_for(2), [0, 1]);
    assert_eq!(client.ask_back("Ready").unwrap(), "Ready? Yes.");
}

#[test]
fn a_way_back_to_a_client_that_was_killed_is_disconnected() {
    let forger = Forger::of(&CALLER, "killed");
    for mut place in greeter::places("killed") {
        let (_serving, greeter) = place.serve(&CALLER);
        // Connections that end without a word are all that a server sees of it.
        let (mut main, mut second) = (raw(&place), raw(&place));
        let listen = forger.message(LISTEN, 0, &[0; 8]);
        let spare = forger.message(LISTEN, 1, &[0; 8]);
        for listen in [listen, spare] {
            second.as_call().unwrap().request(listen.as_slice().into(), soon()).unwrap();
        }
        ask(&mut *main, &forger.message(CALL, TELL_BACK, b"\x91\x00")).unwrap();
        let back = greeter.kept.lock().unwrap().pop().unwrap();
        drop((main, second));
        until("the way back is closed", || {
            tell(&back, 0).err().is_some_and(|error| error.kind() == ErrorKind::Disconnected)
        });
        assert_eq!(greeter::ask(&back, "There").unwrap_err().kind(), ErrorKind::Disconnected);
    }
}

#[test]
fn sessions_that_nobody_ends_are_bounded() {
    struct Alive(Greeter, Arc<AtomicUsize>);
    impl Drop for Alive {
        fn drop(&mut self) {
            self.1.fetch_sub(1, Ordering::SeqCst);
        }
    }
    impl samebox_contract::Dispatch for Alive {
        fn dispatch(
            &self,
            operation: usize,
            caller: &samebox_contract::Caller<'_>,
            from: &mut dyn samebox_data::Reader,
            to: &mut dyn samebox_contract::Respond,
        ) -> samebox_data::Result<()> {
            self.0.dispatch(operation, caller, from, to)
        }
    }
    let (alive, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, peak) = (alive.clone(), most.clone());
    let forger = Forger::of(&GREETER, "sessions");
    let mut place = place("sessions");
    let host = Host::per_client(&GREETER, move |_| {
        peak.fetch_max(counted.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        Arc::new(Alive(Greeter::default(), counted.clone()))
    });
    let _serving = place.host(host.with_threads(1));
    let mut outbox = raw(&place);
    for number in 0..12_000 {
        let note = forger.with_session(number).message(ONE_WAY, NOTE, b"\x91\xa1x");
        outbox.send(note.as_slice().into(), soon()).unwrap();
    }
    assert_eq!(place.connect().greet("Ada").unwrap(), "Hello, Ada!");
    let most = most.load(Ordering::SeqCst);
    assert!((5_000..=10_000).contains(&most), "{most}");
}

#[test]
fn a_client_with_too_many_calls_is_refused_and_others_are_served() {
    let forger = Forger::of(&GREETER, "many");
    let mut place = place("many");
    let (_serving, greeter) = place.serve(&GREETER);
    let mut outbox = raw(&place);
    let wait = forger.message(CALL, WAIT, b"\x90");
    let calls = outbox.as_call().unwrap();
    let asked: Vec<_> =
        (0..300).map(|_| calls.request(wait.as_slice().into(), soon()).unwrap()).collect();
    until("the first call waits", || greeter.gate.waiting() == 1);
    assert_eq!(place.connect().greet("Ada").unwrap(), "Hello, Ada!");
    greeter.gate.open();
    let answers: Vec<_> =
        asked.iter().map(|call| calls.response(*call, soon()).unwrap()[1]).collect();
    let (done, refused) = (|one: &&u8| **one == 17, |one: &&u8| **one == 20);
    assert_eq!(answers.iter().filter(done).count(), 129, "one that ran and 128 that waited");
    assert_eq!(answers.iter().filter(refused).count(), 300 - 129);
}

/// Answers greetings as a host does, and all else with what `answer` gives.
fn hostile_server(place: &Place, answer: impl Fn() -> Vec<u8> + Send + Sync, test: impl FnOnce()) {
    let mut inbox = place.transport.bind(&place.endpoint).unwrap();
    let stopper = inbox.stopper();
    let answered = |mut message: Message| match message.payload()[1] {
        1 => message.reply([1, 16]).unwrap(),
        5 => {}
        _ => message.reply(answer()).unwrap(),
    };
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while let Ok(message) = inbox.recv(Deadline::NEVER) {
                answered(message);
            }
        });
        test();
        stopper.stop();
    });
}

#[test]
fn no_answer_of_a_server_harms_its_client() {
    let place = place("answers");
    let next = std::sync::Mutex::new(Vec::new());
    hostile_server(
        &place,
        || next.lock().unwrap().clone(),
        || {
            let client = place.connect();
            let call = |answer: &[u8]| {
                *next.lock().unwrap() = answer.to_vec();
                client.divide(1, 2)
            };
            let fault = b"\x01\x12\x95\x00\xa1n\xa1c\xa3why\xa6detail";
            assert_eq!(call(fault).unwrap_err().kind(), ErrorKind::Fault);
            for end in 0..fault.len() {
                let kind = call(&fault[..end]).unwrap_err().kind();
                assert!(
                    [ErrorKind::Malformed, ErrorKind::Mismatch].contains(&kind),
                    "{end}: {kind}"
                );
            }
            assert_eq!(call(b"\x01\x11\x91\x07").unwrap(), 7);
            let bytes = proptest::collection::vec(any::<u8>(), 0..48);
            let call = std::cell::RefCell::new(call);
            proptest!(ProptestConfig::with_cases(300), |(kind in 16_u8..25, body in bytes)| {
                let _ = call.borrow_mut()(&[&[1, kind], body.as_slice()].concat());
                let _ = call.borrow_mut()(&body);
            });
            assert_eq!(call.borrow_mut()(b"\x01\x11\x91\x07").unwrap(), 7);
        },
    );
}

#[test]
fn a_server_whose_calls_back_are_none_does_not_keep_its_client_from_ending() {
    let place = place("bad-back");
    let count = AtomicUsize::new(0);
    let bad = || {
        let number = count.fetch_add(1, Ordering::SeqCst) as u64;
        let number = number.to_be_bytes();
        match number[7] % 4 {
            0 => [&[1, 21][..], &number, b"\x00\x63\x91\x01"].concat(),
            1 => [&[1, 21][..], &number, b"\x00\x00\xdd\xff\xff\xff\xff"].concat(),
            2 => vec![1, 22, 0],
            _ => [&[1, 22][..], &number, b"\x00\x01\x91\xa1x"].concat(),
        }
    };
    hostile_server(&place, bad, || {
        let called = Arc::<greeter::Called>::default();
        let channel =
            Channel::connect(place.transport, &place.endpoint, &CALLER, Some(called), soon());
        let client = Client(channel.unwrap());
        until("it was called back", || count.load(Ordering::SeqCst) > 20);
        let deadline = Deadline::after(Duration::from_secs(5));
        drop(client);
        assert!(!deadline.has_passed());
    });
}
