use mio::Waker;
use std::sync::{Mutex, PoisonError};

/// Where answers from other threads tell the server's loop that a client has a backlog.
#[derive(Debug)]
pub struct Hub {
    waker: Waker,
    needy: Mutex<Vec<usize>>,
}

impl Hub {
    /// A hub whose news are under the waker's token.
    pub const fn new(waker: Waker) -> Self {
        Self { waker, needy: Mutex::new(Vec::new()) }
    }

    /// Notes that a client has got a backlog, and wakes the loop.
    pub fn tell(&self, token: usize) {
        self.needy.lock().unwrap_or_else(PoisonError::into_inner).push(token);
        self.wake();
    }

    /// Clients that have got a backlog since the last call.
    pub fn take_needy(&self) -> Vec<usize> {
        std::mem::take(&mut self.needy.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Wakes the loop.
    pub fn wake(&self) {
        // A waker fails only when its server has gone, and then nobody waits.
        let _ = self.waker.wake();
    }
}
