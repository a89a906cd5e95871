//! Memory that two processes share, each byte of it written by one of them only.
//!
//! A side makes [`Own`] memory and passes it on in a way that lets its peer read but never write; the
//! operating system holds the peer to that. What comes from a peer is [`Theirs`]: it may change at any
//! moment, so it is never borrowed as `&[u8]`. It is copied out, or looked at through a [`View`].

mod copy;
mod heap;
mod view;

#[cfg(any(target_os = "linux", windows))]
use crate::system::mapping::Mapping;
pub use heap::on_heap;
pub use view::View;

use heap::Heap;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64};

/// Bytes at the start of each memory that hold words; the others follow.
pub const HEADER: usize = 4096;

/// How many words of 8 bytes the header has.
pub const WORDS: usize = HEADER / 8;

/// Where shared memory comes from; it is released when the last part of it is dropped.
#[derive(Debug)]
enum Pages {
    Heap(Heap),
    #[cfg(any(target_os = "linux", windows))]
    Mapped(Mapping),
}

impl Pages {
    fn base(&self) -> NonNull<u8> {
        match self {
            Self::Heap(heap) => heap.base(),
            #[cfg(any(target_os = "linux", windows))]
            Self::Mapped(mapping) => mapping.base(),
        }
    }

    fn length(&self) -> usize {
        match self {
            Self::Heap(heap) => heap.length(),
            #[cfg(any(target_os = "linux", windows))]
            Self::Mapped(mapping) => mapping.length(),
        }
    }
}

/// Where memory is, kept at hand beside what keeps it there.
#[derive(Clone, Debug)]
struct Place {
    base: NonNull<u8>,
    length: usize,
    _kept: Arc<Pages>,
}

// SAFETY: the memory belongs to no thread, and what keeps it may be dropped by any; who may touch
// which of its bytes is the affair of `Own` and `Theirs`.
unsafe impl Send for Place {}
// SAFETY: as above; `Place` itself only tells where the memory is.
unsafe impl Sync for Place {}

impl Place {
    fn new(pages: Arc<Pages>) -> Self {
        Self { base: pages.base(), length: pages.length(), _kept: pages }
    }

    #[inline]
    fn word(&self, index: usize) -> NonNull<u64> {
        assert!(index < WORDS, "the header has {WORDS} words");
        // SAFETY: every memory has a whole header, so that word lies within the pages.
        unsafe { self.base.cast::<u64>().add(index) }
    }
}

/// The words and bytes that this side writes.
#[derive(Debug)]
pub struct Own {
    place: Place,
}

/// The words that this side writes; a handle, cheap to clone.
#[derive(Clone, Debug)]
pub struct OwnWords {
    place: Place,
}

/// The words and bytes that a peer writes, at any moment; a handle, cheap to clone.
#[derive(Clone, Debug)]
pub struct Theirs {
    place: Place,
}

impl Own {
    #[cfg(any(target_os = "linux", windows))]
    pub(crate) fn mapped(mapping: Mapping) -> Self {
        Self { place: Place::new(Arc::new(Pages::Mapped(mapping))) }
    }

    /// How many bytes follow the header.
    #[inline]
    pub fn length(&self) -> usize {
        self.place.length - HEADER
    }

    /// A handle to its words.
    pub fn words(&self) -> OwnWords {
        OwnWords { place: self.place.clone() }
    }

    /// Bytes after the header, to write.
    ///
    /// # Panics
    /// When they are not all there.
    #[inline]
    pub fn bytes(&mut self, range: Range<usize>) -> &mut [u8] {
        assert!(range.start <= range.end && range.end <= self.length(), "bytes that are there");
        // SAFETY: the range lies within the pages, which live as long as `self`. Nobody else writes
        // to them: `Own` is not `Clone`, this borrow is exclusive, `OwnWords` reaches the header only,
        // and the operating system gave the peer a right to read and no other. What the peer's
        // process reads meanwhile is its own affair; within this process `Theirs` reads only what a
        // release and an acquire of a word have handed over, which is what the ring is for.
        unsafe {
            let start = self.place.base.as_ptr().add(HEADER + range.start);
            std::slice::from_raw_parts_mut(start, range.end - range.start)
        }
    }
}

impl Own {
    /// Bytes after the header, as this side has written them.
    ///
    /// # Panics
    /// When they are not all there.
    #[inline]
    pub fn written(&self, range: Range<usize>) -> &[u8] {
        assert!(range.start <= range.end && range.end <= self.length(), "bytes that are there");
        // SAFETY: the range lies within the pages, which live as long as `self`, and nobody writes to
        // them while it is borrowed: only `bytes` could, which borrows it exclusively.
        unsafe {
            let start = self.place.base.as_ptr().add(HEADER + range.start);
            std::slice::from_raw_parts(start, range.end - range.start)
        }
    }
}

impl OwnWords {
    /// The word of that index.
    #[inline]
    pub fn word(&self, index: usize) -> &AtomicU64 {
        // SAFETY: the word is there, aligned as the pages are, lives as long as `self`, and is only
        // ever accessed atomically.
        unsafe { AtomicU64::from_ptr(self.place.word(index).as_ptr()) }
    }

    /// The lower half of a word that is only used as 32 bits.
    #[inline]
    pub fn half(&self, index: usize) -> &AtomicU32 {
        // SAFETY: as for `word`.
        unsafe { AtomicU32::from_ptr(self.place.word(index).as_ptr().cast()) }
    }
}

impl Theirs {
    #[cfg(any(target_os = "linux", windows))]
    pub(crate) fn mapped(mapping: Mapping) -> Self {
        Self { place: Place::new(Arc::new(Pages::Mapped(mapping))) }
    }

    /// How many bytes follow the header.
    #[inline]
    pub fn length(&self) -> usize {
        self.place.length - HEADER
    }

    /// The word of that index, only to be loaded: a store ends the process.
    #[inline]
    pub fn word(&self, index: usize) -> PeerWord<'_> {
        // SAFETY: the word is there, aligned as the pages are, lives as long as `self`, and is only
        // ever accessed atomically.
        PeerWord(unsafe { AtomicU64::from_ptr(self.place.word(index).as_ptr()) })
    }

    /// The lower half of a word, for waiting on it.
    #[inline]
    #[cfg(target_os = "linux")]
    pub(crate) fn half(&self, index: usize) -> &AtomicU32 {
        // SAFETY: as for `word`.
        unsafe { AtomicU32::from_ptr(self.place.word(index).as_ptr().cast()) }
    }

    /// A look at bytes after the header; `None` when they are not all there.
    #[inline]
    pub fn view(&self, start: usize, length: usize) -> Option<View<'_>> {
        let end = start.checked_add(length)?;
        if end > self.length() {
            return None;
        }
        // SAFETY: the range lies within the pages, which live as long as `self` is borrowed.
        Some(unsafe { View::new(self.place.base.as_ptr().add(HEADER + start), length) })
    }
}

/// A word that a peer writes.
#[derive(Clone, Copy, Debug)]
pub struct PeerWord<'a>(&'a AtomicU64);

impl PeerWord<'_> {
    /// What it is now; what the peer wrote before storing it is seen too.
    #[inline]
    pub fn load(self) -> u64 {
        self.0.load(std::sync::atomic::Ordering::Acquire)
    }

    /// What it is now, promising nothing of other bytes.
    #[inline]
    pub fn load_relaxed(self) -> u64 {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering;

    fn pair(length: usize) -> (Own, Theirs) {
        // SAFETY: these tests look at bytes only after a word has handed them over.
        unsafe { on_heap(length) }
    }

    #[test]
    fn what_one_side_writes_the_other_reads() {
        let (mut own, theirs) = pair(100);
        assert_eq!(own.length(), theirs.length());
        own.bytes(3..8).copy_from_slice(b"hello");
        own.words().word(5).store(8, Ordering::Release);
        assert_eq!(theirs.word(5).load(), 8);
        assert_eq!(theirs.view(3, 5).unwrap().to_vec(), b"hello");
    }

    #[test]
    fn bytes_that_are_not_there_are_refused() {
        let (_own, theirs) = pair(4096);
        let length = theirs.length();
        assert!(theirs.view(0, length).is_some());
        for (start, wanted) in [(0, length + 1), (length, 1), (usize::MAX, 2), (1, usize::MAX)] {
            assert!(theirs.view(start, wanted).is_none(), "{start} {wanted}");
        }
    }

    #[test]
    #[should_panic(expected = "bytes that are there")]
    fn own_bytes_beyond_the_end_are_a_fault_of_the_caller() {
        let (mut own, _theirs) = pair(16);
        let length = own.length();
        own.bytes(length..length + 1);
    }

    #[test]
    fn a_word_hands_bytes_over_to_another_thread() {
        let (mut own, theirs) = pair(64);
        let words = own.words();
        let reader = std::thread::spawn(move || {
            for round in 1..=50u64 {
                while theirs.word(0).load() < round {
                    std::thread::yield_now();
                }
                assert_eq!(theirs.view(round as usize, 1).unwrap().to_vec(), [round as u8]);
            }
        });
        for round in 1..=50u64 {
            own.bytes(round as usize..round as usize + 1)[0] = round as u8;
            words.word(0).store(round, Ordering::Release);
        }
        reader.join().unwrap();
    }
}
