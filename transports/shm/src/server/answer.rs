use super::link::Link;
use crate::ring::Kind;
use samebox_core::{Answer, Deadline, Error, ErrorKind, Operation, Result};
use std::io;
use std::sync::Arc;

/// One answer that a client is waiting for.
pub(super) struct ShmAnswer {
    link: Arc<Link>,
    number: u64,
    answered: bool,
}

impl ShmAnswer {
    pub(super) fn new(link: Arc<Link>, number: u64) -> Self {
        Self { link, number, answered: false }
    }

    fn send(&mut self, kind: Kind, payload: &[u8]) -> Result<()> {
        self.answered = payload.len() <= self.link.max;
        send(&self.link, kind, payload)
    }

    fn fail(&mut self, reason: &str) -> Result<()> {
        // A reason longer than any message may be is still better cut than not given.
        let end = reason.floor_char_boundary(self.link.max);
        self.send(Kind::Fault(self.number), &reason.as_bytes()[..end])
    }
}

/// Sends an answer to the client behind `link`.
///
/// # Errors
/// As [`Answer::reply`].
#[inline]
pub(super) fn send(link: &Link, kind: Kind, payload: &[u8]) -> Result<()> {
    if payload.len() > link.max {
        let why = format!("the answer has {} bytes, {} are allowed", payload.len(), link.max);
        return Err(refused(link, ErrorKind::TooLarge, why));
    }
    link.send(kind, payload).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => {
            refused(link, ErrorKind::Full, "the caller does not read the answers it asked for")
        }
        _ => refused(link, ErrorKind::Disconnected, "the caller has gone"),
    })
}

fn refused(link: &Link, kind: ErrorKind, why: impl Into<String>) -> Error {
    Error::new(kind, Operation::Reply, format!("a client of {}", link.endpoint), why)
}

impl Answer for ShmAnswer {
    fn reply(mut self: Box<Self>, payload: &[u8], _: Deadline) -> Result<()> {
        self.send(Kind::Reply(self.number), payload)
    }

    fn fault(mut self: Box<Self>, reason: &str, _: Deadline) -> Result<()> {
        self.fail(reason)
    }
}

impl Drop for ShmAnswer {
    fn drop(&mut self) {
        if !self.answered {
            // The caller may be gone, and then nobody is left to tell.
            let _ = self.fail("the server dropped the call without an answer");
        }
    }
}
