//! What is different on Windows: objects and callers that are not samebox, values of scripts, events.

#![cfg(windows)]

#[path = "com/another.rs"]
mod another;
#[path = "com/crowd.rs"]
mod crowd;
#[path = "com/events.rs"]
mod events;
#[path = "com/foreign_callers.rs"]
mod foreign_callers;
#[path = "com/foreign_servers.rs"]
mod foreign_servers;
#[path = "com/sizes.rs"]
mod sizes;

use samebox_core::{Deadline, Endpoint, Inbox, Message, Outbox, Transport};
use samebox_object::{Object, ObjectInbox, ObjectOutbox};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How long anything may take; far more than it does on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn soon() -> Deadline {
    Deadline::after(PATIENCE)
}

/// An endpoint that no other test has, with these settings.
fn endpoint(settings: &str) -> Endpoint {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("object:SameboxTest.C{}.N{number}{settings}", std::process::id()).parse().unwrap()
}

fn bind(endpoint: &Endpoint) -> ObjectInbox {
    Object.bind(endpoint).unwrap()
}

fn connect(endpoint: &Endpoint) -> ObjectOutbox {
    Object.connect(endpoint, soon()).unwrap()
}

fn next(server: &mut ObjectInbox) -> Message {
    server.recv(soon()).unwrap()
}

fn send(client: &mut ObjectOutbox, payload: &[u8]) {
    client.send(payload.into(), soon()).unwrap();
}

/// What other processes are, of which each plays one part.
#[test]
fn another_process() {
    another::play(&[
        ("ask", crowd::ask),
        ("send", crowd::send),
        ("hear", events::hear),
        ("hear and hang", events::hear_and_hang),
    ]);
}
