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
/// sleeps. With a full fence between the two steps on both sides, at least one sees the other. A side
/// that publishes a lot leaves its fence out and says so; then the one that wants to sleep has the
/// operating system run the fence over there.
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
