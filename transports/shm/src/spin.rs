//! Looking again and again for a moment before sleeping, where the other side runs on another core.

use crate::ring::memory::{Word, Words};
use samebox_sys::memory::{OwnWords, Theirs};
use std::time::{Duration, Instant};

/// Spins when that is likely to be worth it.
///
/// To be woken by the system takes tens of microseconds when the other side runs on another core; to
/// see what it writes takes a tenth of one. So it is worth looking for as long as waking would take. It
/// is not when both share a core, since then the other cannot run meanwhile, nor when nothing came the
/// last times.
#[derive(Debug, Default)]
pub(crate) struct Spin {
    /// How often in a row nothing came.
    failures: u32,
    /// How often in a row it did not look, as nothing came before.
    skipped: u32,
}

/// How long to look: about what it takes to wake another core.
const BUDGET: Duration = Duration::from_micros(50);

/// After so many failures it is tried only now and then.
const FAILURES: u32 = 4;
const NOW_AND_THEN: u32 = 16;

/// Looks between two looks at the clock.
const LOOKS: u32 = 128;

impl Spin {
    /// Looks until something is `ready`; tells whether it was in time.
    pub(crate) fn until(&mut self, mut ready: impl FnMut() -> bool) -> bool {
        if self.failures >= FAILURES && self.skipped < NOW_AND_THEN {
            self.skipped += 1;
            return ready();
        }
        self.skipped = 0;
        // An answer that comes at once is seen sooner without pauses.
        for _ in 0..LOOKS {
            if ready() {
                self.failures = 0;
                return true;
            }
        }
        let begin = Instant::now();
        loop {
            for _ in 0..LOOKS {
                if ready() {
                    self.failures = 0;
                    return true;
                }
                std::hint::spin_loop();
            }
            if begin.elapsed() >= BUDGET {
                self.failures += 1;
                return false;
            }
        }
    }
}

/// The core that this side has told the other it runs on; 0 when it has told none.
#[derive(Debug, Default)]
pub(crate) struct Told(u64);

impl Told {
    /// Tells of the core this thread runs on, if that is news.
    pub(crate) fn tell(&mut self, core: usize, words: &OwnWords) {
        let core = core as u64 + 1;
        if self.0 != core {
            self.0 = core;
            words.store(Word::Core, core);
        }
    }

    /// Whether the other side runs on another core, as far as either has said.
    pub(crate) fn is_apart(&self, peer: &Theirs) -> bool {
        let theirs = peer.word(Word::Core as usize).load_relaxed();
        theirs != 0 && theirs != self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_at_once_is_seen() {
        let mut looks = 0;
        assert!(Spin::default().until(|| {
            looks += 1;
            looks == 300
        }));
    }

    #[test]
    fn after_failures_it_looks_only_now_and_then() {
        let mut spin = Spin::default();
        let mut long = 0;
        for _ in 0..FAILURES + NOW_AND_THEN + 1 {
            let mut looks = 0;
            assert!(!spin.until(|| {
                looks += 1;
                false
            }));
            long += u32::from(looks > 1);
        }
        assert_eq!(long, FAILURES + 1);
    }
}
