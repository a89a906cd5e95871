//! Numbers that nobody can foresee.

use std::time::{Duration, Instant, SystemTime};

/// A generator of numbers, different in each run.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new() -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        Self((now.as_nanos() as u64) ^ u64::from(std::process::id()) << 40 | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Some moment within `longest` from now.
    pub(crate) fn moment(&mut self, longest: Duration) -> Instant {
        Instant::now() + Duration::from_nanos(self.below(longest.as_nanos() as u64))
    }
}

/// Spins until then: to sleep would be too coarse.
pub(crate) fn spin_until(moment: Instant) {
    while Instant::now() < moment {
        std::hint::spin_loop();
    }
}
