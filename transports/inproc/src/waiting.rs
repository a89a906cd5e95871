//! Locks and conditions with deadlines.

use samebox_core::Deadline;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Takes a lock, also after a thread panicked with it: no state here is left half-changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for a change until `deadline`; wakes without reason too, so the caller looks again.
pub(crate) fn wait<'a, T>(
    changed: &Condvar,
    guard: MutexGuard<'a, T>,
    deadline: Deadline,
) -> MutexGuard<'a, T> {
    match deadline.remaining() {
        None => changed.wait(guard).unwrap_or_else(PoisonError::into_inner),
        Some(left) => changed.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0,
    }
}
