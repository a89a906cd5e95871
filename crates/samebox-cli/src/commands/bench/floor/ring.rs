//! A bare ring: payloads copied in and out of shared memory, one word each way to say how far.
//!
//! Each side looks at the other's word again and again while they run on two cores. On one core it sleeps
//! on a futex instead, since the other cannot run meanwhile.

use crate::commands::peer::{self, Attempt, Done, Taken, Tally};
use crate::rings::{self, Memory};
use std::sync::atomic::Ordering;

/// The words of each side, on lines of the cache of their own; who sleeps says for which one.
const TAIL: usize = 16;
const HEAD: usize = 32;
const ASLEEP: usize = 48;
const BELL: usize = 64;

/// Bytes of a ring.
const RING: usize = 8 << 20;

/// Bytes of a ring that are used, so that small messages stay in the cache.
const USED: usize = 256 << 10;

/// One end of two rings.
pub(super) struct Floor {
    memory: Memory,
    /// Bytes of one message with its length before it, and how many fit.
    slot: usize,
    slots: u64,
    /// How many were written, and how many of them the other side has read as far as is known.
    tail: u64,
    their_head: u64,
    /// How many were read, and how many the other side has written as far as is known.
    head: u64,
    their_tail: u64,
    apart: bool,
    /// What was read last.
    payload: Vec<u8>,
}

impl Floor {
    /// An end that looks again and again if the other is `apart`, on another core.
    pub(super) fn new(stream: &rings::Stream, apart: bool) -> Attempt<Self> {
        Ok(Self {
            memory: Memory::exchange(stream, RING)?,
            slot: 8,
            slots: 1,
            tail: 0,
            their_head: 0,
            head: 0,
            their_tail: 0,
            apart,
            payload: Vec::new(),
        })
    }

    /// Prepares for messages of `size` bytes; both sides have read everything.
    fn prepare(&mut self, size: usize) {
        self.slot = (8 + size).next_multiple_of(8);
        self.slots = (USED / self.slot).max(4) as u64;
    }

    #[inline]
    fn put(&mut self, payload: &[u8]) {
        while self.tail - self.their_head >= self.slots {
            self.their_head = self.other(HEAD, |floor, head| floor.tail - head < floor.slots);
        }
        let at = (self.tail % self.slots) as usize * self.slot;
        let slot = self.memory.own.bytes(at..at + 8 + payload.len());
        slot[..8].copy_from_slice(&(payload.len() as u64).to_le_bytes());
        slot[8..].copy_from_slice(payload);
        self.tail += 1;
        self.tell(TAIL, self.tail);
    }

    #[inline]
    fn take(&mut self) {
        if self.head == self.their_tail {
            self.their_tail = self.other(TAIL, |floor, tail| tail != floor.head);
        }
        let at = (self.head % self.slots) as usize * self.slot;
        self.payload.clear();
        if let Some(slot) = self.memory.theirs.view(at + 8, self.slot - 8) {
            slot.append_to(&mut self.payload);
        }
        self.head += 1;
        self.tell(HEAD, self.head);
    }

    #[inline]
    fn tell(&self, word: usize, value: u64) {
        self.memory.words.word(word).store(value, Ordering::Release);
        if !self.apart {
            std::sync::atomic::fence(Ordering::SeqCst);
            if self.memory.theirs.word(ASLEEP).load() == word as u64 {
                self.memory.ring(BELL);
            }
        }
    }

    /// Waits until the other side's word is as wanted, and gives it.
    #[inline]
    fn other(&self, word: usize, wanted: impl Fn(&Self, u64) -> bool) -> u64 {
        let asleep = self.memory.words.word(ASLEEP);
        loop {
            let value = self.memory.theirs.word(word).load();
            if wanted(self, value) {
                return value;
            }
            if self.apart {
                std::hint::spin_loop();
                continue;
            }
            let bell = self.memory.bell(BELL);
            asleep.store(word as u64, Ordering::SeqCst);
            std::sync::atomic::fence(Ordering::SeqCst);
            if !wanted(self, self.memory.theirs.word(word).load()) {
                self.memory.wait(BELL, bell);
            }
            asleep.store(0, Ordering::Release);
        }
    }
}

impl peer::Near for Floor {
    fn begin(&mut self, size: usize) {
        self.prepare(size);
    }

    #[inline]
    fn round_trip(&mut self, payload: &[u8]) -> Attempt<()> {
        self.put(payload);
        self.take();
        Ok(())
    }

    #[inline]
    fn send(&mut self, payload: &[u8]) -> Attempt<()> {
        self.put(payload);
        Ok(())
    }
}

impl peer::Far for Floor {
    fn echo(&mut self, count: u64, size: usize, _: Done<'_>) -> Attempt<()> {
        self.prepare(size);
        let answer = vec![b'y'; size];
        for _ in 0..count {
            self.take();
            self.put(&answer);
        }
        Ok(())
    }

    fn take(&mut self, count: u64, size: usize, _: Done<'_>) -> Attempt<Taken> {
        self.prepare(size);
        let mut tally = Tally::new(count);
        while !tally.is_whole() {
            self.take();
            tally.add(1);
        }
        Ok(tally.taken())
    }
}
