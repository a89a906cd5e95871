//! Programs on a private socket that are no good: garbage, half messages, promises, floods, deaf ones.
#![cfg(unix)]

use samebox_core::{Deadline, Endpoint, ErrorKind, Inbox, Outbox, Transport};
use samebox_object::{Object, ObjectInbox, ObjectOutbox};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use zbus::Message;
use zbus::message::Flags;

const SOON: Duration = Duration::from_secs(20);

fn soon() -> Deadline {
    Deadline::after(SOON)
}

/// A server, a client of it that is well behaved, and where others find it.
struct Place {
    server: ObjectInbox,
    good: ObjectOutbox,
    path: PathBuf,
    object: String,
}

impl Place {
    fn new(settings: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hostile{}x{number}", std::process::id());
        let endpoint: Endpoint = format!("object:{name}?bus=none{settings}").parse().unwrap();
        let server = Transport::bind(&Object, &endpoint).unwrap();
        let good = Transport::connect(&Object, &endpoint, soon()).unwrap();
        let runtime = samebox_sys::unix::runtime::runtime_directory().unwrap();
        let path = runtime.join("objects").join(format!("org.samebox.{name}"));
        Self { server, good, path, object: format!("/org/samebox/{name}") }
    }

    /// A connection of whom nothing is known.
    fn stranger(&self) -> UnixStream {
        let stream = UnixStream::connect(&self.path).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
        stream
    }

    /// A connection that may send messages.
    fn guest(&self) -> UnixStream {
        let mut stream = self.stranger();
        let uid = samebox_sys::unix::account::own_uid().to_string();
        let uid: String = uid.bytes().map(|digit| format!("{digit:02x}")).collect();
        stream.write_all(format!("\0AUTH EXTERNAL {uid}\r\n").as_bytes()).unwrap();
        let mut answer = [0; 2];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"OK");
        while answer[0] != b'\n' {
            stream.read_exact(&mut answer[..1]).unwrap();
        }
        stream.write_all(b"BEGIN\r\n").unwrap();
        stream
    }

    fn message(&self, member: &str, text: &str, flags: Flags) -> Message {
        let message = Message::method_call(self.object.as_str(), member);
        message.interface("org.samebox.Messages1").with_flags(flags).build(&text).unwrap()
    }

    /// Others are served as if nothing were.
    fn is_undisturbed(&mut self) {
        let Self { server, good, .. } = self;
        std::thread::scope(|scope| {
            scope.spawn(|| good.send(b"undisturbed"[..].into(), soon()).unwrap());
            while server.recv(soon()).unwrap().text() != Ok("undisturbed") {}
        });
    }

    /// Waits until so many have been cut off.
    fn expect_cut(&self, count: u64) {
        let begun = Instant::now();
        while self.server.counters().cut < count {
            assert!(begun.elapsed() < SOON, "{:?}", self.server.counters());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Reads until the other side ends it; fails when it does not.
fn is_ended(stream: &mut UnixStream) {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
    }
}

#[test]
fn garbage_before_the_first_message_ends_it_and_nothing_else() {
    let mut place = Place::new("");
    let garbage: [&[u8]; 7] = [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\n",
        b"\0\n",
        b"\0AUTH EXTERNAL 30\r\n\n",
        b"\0BEGIN\r\n",
        &[0xFF; 5000],
        &[b'x'; 100_000],
    ];
    for (number, bytes) in (1..).zip(garbage) {
        let mut stranger = place.stranger();
        // It may be cut off before it has written all.
        let _ = stranger.write_all(bytes);
        let _ = stranger.shutdown(std::net::Shutdown::Write);
        is_ended(&mut stranger);
        place.expect_cut(number);
    }
    place.is_undisturbed();
}

#[test]
fn a_client_that_claims_to_be_another_user_is_not_believed() {
    let mut place = Place::new("");
    let mut stranger = place.stranger();
    stranger.write_all(b"\0AUTH EXTERNAL 3939393939\r\n").unwrap();
    let mut answer = [0; 8];
    stranger.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"REJECTED");
    place.is_undisturbed();
}

#[test]
fn messages_that_are_none_and_huge_promises_end_their_client() {
    let mut place = Place::new("&max=1MiB");
    let good = place.message("Send", "x", Flags::empty());
    let mut promise = good.data()[..16].to_vec();
    promise[4..8].copy_from_slice(&u32::MAX.to_ne_bytes());
    let mut fields = good.data()[..16].to_vec();
    fields[12..16].copy_from_slice(&u32::MAX.to_ne_bytes());
    let mut spoiled = good.data().to_vec();
    spoiled[20..].fill(0xFF);
    for (number, bytes) in (1..).zip([vec![b'x'; 64], promise, fields, spoiled]) {
        let mut guest = place.guest();
        guest.write_all(&bytes).unwrap();
        is_ended(&mut guest);
        place.expect_cut(number);
        let fault = place.server.take_fault().expect("what it did is told");
        assert!(matches!(fault.kind(), ErrorKind::Malformed | ErrorKind::TooLarge), "{fault}");
    }
    place.is_undisturbed();
}

#[test]
fn half_a_message_disturbs_nobody_and_is_dropped_with_its_client() {
    let mut place = Place::new("");
    let message = place.message("Send", "never whole", Flags::empty());
    let mut guest = place.guest();
    guest.write_all(&message.data()[..message.data().len() - 1]).unwrap();
    place.is_undisturbed();
    drop(guest);
    place.expect_cut(1);
    place.is_undisturbed();
    let rest = place.server.recv(Deadline::after(Duration::from_millis(50)));
    assert_eq!(rest.unwrap_err().kind(), ErrorKind::TimedOut);
}

#[test]
fn a_message_above_max_is_refused_and_the_next_one_taken() {
    let mut place = Place::new("&max=1000");
    let mut guest = place.guest();
    guest.write_all(place.message("Send", &"x".repeat(1001), Flags::empty()).data()).unwrap();
    guest.write_all(place.message("Send", "fits", Flags::empty()).data()).unwrap();
    assert_eq!(place.server.recv(soon()).unwrap().text(), Ok("fits"));
    place.is_undisturbed();
}

#[test]
fn a_client_that_reads_no_answers_gets_only_so_many() {
    let mut place = Place::new("&max=1MiB");
    let mut deaf = place.guest();
    let question = place.message("Call", &"x".repeat(1 << 20), Flags::empty());
    let mut refused = None;
    for _ in 0..100 {
        deaf.write_all(question.data()).unwrap();
        let mut message = place.server.recv(soon()).unwrap();
        let answer = message.payload().to_vec();
        if let Err(error) = message.reply(answer) {
            refused = Some(error.kind());
            break;
        }
    }
    assert_eq!(refused, Some(ErrorKind::Full), "answers grow without bound");
    place.is_undisturbed();
}

#[test]
fn a_flood_of_messages_that_want_no_answer_waits_at_its_sender() {
    let mut place = Place::new("&capacity=64KiB");
    let mut flood = place.guest();
    let message = place.message("Send", &"x".repeat(60_000), Flags::NO_REPLY_EXPECTED);
    let mut taken = 0;
    // Nobody receives, so the flood must stop somewhere.
    while flood.write_all(message.data()).is_ok() {
        taken += 1;
        assert!(taken < 2000, "the server takes whatever comes");
    }
    place.is_undisturbed();
}

#[test]
fn clients_that_say_nothing_take_no_place_for_good() {
    let mut place = Place::new("");
    let silent: Vec<_> = (0..100).map(|_| place.stranger()).collect();
    place.is_undisturbed();
    drop(silent);
    place.is_undisturbed();
}

#[test]
fn calls_of_what_is_not_there_are_told_so() {
    let place = Place::new("");
    let mut guest = place.guest();
    let call = |path: &str, interface: &str, member: &str| {
        let message = Message::method_call(path, member).interface(interface);
        message.build(&"x").unwrap()
    };
    let (own, messages) = (place.object.as_str(), "org.samebox.Messages1");
    for (message, error) in [
        (call("/nowhere", messages, "Send"), "UnknownObject"),
        (call(own, "a.b", "Send"), "UnknownInterface"),
        (call(own, messages, "Sendd"), "UnknownMethod"),
        (call(own, messages, "SendBytes"), "InvalidArgs"),
        (call(own, "org.freedesktop.DBus.Properties", "Get"), "UnknownProperty"),
    ] {
        guest.write_all(message.data()).unwrap();
        let mut answer = [0; 4096];
        let length = guest.read(&mut answer).unwrap();
        let found = String::from_utf8_lossy(&answer[..length]);
        assert!(found.contains(error), "{error} is not in {found}");
    }
}
