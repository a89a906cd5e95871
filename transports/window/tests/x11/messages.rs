//! What is promised of messages on X11 beside what the conformance suite holds every transport to.

use crate::xvfb::{Xvfb, briefly, kind, recv, shared, soon};
use samebox_core::{Deadline, ErrorKind, Inbox, Outbox};
use std::time::{Duration, Instant};

#[test]
fn eight_senders_of_a_thousand_messages_lose_nothing() {
    const COUNT: usize = 1000;
    let mut server = shared().bind("eight");
    let send_all = |sender: usize| {
        let mut client = shared().connect("eight");
        for number in 0..COUNT {
            let payload = format!("{sender} {number}");
            client.send(payload.as_bytes().into(), soon()).unwrap();
        }
    };
    std::thread::scope(|scope| {
        (0..8).for_each(|sender| drop(scope.spawn(move || send_all(sender))));
        let mut next = [0; 8];
        for _ in 0..8 * COUNT {
            let text = String::from_utf8(recv(&mut server)).unwrap();
            let (sender, number) = text.split_once(' ').unwrap();
            let next = &mut next[sender.parse::<usize>().unwrap()];
            assert_eq!(number.parse(), Ok(*next), "of sender {sender}");
            *next += 1;
        }
        assert_eq!(next, [COUNT; 8]);
    });
    assert_eq!(kind(server.recv(briefly())), ErrorKind::TimedOut);
    assert_eq!(server.counters().cut, 0);
}

#[test]
fn large_messages_of_several_clients_arrive_whole() {
    let mut server = shared().bind("large");
    let payloads: Vec<Vec<u8>> = [10_000_000, 16 << 20, 10_000_000]
        .iter()
        .zip(1..)
        .map(|(size, seed)| (0..*size).map(|at: usize| (at / 1000 * seed) as u8).collect())
        .collect();
    let sending: Vec<_> =
        payloads.iter().map(|payload| shared().sending("large", payload)).collect();
    let mut received: Vec<_> = payloads.iter().map(|_| recv(&mut server)).collect();
    sending.into_iter().for_each(|sender| sender.join().unwrap().unwrap());
    received.sort();
    let mut expected = payloads;
    expected.sort();
    assert!(received == expected, "a message is not what was sent");
}

#[test]
fn the_x_server_never_holds_all_of_a_large_message() {
    const SIZE: usize = 100 << 20;
    let own = Xvfb::start();
    let mut server = own.try_bind("huge", "max=128MiB").unwrap();
    let mut client = own.try_connect("huge", "max=128MiB").unwrap();
    let before = own.status("VmHWM:");
    let sending = std::thread::spawn(move || client.send(vec![3; SIZE].as_slice().into(), soon()));
    // It looks away for a while, with the X server in between.
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(recv(&mut server).len(), SIZE);
    sending.join().unwrap().unwrap();
    // Only Linux tells.
    if let (Some(before), Some(after)) = (before, own.status("VmHWM:")) {
        assert!(after - before < 16 << 10, "it took {} KiB", after - before);
    }
}

#[test]
fn a_second_server_is_told_and_the_first_unharmed() {
    let mut first = shared().bind("one owner");
    for _ in 0..3 {
        let error = shared().try_bind("one owner", "").err().unwrap();
        assert_eq!(error.kind(), ErrorKind::AddressInUse);
    }
    let sending = shared().sending("one owner", b"to the first");
    assert_eq!(recv(&mut first), b"to the first");
    sending.join().unwrap().unwrap();
    drop(first);
    drop(shared().bind("one owner"));
}

#[test]
fn titles_differ_in_case_and_in_every_letter() {
    let mut lower = shared().bind("Übersicht & mehr");
    let upper = shared().bind("ÜBERSICHT & MEHR");
    assert_eq!(kind(shared().try_connect("Übersicht", "")), ErrorKind::NotListening);
    let sending = shared().sending("Übersicht & mehr", b"here");
    assert_eq!(recv(&mut lower), b"here");
    sending.join().unwrap().unwrap();
    drop(upper);
}

#[test]
fn what_a_server_never_looked_at_is_taken_back_at_the_deadline() {
    let mut server = shared().bind("idle");
    let mut client = shared().connect("idle");
    let begun = Instant::now();
    assert_eq!(kind(client.send(b"unread"[..].into(), briefly())), ErrorKind::TimedOut);
    let large = vec![1; 3 << 20];
    assert_eq!(kind(client.send(large.as_slice().into(), briefly())), ErrorKind::TimedOut);
    assert!(begun.elapsed() >= Duration::from_millis(400));
    assert_eq!(kind(server.recv(briefly())), ErrorKind::TimedOut);
    let sending = std::thread::spawn(move || client.send(b"read"[..].into(), soon()));
    assert_eq!(recv(&mut server), b"read");
    sending.join().unwrap().unwrap();
    assert_eq!((server.counters().received, server.counters().cut), (1, 0));
}

#[test]
fn a_deadline_within_a_message_leaves_no_part_of_it() {
    let mut server = shared().bind("within");
    let mut client = shared().connect("within");
    let sending = std::thread::spawn(move || {
        let large = vec![1; 8 << 20];
        let late =
            client.send(large.as_slice().into(), Deadline::after(Duration::from_millis(300)));
        (client, kind(late))
    });
    // Some parts are taken, 2 MiB at most each time; then it looks away until the deadline.
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(kind(server.recv(Deadline::now())), ErrorKind::TimedOut);
    }
    let (mut client, late) = sending.join().unwrap();
    assert_eq!(late, ErrorKind::TimedOut);
    let sending = std::thread::spawn(move || {
        let again = vec![2; 8 << 20];
        client.send(again.as_slice().into(), soon())
    });
    assert!(recv(&mut server) == vec![2; 8 << 20], "it is not the second message");
    sending.join().unwrap().unwrap();
    assert_eq!(server.counters().cut, 0);
}

#[test]
fn a_batch_is_under_way_at_once_and_keeps_its_order() {
    let mut server = shared().bind("batch");
    let mut client = shared().connect("batch");
    let payloads: Vec<Vec<u8>> = (0..2000_u32)
        .map(|at| [&at.to_le_bytes()[..], &vec![9; (at % 700) as usize]].concat())
        .collect();
    let sent = payloads.clone();
    let sending = std::thread::spawn(move || {
        let batch: Vec<_> = sent.iter().map(|payload| payload.as_slice().into()).collect();
        client.send_many(&batch, soon())
    });
    let first = server.recv(soon()).unwrap();
    assert_eq!(first.payload(), payloads[0]);
    // One at a time, the second would wait for the end of the first.
    let second = server.recv(soon()).unwrap();
    assert_eq!(second.payload(), payloads[1]);
    drop((first, second));
    for payload in &payloads[2..] {
        assert!(recv(&mut server) == *payload);
    }
    sending.join().unwrap().unwrap();
}

#[test]
fn a_server_that_ends_within_a_batch_tells_how_much_was_handled() {
    let mut server = shared().bind("ending");
    let mut client = shared().connect("ending");
    let sending = std::thread::spawn(move || {
        let batch = [b"1"[..].into(), b"2"[..].into(), b"3"[..].into()];
        client.send_many(&batch, soon()).unwrap_err()
    });
    drop(server.recv(soon()).unwrap());
    drop(server);
    let error = sending.join().unwrap();
    assert_eq!((error.kind(), error.completed()), (ErrorKind::Disconnected, 1), "{error}");
}
