use std::time::Duration;

/// Pauses that grow while nothing changes, from 50 us to 50 ms.
#[derive(Debug)]
pub(crate) struct Pace(Duration);

impl Pace {
    const FIRST: Duration = Duration::from_micros(50);
    const LONGEST: Duration = Duration::from_millis(50);

    pub(crate) const fn new() -> Self {
        Self(Self::FIRST)
    }

    /// The pause to make now; the one after it is twice as long.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).min(Self::LONGEST);
        pause
    }

    /// Something changed: short pauses again.
    pub(crate) fn quicken(&mut self) {
        self.0 = Self::FIRST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_fifty_milliseconds_and_start_again() {
        let mut pace = Pace::new();
        let pauses: Vec<_> = (0..20).map(|_| pace.next()).collect();
        assert!(pauses.is_sorted() && pauses[0] == Pace::FIRST && pauses[19] == Pace::LONGEST);
        pace.quicken();
        assert_eq!(pace.next(), Pace::FIRST);
    }
}
