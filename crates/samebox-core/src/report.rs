use crate::Error;
use std::collections::VecDeque;

/// What a server has counted since it was bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Messages handed to the caller.
    pub received: u64,
    /// Messages that the mechanism dropped, as far as it tells.
    pub lost: u64,
    /// Peers turned away at the door because of who they are.
    pub refused: u64,
    /// Peers cut off for what they did: malformed, too large, too slow, gone half-way.
    pub cut: u64,
}

/// The latest faults of a server's peers; the oldest make room.
///
/// A bad peer must not end its server's `recv`, so what it did is noted here and counted in
/// [`Counters`], and the server goes on.
#[derive(Debug, Default)]
pub struct Faults(VecDeque<Error>);

impl Faults {
    /// How many faults are kept until somebody takes them.
    pub const KEPT: usize = 64;

    /// Notes a fault, dropping the oldest when [`Faults::KEPT`] are waiting.
    pub fn note(&mut self, fault: Error) {
        if self.0.len() == Self::KEPT {
            self.0.pop_front();
        }
        self.0.push_back(fault);
    }

    /// Takes the oldest fault.
    pub fn take(&mut self) -> Option<Error> {
        self.0.pop_front()
    }
}
