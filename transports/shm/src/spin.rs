//! Looking again and again for a moment before sleeping.

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
