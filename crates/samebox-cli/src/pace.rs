use std::thread;
use std::time::{Duration, Instant};

/// Spreads messages over time.
pub(crate) struct Pace {
    interval: Duration,
    next: Instant,
}

impl Pace {
    /// How far a late sender may lag before it stops making up for it.
    const LAG: Duration = Duration::from_millis(100);

    pub(crate) fn per_second(rate: f64) -> Self {
        Self { interval: Duration::from_secs_f64(1.0 / rate), next: Instant::now() }
    }

    /// Waits until a message is due, then takes as many of `wanted` as are due by now.
    pub(crate) fn take(&mut self, wanted: usize) -> usize {
        thread::sleep(self.next.saturating_duration_since(Instant::now()));
        self.take_at(wanted, Instant::now())
    }

    fn take_at(&mut self, wanted: usize, now: Instant) -> usize {
        self.next = self.next.max(now.checked_sub(Self::LAG).unwrap_or(now));
        let late = now.saturating_duration_since(self.next);
        let due = 1 + (late.as_secs_f64() / self.interval.as_secs_f64()) as usize;
        let taken = due.min(wanted).max(1);
        self.next += self.interval.mul_f64(taken as f64);
        taken
    }
}

/// Reads a rate in messages per second.
pub(crate) fn parse_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.001..=1e9).contains(&rate) => Ok(rate),
        _ => Err("write messages per second, from 0.001 to 1000000000".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_due_at_once_and_the_next_after_the_interval() {
        let mut pace = Pace::per_second(100.0);
        let start = pace.next;
        assert_eq!(pace.take_at(5, start), 1);
        assert_eq!(pace.next, start + Duration::from_millis(10));
        assert_eq!(pace.take_at(5, start + Duration::from_millis(41)), 4);
    }

    #[test]
    fn a_long_pause_is_not_made_up_for() {
        let mut pace = Pace::per_second(100.0);
        let later = pace.next + Duration::from_secs(60);
        assert_eq!(pace.take_at(1000, later), 11);
    }

    #[test]
    fn rates_are_numbers_above_zero() {
        assert_eq!(parse_rate("0.5"), Ok(0.5));
        for wrong in ["0", "-1", "NaN", "inf", "fast", ""] {
            assert!(parse_rate(wrong).is_err(), "{wrong}");
        }
    }
}
