use super::memory::{Memory, Reads, Word, Words};
use std::fmt::Debug;

/// How a sleeping side wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By the bell, on which it waits.
    Bell,
    /// By its life line, on which it waits.
    Line,
}

impl Way {
    const fn code(self) -> u64 {
        match self {
            Self::Bell => 1,
            Self::Line => 2,
        }
    }

    /// What a peer's word says; `None` while it is awake, or when it lies.
    pub(super) const fn of(asleep: u64) -> Option<Self> {
        match asleep & 3 {
            1 => Some(Self::Bell),
            2 => Some(Self::Line),
            _ => None,
        }
    }
}

/// Announces that a side is about to sleep, so that the other wakes it.
///
/// The order is: announce, look once more, sleep. The other side publishes, then looks whether anyone
/// sleeps. With a full fence between the two steps on both sides, at least one sees the other: of two
/// fences one comes first, and what was stored before it is seen by what is loaded after the other.
/// Who waits for room and who gives it back do the same, with the head in place of the tail.
///
/// A side that publishes a lot leaves its fence out and says so; then the one that wants to sleep has
/// the operating system run the fence over there. Why no wake is lost then either: the publisher has
/// said 1 in [`Word::Fenceless`], gone through a fence F, and looked for sleepers since. The sleeper has
/// announced itself, gone through a fence S, and looks at that word.
///
/// - S comes before F: the publisher's look after F has found the announcement.
/// - F comes before S: the sleeper finds that 1, or what was said after it.
///   - A 0 said later was said after all that was published without fences, and loading it acquires
///     that: the sleeper's last look finds the tail.
///   - At a 1 the sleeper asks for the barrier, and at some moment B of the call the publisher goes
///     through a full fence: by the system's doing where it runs, and in being switched where it does
///     not. A tail stored before B is found by the sleeper's last look. One stored after B is followed
///     by a look for sleepers, also after B, which finds the announcement.
///
/// The compiler must not look before it stores either, so it has a fence of its own there. That each
/// sleep has a number of its own lets the publisher wake once for each.
///
/// Each of these steps is needed: `tests/loom.rs` and `tests/ring_barrier.rs` fail without it.
#[derive(Debug)]
pub struct Sleeper<M: Memory> {
    words: M::Words,
    sleeps: u64,
}

impl<M: Memory> Sleeper<M> {
    /// A sleeper that is awake.
    pub fn new(words: M::Words) -> Self {
        Self { words, sleeps: 0 }
    }

    /// Announces sleep, without ordering it: [`Sleeper::settle`] follows before the last look.
    pub fn announce(&mut self, way: Way, room: Option<u64>) {
        self.sleeps += 1;
        self.words.store(Word::Room, room.map_or(0, |head| head + 1));
        self.words.store(Word::Asleep, self.sleeps << 2 | way.code());
    }

    /// Makes announcements reach peers before what follows is read of them.
    pub fn settle<'a>(peers: impl IntoIterator<Item = &'a M::Peer>)
    where
        M::Peer: 'a,
    {
        M::fence();
        // One barrier reaches them all. What a peer says cannot harm: an honest one says so before it
        // leaves its fences out.
        if peers.into_iter().any(|peer| peer.load(Word::Fenceless) == 1) {
            M::barrier();
        }
    }

    /// Takes the announcement back.
    pub fn wake(&mut self) {
        self.words.store(Word::Asleep, self.sleeps << 2);
        self.words.store(Word::Room, 0);
    }
}
