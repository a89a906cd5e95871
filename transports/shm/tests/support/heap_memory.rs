//! Memory of one process for both sides of a ring, which Miri and ThreadSanitizer can follow.

use samebox_shm::ring::memory::Memory;
use samebox_sys::memory::{Own, OwnWords, Theirs, on_heap};
use std::sync::atomic::{Ordering, fence};

/// Memory of the allocator.
#[derive(Debug)]
pub(crate) struct Heap;

impl Memory for Heap {
    type Own = Own;
    type Words = OwnWords;
    type Peer = Theirs;

    fn fence() {
        fence(Ordering::SeqCst);
    }

    // Miri has no such system call.
    fn has_barrier() -> bool {
        false
    }

    fn barrier() {}
}

/// One side's memory and the other side's view of it.
pub(crate) fn side(length: usize) -> (Own, Theirs) {
    // SAFETY: a ring looks at bytes only after a word has handed them over; the tests that use this run
    // under tools that find out if it does not.
    unsafe { on_heap(length) }
}
