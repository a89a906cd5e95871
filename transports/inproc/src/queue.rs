//! The bounded queue that a server owns and its clients fill.

use crate::caller::Caller;
use crate::{Limits, waiting};
use samebox_core::{CallId, Counters, Deadline, ErrorKind, Message, Overflow};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// Messages on their way to one server.
pub(crate) struct Queue {
    pub(crate) limits: Limits,
    state: Mutex<State>,
    arrived: Condvar,
    room: Condvar,
}

#[derive(Default)]
struct State {
    entries: VecDeque<Entry>,
    used: usize,
    /// Senders that wait for room, in the order they came; only the first may go.
    line: VecDeque<u64>,
    next_ticket: u64,
    callers: HashMap<u64, Arc<Caller>>,
    next_caller: u64,
    counters: Counters,
    stopped: bool,
    closed: bool,
}

/// A message, who sent it, and which of the sender's calls it is, if it is one.
pub(crate) struct Entry {
    pub(crate) message: Message,
    pub(crate) cost: usize,
    pub(crate) sender: Arc<Caller>,
    pub(crate) call: Option<CallId>,
}

impl Queue {
    pub(crate) fn new(limits: Limits) -> Self {
        let (arrived, room) = (Condvar::new(), Condvar::new());
        Self { limits, state: Mutex::default(), arrived, room }
    }

    /// Makes a client known, so that it learns when the server goes; `None` when it went already.
    pub(crate) fn attach(&self, caller: &Arc<Caller>) -> Option<u64> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        let number = state.next_caller;
        state.next_caller += 1;
        state.callers.insert(number, Arc::clone(caller));
        Some(number)
    }

    /// Forgets a client.
    pub(crate) fn detach(&self, number: u64) {
        self.lock().callers.remove(&number);
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.lock().closed
    }

    /// Adds a message as the overflow policy says.
    ///
    /// # Errors
    /// `Disconnected`, `Full` or `TimedOut`.
    pub(crate) fn push(&self, entry: Entry, deadline: Deadline) -> Result<(), ErrorKind> {
        let mut state = self.lock();
        if state.closed {
            return Err(ErrorKind::Disconnected);
        }
        if !state.has_room(&self.limits, entry.cost) {
            match self.limits.overflow {
                Overflow::Reject => return Err(ErrorKind::Full),
                Overflow::DropNew => {
                    state.lose(entry);
                    return Ok(());
                }
                Overflow::DropOld => state.make_room(&self.limits, entry.cost),
                _ => state = self.wait_for_room(state, entry.cost, deadline)?,
            }
        }
        state.used += entry.cost;
        state.entries.push_back(entry);
        // Whoever wakes finds the lock free.
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// Stands in line until there is room and nobody is ahead.
    fn wait_for_room<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        cost: usize,
        deadline: Deadline,
    ) -> Result<MutexGuard<'a, State>, ErrorKind> {
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        state.line.push_back(ticket);
        let outcome = loop {
            let first = state.line.front() == Some(&ticket);
            if state.closed {
                break Err(ErrorKind::Disconnected);
            } else if first && self.limits.fits(state.used, cost) {
                break Ok(());
            } else if deadline.has_passed() {
                break Err(ErrorKind::TimedOut);
            }
            state = waiting::wait(&self.room, state, deadline);
        };
        state.line.retain(|waiting| *waiting != ticket);
        self.room.notify_all();
        outcome.map(|()| state)
    }

    /// Takes the oldest message.
    ///
    /// # Errors
    /// `Stopped` or `TimedOut`.
    pub(crate) fn pop(&self, deadline: Deadline) -> Result<Message, ErrorKind> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return Err(ErrorKind::Stopped);
            }
            if let Some(entry) = state.entries.pop_front() {
                state.used -= entry.cost;
                state.counters.received += 1;
                if !state.line.is_empty() {
                    self.room.notify_all();
                }
                return Ok(entry.message);
            }
            if deadline.has_passed() {
                return Err(ErrorKind::TimedOut);
            }
            state = waiting::wait(&self.arrived, state, deadline);
        }
    }

    /// Ends every [`Queue::pop`], now and later.
    pub(crate) fn stop(&self) {
        self.lock().stopped = true;
        self.arrived.notify_all();
    }

    /// Ends it all: what was not received is dropped, and whoever waits is told.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let (entries, callers) =
            (std::mem::take(&mut state.entries), std::mem::take(&mut state.callers));
        // Still under the lock: a client that sees the queue closed may attach to the next one, and
        // what it asks there must not be ended here.
        callers.values().for_each(|caller| caller.disconnect());
        entries.into_iter().for_each(|entry| entry.sender.note_unread());
        self.room.notify_all();
    }

    pub(crate) fn counters(&self) -> Counters {
        self.lock().counters
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        waiting::lock(&self.state)
    }
}

impl State {
    fn has_room(&self, limits: &Limits, cost: usize) -> bool {
        self.line.is_empty() && limits.fits(self.used, cost)
    }

    fn make_room(&mut self, limits: &Limits, cost: usize) {
        while !limits.fits(self.used, cost) {
            let Some(oldest) = self.entries.pop_front() else { return };
            self.used -= oldest.cost;
            self.lose(oldest);
        }
    }

    /// Drops a message as the overflow policy told, and counts it.
    fn lose(&mut self, entry: Entry) {
        self.counters.lost += 1;
        if let Some(call) = entry.call {
            entry.sender.end(call, ErrorKind::Lost, "the question was dropped, the queue was full");
        }
    }
}
