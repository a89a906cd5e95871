//! A peer that says and does what it likes, and something else each time.

use samebox_shm::ring::memory::{Memory, Reads, Word, Words, Writes};
use std::cell::RefCell;
use std::rc::Rc;

/// Memory of a side whose peer is hostile.
#[derive(Debug)]
pub(crate) struct Hostile;

/// What the peer will say, byte by byte, whatever is asked; in the end it says the same for ever.
#[derive(Clone, Debug)]
pub(crate) struct Liar(Rc<RefCell<Script>>);

#[derive(Debug)]
struct Script {
    lies: Vec<u8>,
    next: usize,
    /// What it said last of each word.
    said: [u64; 64],
    length: usize,
}

/// Own memory, of which only the size matters.
#[derive(Clone, Debug)]
pub(crate) struct Sink {
    pub(crate) length: usize,
}

impl Liar {
    pub(crate) fn new(lies: &[u8], length: usize) -> Self {
        let lies = lies.to_vec();
        Self(Rc::new(RefCell::new(Script { lies, next: 0, said: [0; 64], length })))
    }
}

impl Script {
    fn byte(&mut self) -> Option<u8> {
        self.next += 1;
        self.lies.get(self.next - 1).copied()
    }

    fn number(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte().unwrap_or(0)))
    }

    /// Mostly what may be true, or it is found out too soon.
    fn word(&mut self, word: Word) -> u64 {
        let last = self.said[word as usize];
        let said = match self.byte() {
            None => last,
            Some(step @ 0..192) => last.wrapping_add(u64::from(step % 64) * 8),
            Some(step @ 192..224) => last.wrapping_add(u64::from(step)),
            Some(_) => self.number(),
        };
        self.said[word as usize] = said;
        said
    }

    /// Bytes in which there are headers.
    fn fill(&mut self, into: &mut [u8]) {
        for piece in into.chunks_mut(8) {
            let first = match self.byte() {
                None => 0,
                Some(byte @ 0..96) => u64::from(byte) | 1 << 32,
                Some(byte @ 96..160) => u64::from(byte) << 1 | 1 << 32 | 2 << 40,
                Some(byte @ 160..192) => u64::from(byte & 7) | 2 << 32 | 3 << 40,
                Some(192..200) => 0x53 << 32,
                Some(_) => self.number(),
            };
            piece.copy_from_slice(&first.to_le_bytes()[..piece.len()]);
        }
    }
}

impl Memory for Hostile {
    type Own = Sink;
    type Words = Sink;
    type Peer = Liar;

    fn fence() {}

    fn has_barrier() -> bool {
        true
    }

    fn barrier() {}
}

impl Writes for Sink {
    fn write(&mut self, at: usize, bytes: &[u8]) {
        assert!(at + bytes.len() <= self.length, "a write beyond the end");
    }
}

impl Words for Sink {
    fn store(&self, _: Word, _: u64) {}
}

impl Reads for Liar {
    fn load(&self, word: Word) -> u64 {
        self.0.borrow_mut().word(word)
    }

    fn copy(&self, at: usize, into: &mut [u8]) -> bool {
        let mut script = self.0.borrow_mut();
        let is_there = at.checked_add(into.len()).is_some_and(|end| end <= script.length);
        assert!(is_there, "a look beyond the end");
        script.fill(into);
        true
    }

    fn append(&self, at: usize, length: usize, into: &mut Vec<u8>) -> bool {
        let start = into.len();
        into.resize(start + length, 0);
        self.copy(at, &mut into[start..])
    }
}
