//! Waiting on a word that another process changes.

use crate::memory::{OwnWords, Theirs};
use rustix::event::Timespec;
use rustix::io::Errno;
use rustix::thread::futex::{self, Flags};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Changes the lower half of an own word and wakes the peer if it waits for that.
pub fn ring(words: &OwnWords, index: usize) {
    let bell = words.half(index);
    bell.fetch_add(1, Ordering::Release);
    // It can only fail for an address that is not there.
    let _ = futex::wake(bell, Flags::empty(), 1);
}

/// What the lower half of a peer's word is, to be waited on.
pub fn bell(theirs: &Theirs, index: usize) -> u32 {
    theirs.half(index).load(Ordering::Acquire)
}

/// Waits while that half is `seen`, or until a signal, at most for `patience`; tells whether that ended
/// the wait.
pub fn wait(theirs: &Theirs, index: usize, seen: u32, patience: Option<Duration>) -> bool {
    let patience = patience.map(|patience| Timespec {
        tv_sec: patience.as_secs().min(1 << 31) as _,
        tv_nsec: patience.subsec_nanos() as _,
    });
    let outcome = futex::wait(theirs.half(index), Flags::empty(), seen, patience.as_ref());
    outcome == Err(Errno::TIMEDOUT)
}
