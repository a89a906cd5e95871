//! What is different on Windows: memory comes by handles in another process, and the line is a pipe.

#![cfg(windows)]

use samebox_core::{Deadline, Endpoint, ErrorKind, Inbox, Outbox, Transport};
use samebox_shm::Shm;
use samebox_sys::windows::mapping;
use samebox_sys::windows::pipe::{Client, Content};
use std::io::IoSlice;
use std::os::windows::io::AsRawHandle;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

fn soon() -> Deadline {
    Deadline::after(PATIENCE)
}

/// A name that no other test has.
fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("samebox-win-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn endpoint(name: &str) -> Endpoint {
    format!("shm:{name}").parse().unwrap()
}

/// What a client says first when its memory has the smallest size and the handle `handle`.
fn hello(handle: u64) -> [u8; 40] {
    let mut bytes = [0; 40];
    bytes[..8].copy_from_slice(b"sbxshm\0\x01");
    for (at, word) in (8..).step_by(8).zip([4096, 4096, 1024, handle]) {
        bytes[at..at + 8].copy_from_slice(&u64::to_le_bytes(word));
    }
    bytes
}

/// Lets a client in that says `hello` and nothing else; gives what the server noted of it.
fn fault_of(hello: &[u8]) -> Option<(ErrorKind, String)> {
    let name = unique();
    let mut server = Shm.bind(&endpoint(&name)).unwrap();
    let mut client =
        Client::connect(&format!("samebox-shm-{name}"), Content::Bytes, PATIENCE).unwrap();
    client.write_now(&[IoSlice::new(hello)]).unwrap();
    let mut honest = Shm.connect(&endpoint(&name), soon()).unwrap();
    honest.send(b"hello".as_slice().into(), soon()).unwrap();
    // Whatever the other one said, this one is served.
    assert_eq!(server.recv(soon()).unwrap().payload(), b"hello".as_slice());
    let quiet = server.recv(Deadline::after(Duration::from_millis(100))).err().unwrap();
    assert_eq!(quiet.kind(), ErrorKind::TimedOut);
    server.take_fault().map(|fault| (fault.kind(), fault.to_string()))
}

#[test]
fn a_client_whose_handle_was_given_is_let_in() {
    let (_own, section) = mapping::create(2 * 4096).unwrap();
    let given = mapping::give(&section, std::process::id()).unwrap();
    assert_eq!(fault_of(&hello(given)), None);
}

#[test]
fn a_client_whose_memory_is_too_small_is_refused() {
    let (_own, section) = mapping::create(4096).unwrap();
    let given = mapping::give(&section, std::process::id()).unwrap();
    let (kind, words) = fault_of(&hello(given)).unwrap();
    assert_eq!(kind, ErrorKind::Malformed);
    assert!(words.contains("size"), "{words}");
}

#[test]
fn handles_that_no_client_gave_are_refused_and_left_alone() {
    let (_own, section) = mapping::create(2 * 4096).unwrap();
    let mine = section.as_raw_handle() as usize as u64;
    for (handle, why) in [(mine, "not given"), (0, "not in this"), (u64::MAX, "ordinary")] {
        let (kind, words) = fault_of(&hello(handle)).unwrap();
        assert_eq!(kind, ErrorKind::Malformed);
        assert!(words.contains(why), "{words}");
    }
    assert!(mapping::open(&section, 2 * 4096).is_ok(), "its handle was closed");
}

#[test]
fn a_first_message_in_pieces_is_put_together_and_another_one_is_refused() {
    let (kind, words) = fault_of(&[b'x'; 50]).unwrap();
    assert_eq!(kind, ErrorKind::Malformed);
    assert!(words.contains("not that of samebox"), "{words}");
    let (_own, section) = mapping::create(2 * 4096).unwrap();
    let given = mapping::give(&section, std::process::id()).unwrap();
    let name = unique();
    let mut server = Shm.bind(&endpoint(&name)).unwrap();
    let mut client =
        Client::connect(&format!("samebox-shm-{name}"), Content::Bytes, PATIENCE).unwrap();
    for piece in hello(given).chunks(17) {
        client.write_now(&[IoSlice::new(piece)]).unwrap();
        assert!(server.recv(Deadline::after(Duration::from_millis(50))).is_err());
    }
    let mut answer = Vec::with_capacity(64);
    client.wait(false, Some(PATIENCE)).unwrap();
    assert_eq!(client.append_now(&mut answer).unwrap(), 40);
    assert_eq!(answer[..8], hello(0)[..8]);
}

/// The server's memory is in the server's process until the client has taken it.
#[test]
fn an_answer_of_a_server_that_ends_at_once_arrives() {
    for _ in 0..30 {
        let name = unique();
        let mut server = Shm.bind(&endpoint(&name)).unwrap();
        let mut client = Shm.connect(&endpoint(&name), soon()).unwrap();
        let caller = std::thread::spawn(move || {
            let call = client.as_call().unwrap();
            let number = call.request(b"question".as_slice().into(), soon()).unwrap();
            call.response(number, soon())
        });
        server.recv(soon()).unwrap().reply(b"answer").unwrap();
        drop(server);
        assert_eq!(caller.join().unwrap().unwrap(), b"answer".as_slice());
    }
}

#[test]
fn what_a_client_sent_before_it_went_arrives() {
    let name = unique();
    let mut server = Shm.bind(&endpoint(&name)).unwrap();
    for _ in 0..20 {
        let mut client = Shm.connect(&endpoint(&name), soon()).unwrap();
        client.send(b"last words".as_slice().into(), soon()).unwrap();
    }
    for _ in 0..20 {
        assert_eq!(server.recv(soon()).unwrap().payload(), b"last words".as_slice());
    }
}
