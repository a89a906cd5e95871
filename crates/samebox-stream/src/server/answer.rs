use super::link::Link;
use crate::Stream;
use samebox_core::{Answer, Deadline, Endpoint, Error, ErrorKind, Operation, Result};
use samebox_framing::{Framing, Kind, encode};
use std::io::{self, IoSlice};
use std::sync::Arc;

/// What holds for every answer of one server.
pub(super) struct Terms {
    pub(super) framing: Framing,
    pub(super) max: usize,
    pub(super) endpoint: Endpoint,
}

/// One answer that a client is waiting for.
pub(super) struct StreamAnswer<S: Stream> {
    link: Arc<Link<S>>,
    /// The number of the call, where the framing has numbers.
    number: Option<u64>,
    terms: Arc<Terms>,
    answered: bool,
}

impl<S: Stream> StreamAnswer<S> {
    pub(super) const fn new(link: Arc<Link<S>>, number: Option<u64>, terms: Arc<Terms>) -> Self {
        Self { link, number, terms, answered: false }
    }

    fn write(&mut self, kind: Kind, payload: &[u8]) -> Result<()> {
        let framed = encode(self.terms.framing, kind, payload, self.terms.max);
        let (head, tail) = framed.map_err(|error| {
            let kind = match error {
                samebox_framing::Error::TooLarge { .. } => ErrorKind::TooLarge,
                _ => ErrorKind::Malformed,
            };
            self.error(kind, error.to_string())
        })?;
        self.answered = true;
        let mut together = [0; TOGETHER];
        let parts = [head.as_bytes(), payload, tail];
        let written = match put_together(&parts, &mut together) {
            Some(whole) => self.link.write(&[IoSlice::new(whole)]),
            None => self.link.write(&parts.map(IoSlice::new)),
        };
        written.map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => {
                self.error(ErrorKind::Full, "the caller does not read the answers it asked for")
            }
            _ => self.error(ErrorKind::Disconnected, "the caller has gone").with_source(error),
        })
    }

    fn error(&self, kind: ErrorKind, why: impl Into<String>) -> Error {
        Error::new(kind, Operation::Reply, format!("a client of {}", self.terms.endpoint), why)
    }
}

/// Frames up to this size are put together on the stack, which is cheaper than a list of parts.
const TOGETHER: usize = 512;

fn put_together<'a>(parts: &[&[u8]; 3], room: &'a mut [u8; TOGETHER]) -> Option<&'a [u8]> {
    let mut at = 0;
    for part in parts {
        room.get_mut(at..at + part.len())?.copy_from_slice(part);
        at += part.len();
    }
    Some(&room[..at])
}

impl<S: Stream> Answer for StreamAnswer<S> {
    fn reply(mut self: Box<Self>, payload: &[u8], _: Deadline) -> Result<()> {
        let kind = self.number.map_or(Kind::Message, Kind::Reply);
        self.write(kind, payload)
    }

    fn fault(mut self: Box<Self>, reason: &str, _: Deadline) -> Result<()> {
        let Some(number) = self.number else {
            let why = "this framing has no way to say that a call failed";
            return Err(self.error(ErrorKind::Unsupported, why));
        };
        // A reason longer than any message may be is still better cut than not given.
        let end = reason.floor_char_boundary(self.terms.max);
        self.write(Kind::Fault(number), &reason.as_bytes()[..end])
    }
}

impl<S: Stream> Drop for StreamAnswer<S> {
    fn drop(&mut self) {
        match self.number {
            Some(number) if !self.answered => {
                let reason = b"the server dropped the call without an answer";
                let reason = &reason[..reason.len().min(self.terms.max)];
                // The caller may be gone, and then nobody is left to tell.
                let _ = self.write(Kind::Fault(number), reason);
            }
            None if self.terms.framing == Framing::Eof => self.link.close_write(),
            _ => {}
        }
    }
}
