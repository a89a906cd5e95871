use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The moment after which a call gives up.
///
/// A deadline, unlike a timeout, keeps its meaning when one call makes several system calls. It is
/// measured on the monotonic clock, so changes of the wall clock do not move it.
///
/// ```
/// use samebox_core::Deadline;
/// use std::time::Duration;
///
/// assert!(Deadline::now().has_passed());
/// assert!(Deadline::NEVER.remaining().is_none());
/// assert!(Deadline::after(Duration::from_secs(5)).remaining() > Some(Duration::from_secs(4)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// No deadline: the call waits until it is done, or until a stopper ends it.
    pub const NEVER: Self = Self(None);

    /// A deadline that has passed already: the call tries once and does not wait.
    pub fn now() -> Self {
        Self(Some(Instant::now()))
    }

    /// As [`Deadline::now`], without a look at the clock.
    pub fn past() -> Self {
        static ONCE: OnceLock<Instant> = OnceLock::new();
        Self(Some(*ONCE.get_or_init(Instant::now)))
    }

    /// A deadline `patience` from now; one too far off to count is [`Deadline::NEVER`].
    pub fn after(patience: Duration) -> Self {
        Self(Instant::now().checked_add(patience))
    }

    /// A deadline at `moment`.
    pub const fn at(moment: Instant) -> Self {
        Self(Some(moment))
    }

    /// The moment itself, `None` for [`Deadline::NEVER`].
    pub const fn moment(self) -> Option<Instant> {
        self.0
    }

    /// The time left, zero once it has passed, `None` for [`Deadline::NEVER`].
    pub fn remaining(self) -> Option<Duration> {
        self.0.map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// Whether the moment has come.
    pub fn has_passed(self) -> bool {
        self.0.is_some_and(|at| at <= Instant::now())
    }

    /// The earlier of two deadlines.
    pub fn earlier(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(a), Some(b)) => Self(Some(a.min(b))),
            (a, b) => Self(a.or(b)),
        }
    }
}

impl From<Duration> for Deadline {
    fn from(patience: Duration) -> Self {
        Self::after(patience)
    }
}

impl From<Instant> for Deadline {
    fn from(moment: Instant) -> Self {
        Self::at(moment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_of_two_wins_and_never_loses() {
        let soon = Deadline::after(Duration::from_secs(1));
        let late = Deadline::after(Duration::from_secs(9));
        assert_eq!(soon.earlier(late), soon);
        assert_eq!(Deadline::NEVER.earlier(late), late);
        assert_eq!(Deadline::NEVER.earlier(Deadline::NEVER), Deadline::NEVER);
    }

    #[test]
    fn a_deadline_beyond_the_clock_is_never() {
        assert_eq!(Deadline::after(Duration::MAX), Deadline::NEVER);
    }
}
