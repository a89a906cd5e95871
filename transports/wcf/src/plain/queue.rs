use samebox_core::{Deadline, Message};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Messages that wait to be received; whoever brings more than there is room for waits.
pub(super) struct Queue {
    state: Mutex<State>,
    capacity: usize,
    /// Told when there is a message, or none will come.
    filled: Condvar,
    /// Told when there is room.
    emptied: Condvar,
}

#[derive(Default)]
struct State {
    messages: VecDeque<Message>,
    bytes: usize,
    is_stopped: bool,
    is_closed: bool,
}

/// Why no message is there.
pub(super) enum Nothing {
    /// None came in time.
    Late,
    /// The server was stopped.
    Stopped,
}

/// What a message takes beside its payload.
const EACH: usize = 256;

impl Queue {
    pub(super) fn new(capacity: usize) -> Self {
        let (state, filled, emptied) = Default::default();
        Self { state, capacity, filled, emptied }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a message in when there is room; gives it back when nobody receives any more.
    pub(super) fn push(&self, message: Message) -> Option<Message> {
        let mut state = self.state();
        // A message larger than all the room there is comes alone.
        while state.bytes >= self.capacity && !state.is_closed {
            state = self.emptied.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.is_closed {
            return Some(message);
        }
        state.bytes += message.payload().len() + EACH;
        state.messages.push_back(message);
        self.filled.notify_one();
        None
    }

    /// Takes the oldest message, waiting until `deadline`.
    pub(super) fn pop(&self, deadline: Deadline) -> Result<Message, Nothing> {
        let mut state = self.state();
        loop {
            if state.is_stopped {
                return Err(Nothing::Stopped);
            }
            if let Some(message) = state.messages.pop_front() {
                state.bytes -= message.payload().len() + EACH;
                self.emptied.notify_one();
                return Ok(message);
            }
            state = match deadline.remaining() {
                None => self.filled.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => return Err(Nothing::Late),
                Some(left) => {
                    self.filled.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Ends every wait for a message, now and later.
    pub(super) fn stop(&self) {
        self.state().is_stopped = true;
        self.filled.notify_all();
    }

    /// Takes no more messages; gives those that nobody has received.
    pub(super) fn close(&self) -> VecDeque<Message> {
        let mut state = self.state();
        state.is_closed = true;
        self.emptied.notify_all();
        std::mem::take(&mut state.messages)
    }
}
