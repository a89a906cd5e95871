//! Looking at messages where their senders wrote them.

use super::answer::{self, ShmAnswer};
use super::guest::Guest;
use super::{Found, ShmInbox};
use crate::ring::{Kind, Place};
use samebox_core::{Answer, Bytewise, Deadline, ErrorKind, Look, Operation, Peer, Result};
use samebox_sys::memory::View;
use std::sync::Arc;

/// What is looked at, byte by byte.
impl Bytewise for ShmInbox {
    fn len(&self) -> usize {
        match self.seen() {
            Sight::Copied(payload) => payload.len(),
            Sight::Theirs(view) => view.len(),
        }
    }

    fn copy_to(&self, start: usize, into: &mut [u8]) -> bool {
        match self.seen() {
            Sight::Copied(payload) => {
                let part = payload.get(start..).and_then(|rest| rest.get(..into.len()));
                part.map(|part| into.copy_from_slice(part)).is_some()
            }
            Sight::Theirs(view) => {
                view.part(start, into.len()).map(|part| part.copy_to(into)).is_some()
            }
        }
    }

    fn as_ptr(&self) -> *const u8 {
        match self.seen() {
            Sight::Copied(payload) => payload.as_ptr(),
            Sight::Theirs(view) => view.as_ptr(),
        }
    }
}

/// The payload that is looked at.
enum Sight<'a> {
    /// In memory of this process.
    Copied(&'a [u8]),
    /// In the sender's memory.
    Theirs(View<'a>),
}

impl ShmInbox {
    /// The message that is looked at; nothing when there is none.
    fn seen(&self) -> Sight<'_> {
        let sight = self.looked_at.and_then(|found| {
            let Guest::Client(client) = self.guests.get(found.token)? else { return None };
            match found.seen.place {
                Place::Copied(at, length) => {
                    Some(Sight::Copied(client.consumer.copied(at, length)))
                }
                Place::Theirs(at, length) => {
                    client.consumer.peer().view(at, length).map(Sight::Theirs)
                }
            }
        });
        sight.unwrap_or(Sight::Copied(&[]))
    }

    /// The next message of the client whose turn it is, where it lies.
    fn see(&mut self, token: usize) -> Option<Found> {
        let Some(Guest::Client(client)) = self.guests.get_mut(token) else {
            self.rounds.pass();
            return None;
        };
        let looked = client.consumer.look();
        self.judge(token, looked)
    }
}

impl Look for ShmInbox {
    fn look(&mut self, deadline: Deadline) -> Result<()> {
        self.done();
        self.looked_at = Some(self.next_of(Self::see, deadline)?);
        Ok(())
    }

    fn payload(&self) -> &dyn Bytewise {
        self
    }

    fn peer(&self) -> &Peer {
        match self.looked_at.and_then(|found| self.guests.get(found.token)) {
            Some(Guest::Client(client)) => &client.peer,
            _ => &Peer::UNKNOWN,
        }
    }

    fn reply(&mut self, payload: &[u8]) -> Result<()> {
        if let Some(found) = &mut self.looked_at
            && let Kind::Call(number) = found.seen.kind
            && let Some(Guest::Client(client)) = self.guests.get(found.token)
        {
            found.seen.kind = Kind::Message;
            return answer::send(&client.link, Kind::Reply(number), payload);
        }
        let why = "the sender does not wait for an answer, or has one already";
        let error = self.endpoint.error(ErrorKind::Unsupported, Operation::Reply, why);
        Err(error.with_advice("answer only calls, and once"))
    }

    fn take_answer(&mut self) -> Option<Box<dyn Answer>> {
        let found = self.looked_at.as_mut()?;
        let Kind::Call(number) = std::mem::replace(&mut found.seen.kind, Kind::Message) else {
            return None;
        };
        let Some(Guest::Client(client)) = self.guests.get(found.token) else { return None };
        Some(Box::new(ShmAnswer::new(Arc::clone(&client.link), number)))
    }

    fn done(&mut self) {
        let Some(found) = self.looked_at else { return };
        if matches!(found.seen.kind, Kind::Call(_)) {
            // A question that nobody answered is answered so.
            drop(self.take_answer());
        }
        self.looked_at = None;
        if let Some(Guest::Client(client)) = self.guests.get_mut(found.token) {
            client.consumer.done(&found.seen);
            client.release(false);
        }
    }
}
