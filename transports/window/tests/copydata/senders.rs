//! Many senders, of samebox and not, and those that lie.

use super::foreign::{send_to, window_of};
use super::*;
use std::thread::{JoinHandle, spawn};

const SENDERS: u8 = 8;
const EACH: u32 = 1000;

fn numbered(sender: u8, number: u32) -> Vec<u8> {
    [&[sender][..], &number.to_le_bytes()].concat()
}

#[test]
fn eight_senders_of_a_thousand_messages_lose_and_double_nothing() {
    let title = unique();
    // So little room that all of them wait again and again.
    let mut server = bind(&title, "?capacity=4KiB");
    let senders: Vec<JoinHandle<()>> = (0..SENDERS)
        .map(|sender| {
            let title = title.clone();
            spawn(move || match sender % 2 {
                0 => {
                    let mut client = connect(&title, "");
                    (0..EACH).for_each(|n| send(&mut client, &numbered(sender, n)).unwrap());
                }
                _ => {
                    let window = window_of(&title);
                    (0..EACH).for_each(|number| {
                        let sent = send_to(window, None, 0, &numbered(sender, number));
                        assert_eq!(sent.unwrap(), 1);
                    });
                }
            })
        })
        .collect();
    let mut next = [0; SENDERS as usize];
    for _ in 0..u32::from(SENDERS) * EACH {
        let message = recv(&mut server);
        let sender = message[0];
        assert_eq!(message, numbered(sender, next[sender as usize]), "of sender {sender}");
        next[sender as usize] += 1;
    }
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    assert_eq!(server.recv(Deadline::now()).unwrap_err().kind(), ErrorKind::TimedOut);
}

#[test]
fn a_flood_is_refused_and_the_window_goes_on() {
    let title = unique();
    let mut server = bind(&title, "?capacity=1KiB&overflow=reject");
    let window = window_of(&title);
    let taken = (0..2000).filter(|_| send_to(window, None, 0, &[7; 100]).unwrap() == 1).count();
    assert!((1..20).contains(&taken), "{taken} of 2000 fit into 1 KiB");
    for settings in ["", "?overflow=reject"] {
        let full = send(&mut connect(&title, settings), b"me too");
        assert_eq!(refused(full).0, ErrorKind::Full, "{settings}");
    }
    (0..taken).for_each(|_| assert_eq!(recv(&mut server), [7; 100]));
    send(&mut connect(&title, ""), b"now").unwrap();
    assert_eq!(recv(&mut server), b"now");
}

#[test]
fn a_full_server_lets_a_stranger_wait_and_says_so_in_the_end() {
    let title = unique();
    let mut server = bind(&title, "?capacity=1");
    let window = window_of(&title);
    assert_eq!(send_to(window, None, 0, b"first").unwrap(), 1);
    assert_eq!(send_to(window, None, 0, b"no room").unwrap(), 0);
    let waiting = spawn(move || send_to(window, None, 0, b"second").unwrap());
    assert_eq!(recv(&mut server), b"first");
    if waiting.join().unwrap() == 1 {
        assert_eq!(recv(&mut server), b"second");
    }
    assert_eq!(server.recv(Deadline::now()).unwrap_err().kind(), ErrorKind::TimedOut);
}

#[test]
fn a_client_need_not_wait_for_room() {
    let title = unique();
    let mut server = bind(&title, "?capacity=1");
    let mut client = connect(&title, "?overflow=reject");
    send(&mut client, b"first").unwrap();
    assert_eq!(refused(send(&mut client, b"second")).0, ErrorKind::Full);
    assert_eq!(recv(&mut server), b"first");
    send(&mut client, b"third").unwrap();
    assert_eq!(recv(&mut server), b"third");
}

#[test]
fn whoever_waits_for_room_is_freed_when_the_server_goes() {
    let title = unique();
    let server = bind(&title, "?capacity=1");
    let mut client = connect(&title, "");
    send(&mut client, b"first").unwrap();
    let waiting = spawn(move || client.send(b"second"[..].into(), Deadline::NEVER));
    std::thread::sleep(Duration::from_millis(120));
    drop(server);
    assert_eq!(refused(waiting.join().unwrap()).0, ErrorKind::Disconnected);
}

#[test]
fn a_sender_is_known_by_its_word_alone() {
    let title = unique();
    let mut server = bind(&title, "");
    let window = window_of(&title);
    let stranger = Foreign::new("samebox-stranger", &unique(), 1);
    // One of another, and one that cannot be.
    for sender in
        [stranger.window(), samebox_sys::windows::window::Window::of(0x7FFF_0001).unwrap()]
    {
        assert_eq!(send_to(window, Some(sender), 0, b"trust me").unwrap(), 1);
        let message = server.recv(soon()).unwrap();
        let peer = message.peer();
        assert_eq!(peer.address.as_deref(), Some(&*format!("window {sender}")));
        assert!(peer.user.is_none() && peer.pid.is_none(), "{peer}");
    }
    // A stranger that says what a client of samebox says gets its answers, and no more.
    assert_eq!(send_to(window, Some(window), 0, b"as a client").unwrap(), 1);
    assert_eq!(recv(&mut server), b"as a client");
}

#[test]
fn a_client_knows_whose_the_window_is() {
    let title = unique();
    let _server = bind(&title, "");
    let client = connect(&title, "");
    let peer = client.peer().expect("the system tells");
    assert_eq!(peer.pid, Some(std::process::id()));
    assert!(peer.user.is_some());
}
