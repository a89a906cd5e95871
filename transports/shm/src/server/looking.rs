//! Looking at messages where their senders wrote them.

use super::ShmInbox;
use super::answer::ShmAnswer;
use super::guest::Guest;
use crate::ring::{Kind, Place, Seen};
use samebox_core::{Answer, Bytewise, Deadline, ErrorKind, Look, Peer, Result};
use samebox_sys::memory::View;
use std::sync::Arc;

/// A message that is looked at.
pub(super) struct Looked {
    token: usize,
    seen: Seen,
}

/// What is looked at, byte by byte.
impl Bytewise for ShmInbox {
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

impl ShmInbox {
    /// The message that is looked at, where it lies; nothing when there is none.
    fn view(&self) -> View<'_> {
        let view = self.looked_at.as_ref().and_then(|looked| match &looked.seen.place {
            Place::Copied(payload) => Some(View::from(&payload[..])),
            Place::Theirs(at, length) => match self.guests.get(looked.token)? {
                Guest::Client(client) => client.consumer.peer().view(*at, *length),
                Guest::Stranger { .. } => None,
            },
        });
        view.unwrap_or_else(|| View::from(&[][..]))
    }

    /// The next message of the client whose turn it is, where it lies.
    fn find(&mut self, token: usize) -> Option<Looked> {
        let Some(Guest::Client(client)) = self.guests.get_mut(token) else {
            self.rounds.pass();
            return None;
        };
        match client.consumer.look() {
            Ok(Some(seen)) if matches!(seen.kind, Kind::Message | Kind::Call(_)) => {
                self.counters.received += 1;
                return Some(Looked { token, seen });
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
        self
    }

    fn peer(&self) -> &Peer {
        match self.looked_at.as_ref().and_then(|looked| self.guests.get(looked.token)) {
            Some(Guest::Client(client)) => &client.peer,
            _ => &Peer::UNKNOWN,
        }
    }

    fn take_answer(&mut self) -> Option<Box<dyn Answer>> {
        let looked = self.looked_at.as_mut()?;
        let Kind::Call(number) = std::mem::replace(&mut looked.seen.kind, Kind::Message) else {
            return None;
        };
        let Some(Guest::Client(client)) = self.guests.get(looked.token) else { return None };
        Some(Box::new(ShmAnswer::new(Arc::clone(&client.link), number)))
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
