//! Memory that loom watches: words are its atomics, and each 8 bytes are a cell of which it knows who
//! touched it when.
//!
//! What the bytes are is kept beside the cells, as loom runs one thread at a time; the cells only find
//! accesses that nothing orders. They are made when they are first touched, so a model is as large as
//! what it touches.

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU64, Ordering, fence};
use loom::sync::{Condvar, Mutex};
use samebox_shm::ring::memory::{Memory, Reads, Word, Words, Writes};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::PoisonError;

/// Memory under loom.
#[derive(Debug)]
pub(crate) struct Checked;

/// What one side writes.
#[derive(Debug)]
pub(crate) struct Side {
    words: [AtomicU64; WORDS.len()],
    bytes: std::sync::Mutex<Cells>,
}

#[derive(Debug)]
struct Cells {
    content: Vec<u8>,
    /// `None` until two threads may meet.
    touched: Option<BTreeMap<usize, UnsafeCell<()>>>,
}

/// The words that a ring uses; without the bell, which is [`Bell`] here.
const WORDS: [Word; 6] =
    [Word::Tail, Word::Head, Word::Asleep, Word::Room, Word::Fenceless, Word::Dropped];

/// The bytes that a side writes.
#[derive(Debug)]
pub(crate) struct CheckedOwn(Rc<Side>);

/// The words that a side writes.
#[derive(Clone, Debug)]
pub(crate) struct CheckedWords(Rc<Side>);

/// A side, seen from the other.
#[derive(Clone, Debug)]
pub(crate) struct CheckedPeer(Rc<Side>);

impl Side {
    pub(crate) fn new(length: usize) -> Rc<Self> {
        let cells = Cells { content: vec![0; length], touched: None };
        let words = std::array::from_fn(|_| AtomicU64::new(0));
        Rc::new(Self { words, bytes: std::sync::Mutex::new(cells) })
    }

    pub(crate) fn own(self: &Rc<Self>) -> CheckedOwn {
        CheckedOwn(Rc::clone(self))
    }

    pub(crate) fn words(self: &Rc<Self>) -> CheckedWords {
        CheckedWords(Rc::clone(self))
    }

    pub(crate) fn peer(self: &Rc<Self>) -> CheckedPeer {
        CheckedPeer(Rc::clone(self))
    }

    /// Watches from now on who touches which bytes.
    pub(crate) fn watch(&self) {
        self.cells().touched = Some(BTreeMap::new());
    }

    fn cells(&self) -> std::sync::MutexGuard<'_, Cells> {
        // Once a model has failed nobody needs it.
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn word(&self, word: Word) -> &AtomicU64 {
        let index = WORDS.iter().position(|known| *known == word);
        &self.words[index.expect("a word that the ring uses")]
    }
}

impl Cells {
    fn touch(&mut self, at: usize, length: usize, touch: impl Fn(&UnsafeCell<()>)) {
        let Some(touched) = &mut self.touched else { return };
        for index in at / 8..(at + length).div_ceil(8) {
            touch(touched.entry(index).or_insert_with(|| UnsafeCell::new(())));
        }
    }
}

impl Memory for Checked {
    type Own = CheckedOwn;
    type Words = CheckedWords;
    type Peer = CheckedPeer;

    fn fence() {
        fence(Ordering::SeqCst);
    }

    fn has_barrier() -> bool {
        false
    }

    fn barrier() {
        unreachable!("nobody leaves out fences where there is no barrier");
    }
}

impl Writes for CheckedOwn {
    fn write(&mut self, at: usize, bytes: &[u8]) {
        let mut cells = self.0.cells();
        cells.touch(at, bytes.len(), |cell| cell.with_mut(|_| ()));
        cells.content[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

impl Words for CheckedWords {
    fn store(&self, word: Word, value: u64) {
        self.0.word(word).store(value, Ordering::Release);
    }
}

impl Reads for CheckedPeer {
    fn load(&self, word: Word) -> u64 {
        self.0.word(word).load(Ordering::Acquire)
    }

    fn copy(&self, at: usize, into: &mut [u8]) -> bool {
        let mut cells = self.0.cells();
        if at + into.len() > cells.content.len() {
            return false;
        }
        cells.touch(at, into.len(), |cell| cell.with(|_| ()));
        into.copy_from_slice(&cells.content[at..at + into.len()]);
        true
    }

    fn append(&self, at: usize, length: usize, into: &mut Vec<u8>) -> bool {
        let start = into.len();
        into.resize(start + length, 0);
        self.copy(at, &mut into[start..])
    }
}

/// What a side sleeps on. It remembers that it was rung, as an event descriptor does; a futex does so
/// too from when its value was read, which is before sleep is announced.
#[derive(Debug)]
pub(crate) struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    pub(crate) fn new() -> Self {
        Self { rung: Mutex::new(false), changed: Condvar::new() }
    }

    pub(crate) fn ring(&self) {
        *self.rung.lock().unwrap() = true;
        self.changed.notify_one();
    }

    /// Without an end of the wait: a wake that is lost is a deadlock, which loom finds.
    pub(crate) fn wait(&self) {
        let mut rung = self.rung.lock().unwrap();
        while !*rung {
            rung = self.changed.wait(rung).unwrap();
        }
        *rung = false;
    }
}
