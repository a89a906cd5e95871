//! Servers among clients that break every rule, and clients among such servers.
#![cfg(unix)]

use samebox::{Bytes, Deadline, Error, ErrorKind, Server, bind, connect};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(10);

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("s")
    }

    fn endpoint(&self, settings: &str) -> String {
        format!("unix:{}{settings}", self.path().display())
    }

    fn raw(&self) -> UnixStream {
        let stream = UnixStream::connect(self.path()).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream
    }

    /// What a server that nobody in this crate wrote does with its first client.
    fn foreign_server(
        &self,
        act: impl FnOnce(UnixStream) + Send + 'static,
    ) -> std::thread::JoinHandle<()> {
        let listener = UnixListener::bind(self.path()).unwrap();
        std::thread::spawn(move || act(listener.accept().unwrap().0))
    }
}

/// Receives until a fault was noted, and gives it; messages that come meanwhile are an error.
fn next_fault(server: &mut Server) -> Error {
    let deadline = Deadline::after(SOON);
    loop {
        if let Some(fault) = server.take_fault() {
            return fault;
        }
        let patience = Deadline::after(Duration::from_millis(20));
        let error = server.recv(patience).expect_err("only faults are expected");
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(!deadline.has_passed(), "no fault was noted");
    }
}

/// Whether the other side has ended the connection, orderly or not.
fn is_cut(mut client: UnixStream) -> bool {
    matches!(client.read(&mut [0; 16]), Ok(0) | Err(_))
}

#[test]
fn bytes_that_are_no_message_cut_their_sender_and_nobody_else() {
    for (settings, bytes, kind) in [
        ("", b"\xff\xff\xff\xff".as_slice(), ErrorKind::TooLarge),
        ("", b"\xff\xff\xff\x3f", ErrorKind::TooLarge),
        ("", b"\x02\x00\x00\x40xx", ErrorKind::Malformed),
        ("", b"\x08\x00\x00\x80\x01\0\0\0\0\0\0\0", ErrorKind::Malformed),
        ("", b"GET / HTTP/1.1\r\n\r\n", ErrorKind::Malformed),
        ("?max=10", b"\x0b\x00\x00\x00", ErrorKind::TooLarge),
        ("?framing=line&max=10", b"01234567890123", ErrorKind::TooLarge),
        ("?framing=header", b"nonsense\r\n\r\n", ErrorKind::Malformed),
        ("?framing=header", b"Content-Length: 99999999999999999999\r\n\r\n", ErrorKind::TooLarge),
        ("?framing=eof&max=10", b"01234567890123", ErrorKind::TooLarge),
    ] {
        let place = Place::new();
        let mut server = bind(&place.endpoint(settings)).unwrap();
        let mut good = connect(&place.endpoint(settings)).unwrap();
        let mut bad = place.raw();
        bad.write_all(bytes).unwrap();
        let fault = next_fault(&mut server);
        assert_eq!(fault.kind(), kind, "{settings} {bytes:?}: {fault}");
        assert!(is_cut(bad), "{settings} {bytes:?}");
        good.send("still here").unwrap();
        drop(good);
        assert_eq!(server.recv(SOON).unwrap().text().unwrap(), "still here");
        assert_eq!(server.counters().cut, 1);
    }
}

#[test]
fn half_a_message_and_silence_is_cut_in_time() {
    let place = Place::new();
    let mut server = bind(&place.endpoint("?stall=100ms")).unwrap();
    let mut bad = place.raw();
    bad.write_all(b"\x10\x00\x00\x00half").unwrap();
    let fault = next_fault(&mut server);
    assert_eq!(fault.kind(), ErrorKind::TimedOut, "{fault}");
    assert!(is_cut(bad));
}

#[test]
fn one_byte_now_and_then_does_not_buy_time() {
    let place = Place::new();
    let mut server = bind(&place.endpoint("?stall=300ms")).unwrap();
    let mut bad = place.raw();
    bad.write_all(&(1u32 << 20).to_le_bytes()).unwrap();
    let dripping = std::thread::spawn(move || {
        let start = Instant::now();
        // Ends when the server cuts it off; there are far more bytes than time.
        while bad.write_all(b"\x01").is_ok() && start.elapsed() < SOON {
            std::thread::sleep(Duration::from_millis(10));
        }
        start.elapsed()
    });
    assert_eq!(next_fault(&mut server).kind(), ErrorKind::TimedOut);
    drop(server);
    assert!(dripping.join().unwrap() < SOON, "it was never cut off");
}

#[test]
fn a_client_that_ends_in_the_middle_of_a_message_is_noted() {
    for settings in ["", "?framing=line", "?framing=header"] {
        let place = Place::new();
        let mut server = bind(&place.endpoint(settings)).unwrap();
        let half: &[u8] =
            if settings.is_empty() { b"\x10\x00\x00\x00half" } else { b"Content-Length: 9" };
        place.raw().write_all(half).unwrap();
        assert_eq!(next_fault(&mut server).kind(), ErrorKind::Disconnected, "{settings}");
    }
}

#[test]
fn a_caller_that_never_reads_gets_full_and_holds_nobody_up() {
    let place = Place::new();
    let mut server = bind(&place.endpoint("?max=64KiB")).unwrap();
    let mut bad = place.raw();
    let asking = std::thread::spawn(move || {
        for number in 1u64..=100 {
            let call = [&0x4000_0008u32.to_le_bytes()[..], &number.to_le_bytes()].concat();
            bad.write_all(&call).unwrap();
        }
        bad
    });
    let answer = Bytes::from(vec![7; 60_000]);
    let mut outcomes = Vec::new();
    for _ in 0..100 {
        let mut question = server.recv(SOON).unwrap();
        outcomes.push(question.reply(&answer).map_err(|error| error.kind()));
    }
    assert!(outcomes.contains(&Err(ErrorKind::Full)), "memory grows without bound");
    let _bad = asking.join().unwrap();
    let mut good = connect(&place.endpoint("")).unwrap();
    good.send("next").unwrap();
    assert_eq!(server.recv(SOON).unwrap().text().unwrap(), "next");
}

#[test]
fn unfinished_messages_share_a_bounded_room() {
    const CLIENTS: usize = 40;
    let place = Place::new();
    // Room for eight messages of the largest size, and forty clients that begin one and stop.
    let mut server = bind(&place.endpoint("?max=1MiB&capacity=8MiB&stall=200ms")).unwrap();
    let stalled: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let mut client = place.raw();
            client.set_nonblocking(true).unwrap();
            client.write_all(&(1u32 << 20).to_le_bytes()).unwrap();
            let _ = client.write(&[1; 512 << 10]);
            client
        })
        .collect();
    let mut good = connect(&place.endpoint("")).unwrap();
    let sending = std::thread::spawn(move || good.send(vec![2; 1 << 20]).map(|()| good));
    let message = loop {
        match server.recv(Duration::from_millis(50)) {
            Ok(message) => break message,
            Err(error) => assert_eq!(error.kind(), ErrorKind::TimedOut),
        }
    };
    assert!(message.payload() == vec![2; 1 << 20]);
    sending.join().unwrap().unwrap();
    drop(stalled);
}

#[test]
fn a_server_that_answers_nonsense_is_left() {
    for (bytes, kind) in [
        (b"\xff\xff\xff\x3f".as_slice(), ErrorKind::TooLarge),
        (b"\x00\x00\x00\x00", ErrorKind::Malformed),
        (b"\x08\x00\x00\x80\x63\0\0\0\0\0\0\0", ErrorKind::Malformed),
        (b"\x02\x00\x00\x80xx", ErrorKind::Malformed),
        (b"", ErrorKind::Disconnected),
        (b"\x10\x00\x00\x80ha", ErrorKind::Disconnected),
    ] {
        let place = Place::new();
        let server = place.foreign_server(move |mut client| {
            client.read_exact(&mut [0; 13]).unwrap();
            client.write_all(bytes).unwrap();
        });
        let mut client = connect(&place.endpoint("")).unwrap();
        let error = client.call("?", SOON).unwrap_err();
        assert_eq!(error.kind(), kind, "{bytes:?}: {error}");
        server.join().unwrap();
    }
}

#[test]
fn a_regular_file_at_the_path_is_left_alone() {
    let place = Place::new();
    std::fs::write(place.path(), "precious").unwrap();
    let error = bind(&place.endpoint("")).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidEndpoint);
    assert_eq!(std::fs::read_to_string(place.path()).unwrap(), "precious");
}
