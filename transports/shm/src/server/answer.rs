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
        let max = self.link.max;
        if payload.len() > max {
            let why = format!("the answer has {} bytes, {max} are allowed", payload.len());
            return Err(self.error(ErrorKind::TooLarge, why));
        }
        self.answered = true;
        self.link.send(kind, payload).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => {
                self.error(ErrorKind::Full, "the caller does not read the answers it asked for")
            }
            _ => self.error(ErrorKind::Disconnected, "the caller has gone"),
        })
    }

    fn error(&self, kind: ErrorKind, why: impl Into<String>) -> Error {
        Error::new(kind, Operation::Reply, format!("a client of {}", self.link.endpoint), why)
    }

    fn fail(&mut self, reason: &str) -> Result<()> {
        // A reason longer than any message may be is still better cut than not given.
        let end = reason.floor_char_boundary(self.link.max);
        self.send(Kind::Fault(self.number), &reason.as_bytes()[..end])
    }
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
