//! What is different on Windows: windows of others, texts, numbers beside them, and liars.

#![cfg(windows)]

#[path = "copydata/broadcast.rs"]
mod broadcast;
#[path = "copydata/finding.rs"]
mod finding;
#[path = "copydata/foreign.rs"]
mod foreign;
#[path = "copydata/senders.rs"]
mod senders;
#[path = "copydata/texts.rs"]
mod texts;

use foreign::Foreign;
use samebox_core::{Deadline, Endpoint, Error, ErrorKind, Inbox, Outbox, Result, Transport};
use samebox_window::{Window, WindowInbox, WindowOutbox};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How long anything may take; far more than it does on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn soon() -> Deadline {
    Deadline::after(PATIENCE)
}

/// A title that no other test has.
fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("samebox-w-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn endpoint(title: &str, settings: &str) -> Endpoint {
    format!("window:{title}{settings}").parse().unwrap()
}

fn bind(title: &str, settings: &str) -> WindowInbox {
    Window.bind(&endpoint(title, settings)).unwrap()
}

fn connect(title: &str, settings: &str) -> WindowOutbox {
    try_connect(title, settings).unwrap()
}

fn try_connect(title: &str, settings: &str) -> Result<WindowOutbox> {
    Window.connect(&endpoint(title, settings), Deadline::now())
}

fn send(client: &mut WindowOutbox, payload: &[u8]) -> Result<()> {
    client.send(payload.into(), soon())
}

#[track_caller]
fn recv(server: &mut WindowInbox) -> Vec<u8> {
    server.recv(soon()).unwrap().payload().to_vec()
}

/// The fault that the server has noted.
#[track_caller]
fn fault(server: &mut WindowInbox) -> (ErrorKind, String) {
    let fault = server.take_fault().expect("it was noted");
    (fault.kind(), fault.to_string())
}

#[track_caller]
fn refused<T>(outcome: Result<T>) -> (ErrorKind, String) {
    let error: Error = outcome.map(drop).expect_err("it is refused");
    (error.kind(), error.to_string())
}
