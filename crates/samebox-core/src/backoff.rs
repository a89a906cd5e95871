use crate::Deadline;
use std::time::Duration;

/// Pauses between attempts that grow from 1 ms to 50 ms and end at a deadline.
///
/// For conditions that no mechanism announces, such as a server that is yet to start.
#[derive(Debug)]
pub struct Backoff {
    deadline: Deadline,
    pause: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(1);
    const LONGEST: Duration = Duration::from_millis(50);

    /// Attempts until `deadline`.
    pub const fn until(deadline: Deadline) -> Self {
        Self { deadline, pause: Self::FIRST }
    }

    /// Sleeps before the next attempt; `false`, at once, when the deadline has passed.
    pub fn pause(&mut self) -> bool {
        let left = self.deadline.remaining().unwrap_or(Duration::MAX);
        if left.is_zero() {
            return false;
        }
        std::thread::sleep(self.pause.min(left));
        self.pause = (self.pause * 2).min(Self::LONGEST);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passed_deadline_allows_no_second_attempt() {
        assert!(!Backoff::until(Deadline::now()).pause());
    }

    #[test]
    fn attempts_end_at_the_deadline() {
        let mut backoff = Backoff::until(Deadline::after(Duration::from_millis(10)));
        let attempts = std::iter::from_fn(|| backoff.pause().then_some(())).count();
        assert!((1..=10).contains(&attempts), "{attempts} attempts");
    }
}
