//! What a ring needs of memory, and the memory that processes share.

use super::Consumer;
use samebox_core::Bytes;
use samebox_stream::Pool;
use samebox_sys::memory::{HEADER, Own, OwnWords, Theirs};
use std::fmt::Debug;
use std::sync::atomic::{self, Ordering};

/// The words of one side; each on a line of the cache that suits how often it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// How far this side has written its own ring.
    Tail = 16,
    /// How far this side has read the other's ring; beside the tail, since an answer moves both.
    Head = 17,
    /// Not 0 in its lowest two bits while this side sleeps; another value for each sleep.
    Asleep = 32,
    /// One more than the head that this side waits for the other to reach; 0 when it does not.
    Room = 33,
    /// 1 while this side publishes without fences.
    Fenceless = 34,
    /// How many messages this side has dropped, as it was told to do when there is no room.
    Dropped = 35,
    /// 1 once this side has taken its leave.
    Closed = 36,
    /// One more than the core that this side ran on when it last looked; 0 when unknown.
    Core = 37,
    /// 1 when this side can have the system run the fences that the other leaves out.
    Barrier = 38,
    /// Changes whenever this side wakes the other.
    Bell = 48,
}

/// Where words and bytes are, and how they are ordered between the two sides.
pub trait Memory: Debug {
    /// The bytes that this side writes.
    type Own: Writes;
    /// The words that this side writes.
    type Words: Words;
    /// What the other side writes.
    type Peer: Reads;

    /// A full fence.
    fn fence();

    /// Whether [`Memory::barrier`] orders this side's accesses when the other asks for that.
    fn has_barrier() -> bool;

    /// Has the other side go through a full fence, wherever it runs.
    fn barrier();
}

/// Bytes to write.
pub trait Writes: Debug {
    /// Writes all of `bytes` at that place.
    fn write(&mut self, at: usize, bytes: &[u8]);
}

/// Words to write.
pub trait Words: Clone + Debug {
    /// Stores a word after everything that was written before.
    fn store(&self, word: Word, value: u64);
}

/// Words and bytes of the other side, which may change at any moment.
pub trait Reads: Clone + Debug {
    /// Loads a word; what was written before it was stored is seen afterwards.
    fn load(&self, word: Word) -> u64;

    /// Copies bytes into all of `into`; `false` when they are not all there.
    #[must_use]
    fn copy(&self, at: usize, into: &mut [u8]) -> bool;

    /// Copies bytes to the end of `into`; `false` when they are not all there.
    #[must_use]
    fn append(&self, at: usize, length: usize, into: &mut Vec<u8>) -> bool;
}

/// Memory that two processes share.
#[derive(Debug)]
pub struct Shared;

impl Memory for Shared {
    type Own = Own;
    type Words = OwnWords;
    type Peer = Theirs;

    #[inline]
    fn fence() {
        atomic::fence(Ordering::SeqCst);
    }

    fn has_barrier() -> bool {
        crate::system::has_barrier()
    }

    fn barrier() {
        crate::system::barrier();
    }
}

impl Writes for Own {
    #[inline]
    fn write(&mut self, at: usize, bytes: &[u8]) {
        self.bytes(at..at + bytes.len()).copy_from_slice(bytes);
    }
}

impl Words for OwnWords {
    #[inline]
    fn store(&self, word: Word, value: u64) {
        self.word(word as usize).store(value, Ordering::Release);
    }
}

impl Reads for Theirs {
    #[inline]
    fn load(&self, word: Word) -> u64 {
        self.word(word as usize).load()
    }

    #[inline]
    fn copy(&self, at: usize, into: &mut [u8]) -> bool {
        let Some(view) = self.view(at, into.len()) else { return false };
        view.copy_to(into);
        true
    }

    #[inline]
    fn append(&self, at: usize, length: usize, into: &mut Vec<u8>) -> bool {
        let Some(view) = self.view(at, length) else { return false };
        view.append_to(into);
        true
    }
}

impl Consumer<Shared> {
    /// A copy of a payload that lies in the other side's memory.
    pub fn copy_out(&self, at: usize, length: usize, pool: &Pool) -> Bytes {
        let mut buffer = pool.take(length);
        if let Some(view) = self.peer().view(at, length) {
            view.append_to(&mut buffer);
        }
        pool.lend(buffer)
    }
}

// Every word lies in the header.
const _: () = assert!((Word::Bell as usize) < HEADER / 8);
