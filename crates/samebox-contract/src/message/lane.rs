use super::lock;
use samebox_core::{Deadline, Outbox};
use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex};

/// One connection and the threads that take turns on it.
///
/// Unlike a lock it is waited for until a deadline only.
pub(super) struct Lane {
    state: Mutex<State>,
    free: Condvar,
}

struct State {
    /// `None` while somebody has it.
    connection: Option<Connection>,
    waiting: usize,
}

/// A connection and the memory that messages are written in.
pub(super) struct Connection {
    pub(super) outbox: Box<dyn Outbox>,
    pub(super) buffer: Vec<u8>,
}

/// Memory kept after a large message.
const KEPT: usize = 1 << 20;

impl Connection {
    pub(super) const fn new(outbox: Box<dyn Outbox>) -> Self {
        Self { outbox, buffer: Vec::new() }
    }
}

impl Lane {
    pub(super) const fn new(connection: Connection) -> Self {
        let state = State { connection: Some(connection), waiting: 0 };
        Self { state: Mutex::new(state), free: Condvar::new() }
    }

    /// Waits for a turn; `None` at the deadline.
    pub(super) fn take(&self, deadline: Deadline) -> Option<Turn<'_>> {
        let mut state = lock(&self.state);
        loop {
            if let Some(connection) = state.connection.take() {
                return Some(Turn { lane: self, connection: Some(connection) });
            }
            let left = deadline.remaining();
            if left.is_some_and(|left| left.is_zero()) {
                return None;
            }
            state.waiting += 1;
            state = wait(&self.free, state, left);
            state.waiting -= 1;
        }
    }
}

/// Waits to be notified, for so long at most.
pub(super) fn wait<'a, T>(
    condvar: &Condvar,
    guard: std::sync::MutexGuard<'a, T>,
    left: Option<std::time::Duration>,
) -> std::sync::MutexGuard<'a, T> {
    use std::sync::PoisonError;
    match left {
        None => condvar.wait(guard).unwrap_or_else(PoisonError::into_inner),
        Some(left) => condvar.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0,
    }
}

/// The connection, until it is dropped.
pub(super) struct Turn<'a> {
    lane: &'a Lane,
    /// `None` only while it is given back.
    connection: Option<Connection>,
}

impl Deref for Turn<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("the connection is here until it is given back")
    }
}

impl DerefMut for Turn<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("the connection is here until it is given back")
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut connection = self.connection.take();
        if let Some(large) = connection.as_mut().filter(|one| one.buffer.capacity() > KEPT) {
            large.buffer = Vec::new();
        }
        let mut state = lock(&self.lane.state);
        state.connection = connection;
        let waiting = state.waiting > 0;
        drop(state);
        if waiting {
            self.lane.free.notify_one();
        }
    }
}
