//! What a server's queue knows of one client: the calls it waits for.

use crate::{Limits, waiting};
use samebox_core::{Bytes, CallId, Deadline, ErrorKind};
use std::collections::HashMap;
use std::sync::{Condvar, Mutex};

/// How a call ended: its answer, or a kind of failure and its reason.
pub(crate) type Outcome = Result<Bytes, (ErrorKind, String)>;

/// The outstanding calls of one client.
pub(crate) struct Caller {
    limits: Limits,
    state: Mutex<State>,
    answered: Condvar,
}

#[derive(Default)]
struct State {
    /// `None` until the answer is there.
    calls: HashMap<CallId, Option<Outcome>>,
    used: usize,
    next: u64,
    unread: usize,
    gone: bool,
}

impl Caller {
    /// How many calls one client may have outstanding.
    const MOST: usize = 1 << 16;

    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, state: Mutex::default(), answered: Condvar::new() }
    }

    /// The largest answer it takes.
    pub(crate) fn max(&self) -> usize {
        self.limits.max
    }

    /// Notes a new call; `None` when too many are outstanding.
    pub(crate) fn open(&self) -> Option<CallId> {
        let mut state = waiting::lock(&self.state);
        if state.calls.len() == Self::MOST {
            return None;
        }
        let id = CallId(state.next);
        state.next += 1;
        state.calls.insert(id, None);
        Some(id)
    }

    /// Forgets a call; what comes for it later is dropped.
    pub(crate) fn forget(&self, call: CallId) {
        waiting::lock(&self.state).take(call);
    }

    /// Ends a call that has no outcome yet.
    ///
    /// # Errors
    /// `Disconnected` when the client is gone or was told that the server is, `Full` when the answers
    /// it has not taken fill its capacity.
    pub(crate) fn answer(&self, call: CallId, outcome: Outcome) -> Result<(), ErrorKind> {
        let mut state = waiting::lock(&self.state);
        let cost = cost(&outcome);
        if state.gone {
            return Err(ErrorKind::Disconnected);
        }
        match state.calls.get(&call) {
            // The caller gave up: the late answer is dropped.
            None => return Ok(()),
            Some(Some(_)) => return Err(ErrorKind::Disconnected),
            Some(None) if !self.limits.fits(state.used, cost) => return Err(ErrorKind::Full),
            Some(None) => {}
        }
        state.used += cost;
        state.calls.insert(call, Some(outcome));
        // Whoever wakes finds the lock free.
        drop(state);
        self.answered.notify_all();
        Ok(())
    }

    /// Ends a call that has no outcome yet as failed, whatever else waits to be taken.
    pub(crate) fn end(&self, call: CallId, kind: ErrorKind, why: &str) {
        waiting::lock(&self.state).end(call, kind, why);
        self.answered.notify_all();
    }

    /// Waits for the outcome of a call, which is over afterwards; `None` at the deadline.
    pub(crate) fn wait(&self, call: CallId, deadline: Deadline) -> Option<Outcome> {
        let mut state = waiting::lock(&self.state);
        while matches!(state.calls.get(&call), Some(None)) && !deadline.has_passed() {
            state = waiting::wait(&self.answered, state, deadline);
        }
        state.take(call)
    }

    /// Ends every call that has no outcome: the server went away.
    pub(crate) fn disconnect(&self) {
        let mut state = waiting::lock(&self.state);
        let open = state.calls.iter().filter(|(_, outcome)| outcome.is_none());
        for call in open.map(|(call, _)| *call).collect::<Vec<_>>() {
            state.end(call, ErrorKind::Disconnected, "the server went away");
        }
        self.answered.notify_all();
    }

    /// Marks the client itself as gone.
    pub(crate) fn leave(&self) {
        waiting::lock(&self.state).gone = true;
    }

    /// Notes that one of its messages was dropped unread.
    pub(crate) fn note_unread(&self) {
        waiting::lock(&self.state).unread += 1;
    }

    /// How many of its messages were dropped unread since this was last asked.
    pub(crate) fn take_unread(&self) -> usize {
        std::mem::take(&mut waiting::lock(&self.state).unread)
    }
}

impl State {
    fn end(&mut self, call: CallId, kind: ErrorKind, why: &str) {
        let Some(open @ None) = self.calls.get_mut(&call) else { return };
        let outcome = Err((kind, why.into()));
        self.used += cost(&outcome);
        *open = Some(outcome);
    }

    fn take(&mut self, call: CallId) -> Option<Outcome> {
        let outcome = self.calls.remove(&call).flatten();
        self.used -= outcome.as_ref().map_or(0, cost);
        outcome
    }
}

fn cost(outcome: &Outcome) -> usize {
    Limits::cost(outcome.as_ref().map_or_else(|(_, why)| why.len(), |answer| answer.len()))
}
