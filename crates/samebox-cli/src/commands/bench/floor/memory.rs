use crate::commands::peer::{self, Attempt, Done, Taken, Tally};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A bounded queue under a lock.
struct Lane {
    queue: Mutex<VecDeque<Vec<u8>>>,
    changed: Condvar,
}

/// From the client to the server.
static THERE: Lane = Lane::new();
/// From the server to the client.
static BACK: Lane = Lane::new();

/// The sending end, on one thread.
pub(super) struct Near;
/// The receiving end, on another.
pub(super) struct Far;

/// Forgets what an earlier measurement may have left.
pub(super) fn clear() {
    THERE.lock().clear();
    BACK.lock().clear();
}

impl Lane {
    /// How many messages may wait.
    const MESSAGES: usize = 1024;
    /// How many bytes may wait, the last message's not counted.
    const BYTES: usize = 64 << 20;

    const fn new() -> Self {
        Self { queue: Mutex::new(VecDeque::new()), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Vec<u8>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(
        &self,
        queue: MutexGuard<'a, VecDeque<Vec<u8>>>,
    ) -> MutexGuard<'a, VecDeque<Vec<u8>>> {
        self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, payload: &[u8]) {
        let message = payload.to_vec();
        let mut queue = self.lock();
        while queue.len() >= Self::MESSAGES || queue.len() * payload.len() > Self::BYTES {
            queue = self.wait(queue);
        }
        queue.push_back(message);
        drop(queue);
        self.changed.notify_one();
    }

    /// Takes all that waits, at least one message.
    fn take(&self, taken: &mut VecDeque<Vec<u8>>) {
        let mut queue = self.lock();
        while queue.is_empty() {
            queue = self.wait(queue);
        }
        std::mem::swap(&mut *queue, taken);
        drop(queue);
        self.changed.notify_one();
    }
}

impl peer::Near for Near {
    fn round_trip(&mut self, payload: &[u8]) -> Attempt<()> {
        THERE.put(payload);
        BACK.take(&mut VecDeque::new());
        Ok(())
    }

    fn send(&mut self, payload: &[u8]) -> Attempt<()> {
        THERE.put(payload);
        Ok(())
    }
}

impl peer::Far for Far {
    fn echo(&mut self, count: u64, _: usize, _: Done<'_>) -> Attempt<()> {
        let mut taken = VecDeque::new();
        for _ in 0..count {
            THERE.take(&mut taken);
            taken.drain(..).for_each(|message| BACK.put(&message));
        }
        Ok(())
    }

    fn take(&mut self, count: u64, _: usize, _: Done<'_>) -> Attempt<Taken> {
        let (mut tally, mut taken) = (Tally::new(count), VecDeque::new());
        while !tally.is_whole() {
            THERE.take(&mut taken);
            tally.add(taken.drain(..).count() as u64);
        }
        Ok(tally.taken())
    }
}
