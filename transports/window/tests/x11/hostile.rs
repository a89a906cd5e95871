//! X clients that do not follow the rules.

use crate::xvfb::{Xvfb, briefly, kind, recv, shared, soon};
use samebox_core::{Deadline, ErrorKind, Inbox, Outbox};
use samebox_window::WindowInbox;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
    Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// An X client that speaks to a server as it likes.
struct Liar {
    conn: RustConnection,
    root: Window,
    own: Window,
    server: Window,
    records: Atom,
}

impl Liar {
    fn before(title: &str) -> Self {
        Self::on(shared(), title)
    }

    fn on(display: &Xvfb, title: &str) -> Self {
        let (conn, screen) = display.stranger();
        let atom =
            |name: &str| conn.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom;
        let (records, selection) = (atom("_SAMEBOX_RECORDS"), atom(&format!("_SAMEBOX_{title}")));
        let server = conn.get_selection_owner(selection).unwrap().reply().unwrap().owner;
        assert_ne!(server, x11rb::NONE, "{title} has no server");
        let own = conn.generate_id().unwrap();
        let (class, aux) = (WindowClass::INPUT_ONLY, CreateWindowAux::new());
        conn.create_window(0, own, screen.root, 0, 0, 1, 1, 0, class, 0, &aux).unwrap();
        Self { conn, root: screen.root, own, server, records }
    }

    fn announce(&self, window: Window) {
        let event = ClientMessageEvent::new(32, self.server, self.records, [window, 0, 0, 0, 0]);
        self.conn.send_event(false, self.server, EventMask::NO_EVENT, event).unwrap();
    }

    /// Sends bytes where records belong, and waits until the X server has them.
    fn send(&self, bytes: &[u8]) {
        let mode = PropMode::APPEND;
        self.conn.change_property8(mode, self.own, self.records, self.records, bytes).unwrap();
        self.announce(self.own);
        self.sync();
    }

    fn sync(&self) {
        self.conn.get_input_focus().unwrap().reply().unwrap();
    }

    /// What the server answers: number and kind.
    fn answer(&self) -> [u32; 2] {
        loop {
            if let Event::ClientMessage(answer) = self.conn.wait_for_event().unwrap() {
                let [_, number, how, ..] = answer.data.as_data32();
                return [number, how];
            }
        }
    }
}

fn record(number: u32, total: u32, offset: u32, length: u32, bytes: &[u8]) -> Vec<u8> {
    let header = [number, total, offset, length].map(u32::to_le_bytes).concat();
    [&header, bytes].concat()
}

/// Nothing comes of it but a fault of that kind, with these words.
#[track_caller]
fn assert_cut(server: &mut WindowInbox, expected: ErrorKind, part: &str) {
    let before = server.counters().cut;
    assert_eq!(kind(server.recv(briefly())), ErrorKind::TimedOut);
    let fault = server.take_fault().expect("a fault is noted");
    assert_eq!(fault.kind(), expected, "{fault}");
    assert!(fault.to_string().contains(part), "{fault}");
    assert_eq!(server.counters().cut, before + 1);
}

#[track_caller]
fn assert_undisturbed(server: &mut WindowInbox, title: &str) {
    let sending = shared().sending(title, b"undisturbed");
    assert_eq!(recv(server), b"undisturbed");
    sending.join().unwrap().unwrap();
}

#[test]
fn records_that_lie_are_refused_and_disturb_nobody() {
    let mut server = shared().try_bind("lies", "max=1000").unwrap();
    let liar = Liar::before("lies");
    let large = u32::MAX - 1;
    for (lie, kind, part) in [
        (b"garbage".to_vec(), ErrorKind::Malformed, "header"),
        (record(1, 3, 0, 9, b"abc"), ErrorKind::Malformed, "ends early"),
        (record(1, large, 0, large, b"abc"), ErrorKind::Malformed, "ends early"),
        (record(1, large, 0, 3, b"abc"), ErrorKind::TooLarge, "1000 are allowed"),
        (record(1, 2, 0, 3, b"abc"), ErrorKind::Malformed, "does not fit"),
        (record(1, 9, large, 3, b"abc"), ErrorKind::Malformed, "does not fit"),
        (record(1, 9, 3, 3, b"abc"), ErrorKind::Malformed, "continues nothing"),
        (record(1, 9, 0, 0, b""), ErrorKind::Malformed, "does not fit"),
    ] {
        liar.send(&lie);
        assert_cut(&mut server, kind, part);
        assert_eq!(liar.answer()[1], 2, "{part}: it is to be told");
    }
    assert_undisturbed(&mut server, "lies");
    liar.send(&record(7, 5, 0, 5, b"right"));
    assert_eq!(recv(&mut server), b"right");
    assert_eq!(liar.answer(), [7, 0]);
}

#[test]
fn properties_of_other_types_and_sizes_are_refused() {
    let mut server = shared().bind("types");
    let liar = Liar::before("types");
    let replace = PropMode::REPLACE;
    let (conn, own, records) = (&liar.conn, liar.own, liar.records);
    conn.change_property32(replace, own, records, records, &[1, 2, 3]).unwrap();
    liar.announce(own);
    liar.sync();
    assert_cut(&mut server, ErrorKind::Malformed, "another type");
    conn.change_property8(replace, own, records, AtomEnum::STRING, b"abc").unwrap();
    liar.announce(own);
    liar.sync();
    assert_cut(&mut server, ErrorKind::Malformed, "another type");
    conn.delete_property(own, records).unwrap();
    (0..8).for_each(|_| liar.send(&[0; 200_000]));
    assert_eq!(kind(server.recv(briefly())), ErrorKind::TimedOut);
    let fault = server.take_fault().expect("a fault is noted");
    assert!(fault.to_string().contains("larger than any"), "{fault}");
    assert_undisturbed(&mut server, "types");
}

#[test]
fn windows_that_are_not_the_senders_are_harmless() {
    let mut server = shared().bind("forged");
    let liar = Liar::before("forged");
    for window in [0, 1, u32::MAX, liar.root, liar.server, liar.own] {
        liar.announce(window);
    }
    let event = ClientMessageEvent::new(8, liar.server, liar.records, [7_u8; 20]);
    liar.conn.send_event(false, liar.server, EventMask::NO_EVENT, event).unwrap();
    liar.sync();
    assert_eq!(kind(server.recv(briefly())), ErrorKind::TimedOut);
    assert_undisturbed(&mut server, "forged");
}

#[test]
fn events_that_somebody_makes_up_are_harmless() {
    // Of its own, so that its windows are these only.
    let display = Xvfb::start();
    let mut server = display.bind("events");
    let mut client = display.connect("events");
    let liar = Liar::on(&display, "events");
    let children = liar.conn.query_tree(liar.root).unwrap().reply().unwrap().children;
    for kind in 2..=127_u8 {
        for filling in [0, 0xFF, 0x20] {
            let mut event = [filling; 32];
            event[0] = kind;
            // Where events of structure have the windows that they are about.
            event[4..8].copy_from_slice(&liar.server.to_ne_bytes());
            event[8..12].copy_from_slice(&liar.server.to_ne_bytes());
            for window in children.iter().filter(|window| **window != liar.own) {
                // Some kinds are refused by the X server.
                liar.conn.send_event(false, *window, EventMask::NO_EVENT, event).unwrap();
            }
        }
    }
    liar.sync();
    assert_eq!(kind(server.recv(briefly())), ErrorKind::TimedOut);
    let sending = std::thread::spawn(move || client.send(b"unmoved"[..].into(), soon()));
    assert_eq!(recv(&mut server), b"unmoved");
    sending.join().unwrap().unwrap();
}

#[test]
fn a_flood_of_announcements_is_bounded_and_honest_clients_get_through() {
    const FLOOD: u32 = 50_000;
    let mut server = shared().bind("flood");
    let liar = Liar::before("flood");
    (1..=FLOOD).for_each(|window| liar.announce(window | 0x1000_0000));
    liar.sync();
    let flooding = std::thread::spawn(move || {
        (1..=FLOOD).for_each(|window| liar.announce(window | 0x1000_0000));
        liar.sync();
    });
    let begun = Instant::now();
    assert_eq!(kind(server.recv(Deadline::now())), ErrorKind::TimedOut);
    assert!(begun.elapsed() < Duration::from_secs(5), "it goes on beyond its deadline");
    (0..20).for_each(|_| assert_undisturbed(&mut server, "flood"));
    flooding.join().unwrap();
    assert!(server.counters().cut > 0, "what is dropped is counted");
    assert!(server.take_fault().is_some());
}

#[test]
fn a_flood_of_the_shells_property_holds_no_client_up() {
    let mut server = shared().bind("shell flood");
    let liar = Liar::before("shell flood");
    let done = Arc::new(AtomicBool::new(false));
    let ends = Arc::clone(&done);
    let flooding = std::thread::spawn(move || {
        let message = liar.conn.intern_atom(false, b"_SAMEBOX_MESSAGE").unwrap().reply().unwrap();
        let (kind, atom) = (AtomEnum::STRING, message.atom);
        while !ends.load(Ordering::Relaxed) {
            liar.conn.change_property8(PropMode::REPLACE, liar.server, atom, kind, b"x").unwrap();
            liar.sync();
        }
    });
    let sending = shared().sending("shell flood", b"honest");
    let by = Instant::now() + Duration::from_secs(20);
    while recv(&mut server) != b"honest" {
        assert!(Instant::now() < by, "the client is never heard");
    }
    sending.join().unwrap().unwrap();
    done.store(true, Ordering::Relaxed);
    flooding.join().unwrap();
}

#[test]
fn a_message_given_up_is_forgotten() {
    let mut server = shared().bind("given up");
    let liar = Liar::before("given up");
    liar.send(&record(1, 1000, 0, 4, b"half"));
    assert_eq!(kind(server.recv(briefly())), ErrorKind::TimedOut);
    assert_eq!(liar.answer(), [1, 1]);
    liar.send(&record(0, u32::MAX, 0, 0, b""));
    assert_eq!(kind(server.recv(briefly())), ErrorKind::TimedOut);
    assert_eq!(server.counters().cut, 0);
    liar.send(&record(1, 1000, 4, 4, b"half"));
    assert_cut(&mut server, ErrorKind::Malformed, "continues nothing");
}

#[test]
fn a_client_that_ends_within_a_message_is_forgotten() {
    let mut server = shared().bind("half");
    let liar = Liar::before("half");
    liar.send(&record(1, 1000, 0, 4, b"half"));
    assert_eq!(kind(server.recv(briefly())), ErrorKind::TimedOut);
    drop(liar);
    assert_cut(&mut server, ErrorKind::Disconnected, "in the middle of a message");
    assert_undisturbed(&mut server, "half");
}

#[test]
fn a_client_that_is_gone_before_it_is_answered_does_not_end_the_server() {
    let mut server = shared().bind("gone");
    let liar = Liar::before("gone");
    liar.send(&record(1, 4, 0, 4, b"last"));
    let message = server.recv(soon()).unwrap();
    assert_eq!(message.payload(), b"last");
    drop(liar);
    drop(message);
    assert_undisturbed(&mut server, "gone");
}

#[test]
fn a_title_that_is_taken_away_is_noted_and_known_clients_stay() {
    let mut server = shared().bind("stolen");
    let mut client = shared().connect("stolen");
    let liar = Liar::before("stolen");
    let selection = liar.conn.intern_atom(false, b"_SAMEBOX_stolen").unwrap().reply().unwrap().atom;
    liar.conn.set_selection_owner(liar.own, selection, x11rb::CURRENT_TIME).unwrap();
    liar.sync();
    assert_eq!(kind(server.recv(briefly())), ErrorKind::TimedOut);
    assert_eq!(server.take_fault().unwrap().kind(), ErrorKind::AddressInUse);
    let newcomer = shared().try_connect("stolen", "").err().unwrap();
    assert_eq!(newcomer.kind(), ErrorKind::NotListening);
    assert!(newcomer.to_string().contains("not a samebox server"), "{newcomer}");
    let sending = std::thread::spawn(move || client.send(b"still here"[..].into(), soon()));
    assert_eq!(recv(&mut server), b"still here");
    sending.join().unwrap().unwrap();
}

#[test]
fn a_server_whose_window_is_destroyed_says_so() {
    let mut server = shared().bind("destroyed");
    let mut client = shared().connect("destroyed");
    let liar = Liar::before("destroyed");
    let sending = std::thread::spawn(move || kind(client.send(b"x"[..].into(), soon())));
    let message = server.recv(soon()).unwrap();
    liar.conn.destroy_window(liar.server).unwrap();
    liar.sync();
    let told = server.recv(Deadline::NEVER).err().unwrap();
    assert_eq!(told.kind(), ErrorKind::Disconnected);
    assert!(told.to_string().contains("destroyed the window"), "{told}");
    assert_eq!(sending.join().unwrap(), ErrorKind::Disconnected);
    drop(message);
}

#[test]
fn a_client_that_is_thrown_out_is_told_and_heals() {
    // Of its own, so that every window without a title is the client's.
    let display = Xvfb::start();
    let mut server = display.bind("thrown out");
    let mut client = display.connect("thrown out");
    let sending = std::thread::spawn(move || {
        let told = kind(client.send(b"before"[..].into(), soon()));
        (client, told)
    });
    let message = server.recv(soon()).unwrap();
    let (conn, screen) = display.stranger();
    for window in conn.query_tree(screen.root).unwrap().reply().unwrap().children {
        let name = conn.get_property(false, window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 1);
        if name.unwrap().reply().unwrap().type_ == x11rb::NONE {
            conn.kill_client(window).unwrap().check().unwrap();
        }
    }
    let (mut client, told) = sending.join().unwrap();
    assert_eq!(told, ErrorKind::Disconnected);
    drop(message);
    let sending = std::thread::spawn(move || client.send(b"after"[..].into(), soon()));
    assert_eq!(recv(&mut server), b"after");
    sending.join().unwrap().unwrap();
}
