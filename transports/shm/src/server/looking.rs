//! Looking at messages where their senders wrote them.

use super::ShmInbox;
use super::answer::ShmAnswer;
use super::guest::Guest;
use crate::ring::{Kind, Place, Seen};
use samebox_core::{Answer, Bytewise, Deadline, ErrorKind, Look, Peer, Result};
use samebox_sys::memory::{Theirs, View};
use std::sync::Arc;

/// A message that is looked at.
pub(super) struct Looked {
    token: usize,
    seen: Seen,
    peer: Arc<Peer>,
    memory: Theirs,
}

impl Looked {
    fn view(&self) -> View<'_> {
        match &self.seen.place {
            Place::Copied(payload) => View::from(&payload[..]),
            // It was found to lie there before.
            Place::Theirs(at, length) => {
                self.memory.view(*at, *length).unwrap_or_else(|| View::from(&[][..]))
            }
        }
    }
}

impl Bytewise for Looked {
    fn len(&self) -> usize {
        self.view().len()
    }

    fn copy_to(&self, start: usize, into: &mut [u8]) -> bool {
        let part = self.view().part(start, into.len());
        part.map(|part| part.copy_to(into)).is_some()
    }

    fn as_ptr(&self) -> *const u8 {
        self.view().as_ptr()
    }
}

/// What there is to see when no message is looked at.
struct Nothing;

impl Bytewise for Nothing {
    fn len(&self) -> usize {
        0
    }

    fn copy_to(&self, start: usize, into: &mut [u8]) -> bool {
        start == 0 && into.is_empty()
    }

    fn as_ptr(&self) -> *const u8 {
        std::ptr::NonNull::dangling().as_ptr()
    }
}

impl ShmInbox {
    /// The next message of the client whose turn it is, where it lies.
    fn find(&mut self, token: usize) -> Option<Looked> {
        let Some(Guest::Client(client)) = self.guests.get_mut(token) else {
            self.rounds.pass();
            return None;
        };
        match client.consumer.look() {
            Ok(Some(seen)) if matches!(seen.kind, Kind::Message | Kind::Call(_)) => {
                let (peer, memory) = (Arc::clone(&client.peer), client.consumer.peer().clone());
                self.counters.received += 1;
                return Some(Looked { token, seen, peer, memory });
            }
            Ok(Some(_)) => self.cut(token, ErrorKind::Malformed, "it answered what nobody asked"),
            Ok(None) => self.end_turn(token),
            Err(broken) => self.cut_broken(token, &broken),
        }
        None
    }
}

impl Look for ShmInbox {
    fn look(&mut self, deadline: Deadline) -> Result<()> {
        self.done();
        self.looked_at = Some(self.next_of(Self::find, deadline)?);
        Ok(())
    }

    fn payload(&self) -> &dyn Bytewise {
        self.looked_at.as_ref().map_or(&Nothing, |looked| looked)
    }

    fn peer(&self) -> &Peer {
        self.looked_at.as_ref().map_or(&Peer::UNKNOWN, |looked| &looked.peer)
    }

    fn take_answer(&mut self) -> Option<Box<dyn Answer>> {
        let looked = self.looked_at.as_mut()?;
        let Kind::Call(number) = std::mem::replace(&mut looked.seen.kind, Kind::Message) else {
            return None;
        };
        let Some(Guest::Client(client)) = self.guests.get(looked.token) else { return None };
        let (link, endpoint) = (Arc::clone(&client.link), Arc::clone(&self.endpoint));
        Some(Box::new(ShmAnswer::new(link, endpoint, number, self.options.max)))
    }

    fn done(&mut self) {
        let Some(mut looked) = self.looked_at.take() else { return };
        // A question that nobody answered is answered so.
        if matches!(looked.seen.kind, Kind::Call(_)) {
            self.looked_at = Some(looked);
            drop(self.take_answer());
            let Some(again) = self.looked_at.take() else { return };
            looked = again;
        }
        if let Some(Guest::Client(client)) = self.guests.get_mut(looked.token) {
            client.consumer.done(&looked.seen);
            let way = client.consumer.release(false);
            client.link.wake(way);
        }
    }
}
