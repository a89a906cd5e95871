//! What only this transport promises; all that it shares with others is in the conformance suite.

mod support;

use samebox_core::{Deadline, ErrorKind, Inbox, Outbox};
use std::time::{Duration, Instant};
use support::{Folder, kind, recv, send, soon};

#[test]
fn the_slot_holds_the_payload_and_nothing_more() {
    let folder = Folder::new();
    let (mut server, mut client) = folder.pair("");
    send(&mut client, b"Hello, World!").unwrap();
    assert_eq!(folder.content(), b"Hello, World!");
    assert_eq!(recv(&mut server), b"Hello, World!");
    assert_eq!(folder.content(), b"");
}

#[test]
fn an_orderly_end_leaves_no_file() {
    let folder = Folder::new();
    drop(folder.bind("").unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(kind(folder.connect("")), ErrorKind::NotListening);
}

#[test]
fn an_unread_message_is_for_the_next_server() {
    let folder = Folder::new();
    let (server, mut client) = folder.pair("");
    send(&mut client, b"wait for me").unwrap();
    drop(server);
    assert_eq!(kind(folder.connect("")), ErrorKind::NotListening);
    assert_eq!(recv(&mut folder.bind("").unwrap()), b"wait for me");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_message_sent_while_the_server_ends_is_for_the_next_or_refused() {
    for was_there in [true, false] {
        let folder = Folder::new();
        for _ in 0..200 {
            if was_there {
                std::fs::write(folder.slot(), "").unwrap();
            }
            let (server, mut client) = folder.pair("");
            let sender = std::thread::spawn(move || send(&mut client, b"last"));
            drop(server);
            let sent = sender.join().unwrap();
            let left = std::fs::read(folder.slot()).unwrap_or_default();
            assert_eq!(sent.is_ok(), left == b"last", "{sent:?}");
            if sent.is_ok() {
                assert_eq!(recv(&mut folder.bind("").unwrap()), b"last");
            }
        }
    }
}

#[test]
fn a_live_server_keeps_its_name() {
    let folder = Folder::new();
    let (mut server, mut client) = folder.pair("");
    assert_eq!(kind(folder.bind("")), ErrorKind::AddressInUse);
    send(&mut client, b"still here").unwrap();
    assert_eq!(recv(&mut server), b"still here");
}

#[test]
fn a_file_that_was_there_before_is_kept_and_known_as_a_slot() {
    let folder = Folder::new();
    std::fs::write(folder.slot(), "").unwrap();
    drop(folder.bind("").unwrap());
    assert!(folder.slot().exists());
    assert_eq!(kind(folder.connect("")), ErrorKind::NotListening);
    let mut early = folder.connect("server=any").unwrap();
    send(&mut early, b"early").unwrap();
    assert_eq!(recv(&mut folder.bind("").unwrap()), b"early");
}

#[test]
fn an_ordinary_file_is_not_eaten() {
    let folder = Folder::new();
    std::fs::write(folder.slot(), "precious").unwrap();
    let error = folder.bind("").err().unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidEndpoint);
    assert!(error.to_string().contains("existing=deliver"), "{error}");
    assert_eq!(folder.content(), b"precious");
    assert!(!folder.lock().exists());
}

#[test]
fn a_message_that_waits_is_delivered_when_told_that_it_is_one() {
    let folder = Folder::new();
    std::fs::write(folder.slot(), "first").unwrap();
    assert_eq!(kind(folder.bind("existing=deliver&max=4")), ErrorKind::TooLarge);
    assert_eq!(folder.content(), b"first");
    assert_eq!(recv(&mut folder.bind("existing=deliver").unwrap()), b"first");
}

#[test]
fn an_empty_message_is_refused() {
    let folder = Folder::new();
    let (_server, mut client) = folder.pair("");
    assert_eq!(send(&mut client, b""), Err(ErrorKind::Unsupported));
}

#[test]
fn a_full_slot_waits_until_the_deadline() {
    let folder = Folder::new();
    let (mut server, mut client) = folder.pair("");
    send(&mut client, b"1").unwrap();
    let patience = Duration::from_millis(30);
    let start = Instant::now();
    let late = client.send(b"2"[..].into(), Deadline::after(patience));
    assert_eq!(kind(late), ErrorKind::TimedOut);
    assert!(start.elapsed() >= patience);
    assert_eq!(recv(&mut server), b"1");
    assert_eq!(send(&mut client, b"3"), Ok(()));
    assert_eq!(recv(&mut server), b"3");
}

#[test]
fn a_full_slot_is_refused_at_once_when_told() {
    let folder = Folder::new();
    let (mut server, mut client) = folder.pair("overflow=reject");
    client.send(b"1"[..].into(), Deadline::NEVER).unwrap();
    assert_eq!(kind(client.send(b"2"[..].into(), Deadline::NEVER)), ErrorKind::Full);
    assert_eq!(recv(&mut server), b"1");
}

#[test]
fn a_blocked_send_goes_on_when_the_server_reads() {
    let folder = Folder::new();
    let (mut server, mut client) = folder.pair("");
    send(&mut client, b"1").unwrap();
    let sender = std::thread::spawn(move || client.send(b"2"[..].into(), soon()));
    assert_eq!((recv(&mut server), recv(&mut server)), (b"1".to_vec(), b"2".to_vec()));
    sender.join().unwrap().unwrap();
}

#[test]
fn a_blocked_send_ends_when_the_server_goes() {
    let folder = Folder::new();
    let (server, mut client) = folder.pair("");
    send(&mut client, b"1").unwrap();
    let sender = std::thread::spawn(move || client.send(b"2"[..].into(), Deadline::NEVER));
    drop(server);
    let error = sender.join().unwrap().unwrap_err();
    let gone = [ErrorKind::Disconnected, ErrorKind::NotListening];
    assert!(gone.contains(&error.kind()), "{error}");
}

#[test]
fn a_client_waits_for_its_server_to_come_back() {
    let folder = Folder::new();
    let (server, mut client) = folder.pair("wait=20s");
    drop(server);
    let sender = std::thread::spawn(move || client.send(b"back"[..].into(), soon()));
    let mut server = folder.bind("").unwrap();
    assert_eq!(recv(&mut server), b"back");
    sender.join().unwrap().unwrap();
}

#[test]
fn the_smaller_max_of_both_sides_holds() {
    let folder = Folder::new();
    let mut server = folder.bind("max=8").unwrap();
    let mut client = folder.connect("").unwrap();
    assert_eq!(send(&mut client, &[7; 9]), Err(ErrorKind::TooLarge));
    assert_eq!(send(&mut client, &[7; 8]), Ok(()));
    assert_eq!(recv(&mut server), [7; 8]);
}

#[test]
fn many_messages_arrive_in_order() {
    let folder = Folder::new();
    let (mut server, mut client) = folder.pair("");
    let sent: Vec<_> = (0..200u32).map(|number| number.to_string().into_bytes()).collect();
    let received = std::thread::scope(|scope| {
        scope.spawn(|| {
            let batch: Vec<_> = sent.iter().map(|payload| payload.as_slice().into()).collect();
            client.send_many(&batch, soon()).unwrap();
        });
        sent.iter().map(|_| recv(&mut server)).collect::<Vec<_>>()
    });
    assert_eq!(received, sent);
    assert_eq!(server.counters().received, 200);
}

#[test]
fn an_interrupted_batch_tells_how_much_went_out() {
    let folder = Folder::new();
    let (_server, mut client) = folder.pair("overflow=reject");
    let batch = [b"1"[..].into(), b"2"[..].into()];
    let error = client.send_many(&batch, Deadline::NEVER).unwrap_err();
    assert_eq!((error.kind(), error.completed()), (ErrorKind::Full, 1));
}

#[test]
fn polling_hears_messages_too() {
    let folder = Folder::new();
    let (mut server, mut client) = folder.pair("watch=poll");
    let receiver = std::thread::spawn(move || recv(&mut server));
    client.send(b"unannounced"[..].into(), soon()).unwrap();
    assert_eq!(receiver.join().unwrap(), b"unannounced");
}

#[test]
fn a_stopped_server_says_so_for_good() {
    let folder = Folder::new();
    let (mut server, mut client) = folder.pair("");
    send(&mut client, b"unread").unwrap();
    let stopper = server.stopper();
    stopper.stop();
    assert_eq!(kind(server.recv(soon())), ErrorKind::Stopped);
    assert_eq!(kind(server.recv(soon())), ErrorKind::Stopped);
}

#[test]
fn a_waiting_server_is_stopped_from_another_thread() {
    let folder = Folder::new();
    let mut server = folder.bind("").unwrap();
    let stopper = server.stopper();
    let receiver = std::thread::spawn(move || kind(server.recv(Deadline::NEVER)));
    stopper.stop();
    assert_eq!(receiver.join().unwrap(), ErrorKind::Stopped);
}

#[test]
fn a_slot_that_somebody_removed_is_made_again() {
    let folder = Folder::new();
    let (mut server, mut client) = folder.pair("");
    std::fs::remove_file(folder.slot()).unwrap();
    let receiver = std::thread::spawn(move || recv(&mut server));
    client.send(b"anew"[..].into(), soon()).unwrap();
    assert_eq!(receiver.join().unwrap(), b"anew");
}
