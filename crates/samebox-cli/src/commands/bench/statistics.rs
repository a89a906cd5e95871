use serde::Serialize;

/// What many samples of one kind say, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Percentiles {
    pub(crate) p50: u64,
    pub(crate) p99: u64,
    pub(crate) p999: u64,
    pub(crate) max: u64,
}

impl Percentiles {
    /// Of at least one sample.
    pub(crate) fn of(mut samples: Vec<u64>) -> Option<Self> {
        samples.sort_unstable();
        let at = |share: f64| {
            // The smallest sample that so large a share of the samples does not exceed.
            let rank = (share * samples.len() as f64).ceil() as usize;
            samples.get(rank.max(1) - 1).copied()
        };
        Some(Self { p50: at(0.5)?, p99: at(0.99)?, p999: at(0.999)?, max: *samples.last()? })
    }

    /// The medians over several rounds, and the largest of all.
    pub(crate) fn over(rounds: &[Self]) -> Option<Self> {
        let middle = |part: fn(&Self) -> u64| {
            let parts: Vec<_> = rounds.iter().map(|round| part(round) as f64).collect();
            median(&parts).map(|value| value as u64)
        };
        Some(Self {
            p50: middle(|round| round.p50)?,
            p99: middle(|round| round.p99)?,
            p999: middle(|round| round.p999)?,
            max: rounds.iter().map(|round| round.max).max()?,
        })
    }
}

/// The value in the middle, or between the two in the middle.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let half = sorted.len() / 2;
    let upper = *sorted.get(half)?;
    Some(if sorted.len() % 2 == 1 { upper } else { (sorted[half - 1] + upper) / 2.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples() {
        let of = Percentiles::of((1..=1000).rev().collect());
        assert_eq!(of, Some(Percentiles { p50: 500, p99: 990, p999: 999, max: 1000 }));
        let one = Percentiles::of(vec![7]);
        assert_eq!(one, Some(Percentiles { p50: 7, p99: 7, p999: 7, max: 7 }));
        assert_eq!(Percentiles::of(Vec::new()), None);
    }

    #[test]
    fn one_bad_round_moves_no_median() {
        let round = |p50| Percentiles { p50, p99: 2 * p50, p999: 3 * p50, max: 4 * p50 };
        let over = Percentiles::over(&[round(10), round(1000), round(11)]);
        assert_eq!(over, Some(Percentiles { p50: 11, p99: 22, p999: 33, max: 4000 }));
    }

    #[test]
    fn a_median_of_two_is_between_them() {
        assert_eq!(median(&[1.0, 4.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }
}
