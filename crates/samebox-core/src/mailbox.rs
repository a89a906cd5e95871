use crate::{
    Counters, Deadline, Endpoint, Error, ErrorKind, Faults, Message, Operation, Result, Stopper,
};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Messages that threads of a transport bring and its server's `recv` takes, bounded.
///
/// What an [`Inbox`](crate::Inbox) is made of whose mechanism delivers on threads of its own. It keeps
/// the server's books as well: what was counted, and what peers did wrong.
pub struct Mailbox {
    capacity: usize,
    state: Mutex<State>,
    /// Told when there is a message, or none will be taken any more.
    filled: Condvar,
    /// Told when there is room, or none will come any more.
    emptied: Condvar,
}

#[derive(Default)]
struct State {
    messages: VecDeque<Message>,
    bytes: usize,
    is_stopped: bool,
    is_closed: bool,
    counters: Counters,
    faults: Faults,
}

/// A message that a [`Mailbox`] did not take, given back.
#[derive(Debug)]
pub enum Refused {
    /// Nobody receives any more.
    Closed(Message),
    /// There was no room in time.
    Full(Message),
}

/// What a message takes beside its payload, bytes.
const EACH: usize = 256;

impl Mailbox {
    /// An empty one with room for that many bytes.
    ///
    /// A message larger than all of it finds room when nothing else waits.
    pub fn new(capacity: usize) -> Arc<Self> {
        let (state, filled, emptied) = Default::default();
        Arc::new(Self { capacity, state, filled, emptied })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a message in, waiting for room until `deadline`.
    ///
    /// # Errors
    /// The message itself, when there was no room or nobody receives any more.
    pub fn put(&self, message: Message, deadline: Deadline) -> Result<(), Refused> {
        let mut state = self.state();
        while state.bytes >= self.capacity && !state.is_closed {
            if deadline.has_passed() {
                return Err(Refused::Full(message));
            }
            state = wait(&self.emptied, state, deadline);
        }
        if state.is_closed {
            return Err(Refused::Closed(message));
        }
        state.bytes += message.payload().len() + EACH;
        state.messages.push_back(message);
        // Whoever wakes finds the lock free.
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Whether [`Mailbox::put`] would take a message now, or nobody receives any more.
    pub fn has_room(&self) -> bool {
        let state = self.state();
        state.bytes < self.capacity || state.is_closed
    }

    /// Takes the oldest message: all of the `recv` of the inbox at `endpoint`.
    ///
    /// # Errors
    /// `TimedOut` when none came by `deadline`, `Stopped` after the stopper was used.
    pub fn recv(&self, endpoint: &Endpoint, deadline: Deadline) -> Result<Message> {
        let failed = |kind, why| Err(endpoint.error(kind, Operation::Recv, why));
        let mut state = self.state();
        loop {
            if state.is_stopped {
                return failed(ErrorKind::Stopped, "the server was stopped");
            }
            if let Some(message) = state.messages.pop_front() {
                state.bytes -= message.payload().len() + EACH;
                state.counters.received += 1;
                drop(state);
                self.emptied.notify_all();
                return Ok(message);
            }
            if deadline.has_passed() {
                return failed(ErrorKind::TimedOut, "no message came in time");
            }
            state = wait(&self.filled, state, deadline);
        }
    }

    /// What ends a blocked [`Mailbox::recv`], now and in future.
    pub fn stopper(self: &Arc<Self>) -> Stopper {
        let mailbox = Arc::clone(self);
        Stopper::new(move || {
            mailbox.state().is_stopped = true;
            mailbox.filled.notify_all();
        })
    }

    /// Takes no more messages, tells whoever waits for room, and gives what nobody has received.
    ///
    /// The caller chooses when these are dropped, since that tells their senders.
    pub fn close(&self) -> VecDeque<Message> {
        let mut state = self.state();
        state.is_closed = true;
        state.bytes = 0;
        self.emptied.notify_all();
        std::mem::take(&mut state.messages)
    }

    /// What has been counted so far; messages are counted when they are taken.
    pub fn counters(&self) -> Counters {
        self.state().counters
    }

    /// Counts something beside the messages.
    pub fn count(&self, change: impl FnOnce(&mut Counters)) {
        change(&mut self.state().counters);
    }

    /// Notes what a peer did wrong.
    pub fn note(&self, fault: Error) {
        self.state().faults.note(fault);
    }

    /// Takes the oldest fault that nobody has looked at.
    pub fn take_fault(&self) -> Option<Error> {
        self.state().faults.take()
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

/// Waits for a change until `deadline`; wakes without reason too, so the caller looks again.
fn wait<'a>(
    changed: &Condvar,
    state: MutexGuard<'a, State>,
    deadline: Deadline,
) -> MutexGuard<'a, State> {
    match deadline.remaining() {
        None => changed.wait(state).unwrap_or_else(PoisonError::into_inner),
        Some(left) => changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Peer;

    fn recv(mailbox: &Mailbox, deadline: Deadline) -> Result<Message> {
        mailbox.recv(&"x:y".parse()?, deadline)
    }

    fn message(payload: &'static str) -> Message {
        Message::new(payload, Arc::new(Peer::UNKNOWN))
    }

    #[test]
    fn messages_come_out_in_the_order_they_went_in() {
        let mailbox = Mailbox::new(1000);
        for payload in ["a", "b"] {
            mailbox.put(message(payload), Deadline::now()).unwrap();
        }
        for payload in ["a", "b"] {
            assert_eq!(recv(&mailbox, Deadline::now()).unwrap().text(), Ok(payload));
        }
        assert_eq!(recv(&mailbox, Deadline::now()).unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(mailbox.counters().received, 2);
    }

    #[test]
    fn without_room_a_message_is_given_back_and_later_finds_it() {
        let mailbox = Mailbox::new(1);
        mailbox.put(message("first"), Deadline::now()).unwrap();
        let Err(Refused::Full(second)) = mailbox.put(message("second"), Deadline::now()) else {
            panic!("it takes more than there is room for");
        };
        let waiting = std::thread::spawn({
            let mailbox = Arc::clone(&mailbox);
            move || mailbox.put(second, Deadline::NEVER).is_ok()
        });
        assert!(!mailbox.has_room());
        assert_eq!(recv(&mailbox, Deadline::NEVER).unwrap().text(), Ok("first"));
        assert!(waiting.join().unwrap());
        assert_eq!(recv(&mailbox, Deadline::NEVER).unwrap().text(), Ok("second"));
    }

    #[test]
    fn closing_gives_back_what_waits_and_frees_whoever_waits_for_room() {
        let mailbox = Mailbox::new(1);
        mailbox.put(message("unread"), Deadline::now()).unwrap();
        let waiting = std::thread::spawn({
            let mailbox = Arc::clone(&mailbox);
            move || matches!(mailbox.put(message("late"), Deadline::NEVER), Err(Refused::Closed(_)))
        });
        assert_eq!(mailbox.close().len(), 1);
        assert!(waiting.join().unwrap());
    }

    #[test]
    fn a_stopped_mailbox_gives_nothing_more() {
        let mailbox = Mailbox::new(1000);
        mailbox.put(message("unread"), Deadline::now()).unwrap();
        mailbox.stopper().stop();
        assert_eq!(recv(&mailbox, Deadline::NEVER).unwrap_err().kind(), ErrorKind::Stopped);
    }
}
