use super::lock;
use super::session::{Call, Session};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Threads that execute calls: those of one session in their order, others at the same time.
pub(super) struct Pool {
    state: Mutex<State>,
    work: Condvar,
    room: Condvar,
}

#[derive(Default)]
struct State {
    /// Sessions with calls that no thread has.
    ready: VecDeque<Arc<Session>>,
    calls: usize,
    bytes: usize,
    /// Threads that wait for the answer of a client.
    in_callbacks: usize,
    stopping: bool,
}

/// Calls that wait for a thread, and their bytes, before no more are received.
const CALLS: usize = 1024;
const BYTES: usize = 64 << 20;

/// Twice that may wait while a method waits for its client, whose answer is yet to be received.
const MORE: usize = 2;

/// Calls of one session that may wait for an answer; an honest client has one outstanding.
const OF_ONE: usize = 128;

impl Pool {
    pub(super) fn new() -> Self {
        Self { state: Mutex::default(), work: Condvar::new(), room: Condvar::new() }
    }

    /// Gives a call to the threads, waiting for room.
    ///
    /// # Errors
    /// The call itself, when there is none for it.
    pub(super) fn push(&self, session: &Arc<Session>, call: Call) -> Result<(), Box<Call>> {
        let mut state = lock(&self.state);
        while state.is_full(1) && state.in_callbacks == 0 && !state.stopping {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let mut calls = lock(&session.calls);
        if state.is_full(MORE) || state.stopping || (call.asks() && calls.asking >= OF_ONE) {
            return Err(Box::new(call));
        }
        state.calls += 1;
        state.bytes += call.message.payload().len();
        calls.push(call);
        if !std::mem::replace(&mut calls.scheduled, true) {
            state.ready.push_back(Arc::clone(session));
            drop(calls);
            drop(state);
            self.work.notify_one();
        }
        Ok(())
    }

    /// Executes calls until the pool is stopped.
    pub(super) fn work(&self) {
        let mut out = Vec::new();
        while let Some((session, call)) = self.next() {
            session.execute(call, &mut out);
            if out.capacity() > KEPT {
                out = Vec::new();
            }
            self.done(session);
        }
    }

    fn next(&self) -> Option<(Arc<Session>, Call)> {
        let mut state = lock(&self.state);
        loop {
            if state.stopping {
                return None;
            }
            if let Some(session) = state.ready.pop_front() {
                let call = lock(&session.calls).pop();
                let call = call.expect("a session is ready while it has a call");
                state.calls -= 1;
                state.bytes -= call.message.payload().len();
                self.room.notify_one();
                return Some((session, call));
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes note that the call of a session is over.
    fn done(&self, session: Arc<Session>) {
        let mut state = lock(&self.state);
        let mut calls = lock(&session.calls);
        if calls.waiting.is_empty() {
            calls.scheduled = false;
        } else {
            drop(calls);
            state.ready.push_back(session);
        }
    }

    /// Ends the threads with the calls they have, and drops those that wait.
    pub(super) fn stop(&self) {
        let mut state = lock(&self.state);
        state.stopping = true;
        let waiting = std::mem::take(&mut state.ready);
        drop(state);
        self.work.notify_all();
        self.room.notify_all();
        for session in waiting {
            let calls = std::mem::take(&mut lock(&session.calls).waiting);
            drop(calls);
        }
    }

    /// Says, until it is dropped, that a thread waits for a client's answer.
    pub(super) fn callback_waits(&self) -> Waits<'_> {
        lock(&self.state).in_callbacks += 1;
        self.room.notify_one();
        Waits(self)
    }
}

/// Memory for answers that a thread keeps.
const KEPT: usize = 1 << 20;

impl State {
    const fn is_full(&self, times: usize) -> bool {
        self.calls >= CALLS * times || self.bytes >= BYTES * times
    }
}

/// A thread that waits for a client's answer.
pub(super) struct Waits<'a>(&'a Pool);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).in_callbacks -= 1;
    }
}
