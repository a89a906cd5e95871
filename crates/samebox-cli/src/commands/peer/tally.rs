use super::order::Taken;
use std::time::Instant;

/// Counts what is received and looks at the clock now and then, which costs next to nothing.
pub(crate) struct Tally {
    expected: u64,
    received: u64,
    step: u64,
    /// How many messages there are at the next look.
    next: u64,
    begun: Instant,
    first: Option<(u64, Instant)>,
    last: Option<(u64, Instant)>,
}

impl Tally {
    /// The clock is looked at once in so many messages at most.
    const STEP: u64 = 64;

    /// Expects so many messages.
    pub(crate) fn new(expected: u64) -> Self {
        let step = (expected / 128).clamp(1, Self::STEP);
        Self {
            expected,
            received: 0,
            step,
            next: 0,
            begun: Instant::now(),
            first: None,
            last: None,
        }
    }

    /// Counts messages that came at one moment; tells whether it looked at the clock.
    #[inline]
    pub(crate) fn add(&mut self, count: u64) -> bool {
        self.received += count;
        if self.received < self.next && !self.is_whole() {
            return false;
        }
        self.next = self.received + self.step;
        let look = Some((self.received, Instant::now()));
        if self.first.is_none() {
            self.first = look
        } else {
            self.last = look
        }
        true
    }

    /// Whether all that was expected has come.
    #[inline]
    pub(crate) fn is_whole(&self) -> bool {
        self.received >= self.expected
    }

    /// What came of it.
    pub(crate) fn taken(&self) -> Taken {
        let (before, begin) = match (self.first, self.last) {
            (Some(first), Some(_)) => first,
            // All came at once: the time until then is all that is known.
            _ => (0, self.begun),
        };
        let (received, end) = self.last.or(self.first).unwrap_or((0, self.begun));
        let span_ns = u64::try_from((end - begin).as_nanos()).unwrap_or(u64::MAX);
        Taken { received: self.received, timed: received - before, span_ns }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_with_the_first_look_is_not_timed() {
        let mut tally = Tally::new(10);
        tally.add(4);
        tally.add(6);
        let taken = tally.taken();
        assert!(tally.is_whole());
        assert_eq!((taken.received, taken.timed), (10, 6));
    }

    #[test]
    fn what_comes_all_at_once_still_has_a_rate() {
        let mut tally = Tally::new(10);
        std::thread::sleep(std::time::Duration::from_millis(1));
        tally.add(10);
        let taken = tally.taken();
        assert_eq!((taken.received, taken.timed), (10, 10));
        assert!(taken.rate().is_some_and(|rate| rate <= 10_000.0));
        assert_eq!(Tally::new(10).taken().rate(), None);
    }

    #[test]
    fn messages_after_the_last_look_are_received_and_not_timed() {
        let mut tally = Tally::new(128 * 8);
        let looks = (0..13).filter(|_| tally.add(1)).count();
        let taken = tally.taken();
        assert!(!tally.is_whole());
        assert_eq!((looks, taken.received, taken.timed), (2, 13, 8));
    }
}
