use std::fmt;

/// What is measured of each subject that can do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// A question of 64 bytes and its answer, both ends polling, each on a core of its own.
    PolledTrip,
    /// The same, both ends in the call that waits until there is something.
    BlockingTrip,
    /// The same, both ends on one core.
    BlockingTripOneCore,
    /// A stream of messages of 64 bytes.
    Rate,
    /// A stream of messages of 1 MiB, copied in and out.
    Bandwidth,
    /// A question of 1 MiB in memory that the subject lent, so never copied, and a small answer.
    LoanTrip,
}

/// How an end waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// It looks again and again.
    Polling,
    /// It is in a call that sleeps in the kernel, though perhaps not at once.
    Blocking,
}

impl Wait {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::Blocking => "blocking",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Polling, Self::Blocking].into_iter().find(|wait| wait.word() == word)
    }
}

/// What the two ends do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    Trips,
    LoanTrips,
    OneWay,
}

pub(crate) const SMALL: usize = 64;
pub(crate) const LARGE: usize = 1 << 20;

impl Measure {
    pub(crate) const ALL: [Self; 6] = [
        Self::PolledTrip,
        Self::BlockingTrip,
        Self::BlockingTripOneCore,
        Self::Rate,
        Self::Bandwidth,
        Self::LoanTrip,
    ];

    /// What the document calls it.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::PolledTrip => "round trip, polling",
            Self::BlockingTrip => "round trip, blocking",
            Self::BlockingTripOneCore => "round trip, blocking, one core",
            Self::Rate => "one way, 64 B",
            Self::Bandwidth => "one way, 1 MiB copied",
            Self::LoanTrip => "round trip, 1 MiB lent",
        }
    }

    /// Bytes of one message.
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::Bandwidth | Self::LoanTrip => LARGE,
            _ => SMALL,
        }
    }

    /// What the two ends do.
    pub(crate) const fn pattern(self) -> Pattern {
        match self {
            Self::Rate | Self::Bandwidth => Pattern::OneWay,
            Self::LoanTrip => Pattern::LoanTrips,
            _ => Pattern::Trips,
        }
    }

    /// How the ends wait, where the measure says so; each subject knows its own fastest way.
    pub(crate) const fn wait(self) -> Option<Wait> {
        match self {
            Self::PolledTrip => Some(Wait::Polling),
            Self::BlockingTrip | Self::BlockingTripOneCore => Some(Wait::Blocking),
            Self::Rate | Self::Bandwidth | Self::LoanTrip => None,
        }
    }

    /// Whether a larger figure is a better one.
    pub(crate) const fn is_rate(self) -> bool {
        matches!(self.pattern(), Pattern::OneWay)
    }

    /// How many times the floor's cost a subject's cost is: 1 is as good as the floor, 2 half as good.
    pub(crate) fn cost(self, subject: f64, floor: f64) -> f64 {
        if self.is_rate() { floor / subject } else { subject / floor }
    }

    /// A figure of this measure with three digits that count.
    pub(crate) fn figure(self, value: f64) -> String {
        match self {
            Self::Rate => format!("{}/s", amount(value)),
            Self::Bandwidth => format!("{}B/s", amount(value * LARGE as f64)),
            _ => time(value),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

fn time(ns: f64) -> String {
    match ns {
        _ if ns < 999.5 => format!("{} ns", three(ns)),
        _ if ns < 999_500.0 => format!("{} µs", three(ns / 1e3)),
        _ => format!("{} ms", three(ns / 1e6)),
    }
}

fn amount(number: f64) -> String {
    match number {
        _ if number < 999_500.0 => format!("{} k", three(number / 1e3)),
        _ if number < 999_500_000.0 => format!("{} M", three(number / 1e6)),
        _ => format!("{} G", three(number / 1e9)),
    }
}

/// A number with three digits that count.
pub(crate) fn three(number: f64) -> String {
    match number {
        _ if number < 9.995 => format!("{number:.2}"),
        _ if number < 99.95 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_that_count_and_a_unit() {
        assert_eq!(Measure::PolledTrip.figure(61.25), "61.2 ns");
        assert_eq!(Measure::BlockingTrip.figure(12_345.0), "12.3 µs");
        assert_eq!(Measure::Rate.figure(50_400_000.0), "50.4 M/s");
        assert_eq!(Measure::Bandwidth.figure(10_000.0), "10.5 GB/s");
    }

    #[test]
    fn half_a_rate_and_twice_a_time_cost_the_same() {
        assert_eq!(Measure::Rate.cost(5.0, 10.0), 2.0);
        assert_eq!(Measure::PolledTrip.cost(10.0, 5.0), 2.0);
    }
}
