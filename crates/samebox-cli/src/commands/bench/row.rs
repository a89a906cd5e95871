use super::statistics::Percentiles;
use serde::Serialize;

/// The outcome for one size of one endpoint; what has no floor here has nothing to compare with.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) endpoint: String,
    pub(crate) size: usize,
    pub(crate) round_trip_ns: Option<Percentiles>,
    pub(crate) messages_per_second: Option<f64>,
    pub(crate) batched_messages_per_second: Option<f64>,
    pub(crate) bytes_per_second: Option<f64>,
    /// Round trips measured.
    pub(crate) samples: u64,
    /// The median.
    pub(crate) floor_round_trip_ns: Option<u64>,
    pub(crate) floor_messages_per_second: Option<f64>,
    pub(crate) floor_bytes_per_second: Option<f64>,
    /// Ours by the floor, as all ratios: medians of all rounds.
    pub(crate) round_trip_ratio: Option<f64>,
    pub(crate) rate_ratio: Option<f64>,
    /// Of the floor's single sends.
    pub(crate) batched_ratio: Option<f64>,
    pub(crate) bytes_ratio: Option<f64>,
    /// Shares of what was sent that did not arrive.
    pub(crate) lost: Lost,
    pub(crate) rounds: usize,
}

/// Shares of what was sent that did not arrive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Lost {
    pub(crate) single: Option<f64>,
    pub(crate) batched: Option<f64>,
    pub(crate) floor: Option<f64>,
}

impl Lost {
    /// Whether anything was lost.
    pub(crate) fn is_any(&self) -> bool {
        [self.single, self.batched, self.floor].into_iter().flatten().any(|share| share > 0.0)
    }
}

impl Row {
    pub(crate) fn new(endpoint: &str, size: usize, rounds: usize) -> Self {
        Self {
            endpoint: endpoint.into(),
            size,
            round_trip_ns: None,
            messages_per_second: None,
            batched_messages_per_second: None,
            bytes_per_second: None,
            samples: 0,
            floor_round_trip_ns: None,
            floor_messages_per_second: None,
            floor_bytes_per_second: None,
            round_trip_ratio: None,
            rate_ratio: None,
            batched_ratio: None,
            bytes_ratio: None,
            lost: Lost::default(),
            rounds,
        }
    }

    pub(crate) fn with_round_trips(
        self,
        ours: Option<Percentiles>,
        floor: Option<Percentiles>,
        samples: u64,
    ) -> Self {
        let p50 = |trips: Option<Percentiles>| trips.map(|trips| trips.p50);
        let round_trip_ratio = ratio(p50(ours).map(|ns| ns as f64), p50(floor).map(|ns| ns as f64));
        Self {
            round_trip_ns: ours,
            floor_round_trip_ns: p50(floor),
            round_trip_ratio,
            samples,
            ..self
        }
    }

    pub(crate) fn with_rates(
        self,
        single: Option<f64>,
        batched: Option<f64>,
        floor: Option<f64>,
    ) -> Self {
        let bytes = |rate: Option<f64>| rate.map(|rate| rate * self.size as f64);
        Self {
            messages_per_second: single,
            batched_messages_per_second: batched,
            bytes_per_second: bytes(single),
            floor_messages_per_second: floor,
            floor_bytes_per_second: bytes(floor),
            rate_ratio: ratio(single, floor),
            batched_ratio: ratio(batched, floor),
            bytes_ratio: ratio(single, floor),
            ..self
        }
    }

    pub(crate) fn with_lost(self, lost: Lost) -> Self {
        Self { lost, ..self }
    }
}

fn ratio(ours: Option<f64>, floor: Option<f64>) -> Option<f64> {
    let ratio = ours? / floor?;
    ratio.is_finite().then_some(ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_ours_by_the_floor() {
        let trips = |p50| Some(Percentiles { p50, p99: p50, p999: p50, max: p50 });
        let row = Row::new("unix:x", 64, 1).with_round_trips(trips(30), trips(20), 9).with_rates(
            Some(80.0),
            Some(400.0),
            Some(100.0),
        );
        assert_eq!(row.round_trip_ratio, Some(1.5));
        assert_eq!((row.rate_ratio, row.batched_ratio), (Some(0.8), Some(4.0)));
        assert_eq!(
            (row.bytes_per_second, row.floor_bytes_per_second),
            (Some(5120.0), Some(6400.0))
        );
    }

    #[test]
    fn without_a_floor_there_is_no_ratio() {
        let row = Row::new("unix:x", 64, 1).with_rates(Some(80.0), None, None);
        assert_eq!(row.rate_ratio, None);
        let row = row.with_rates(Some(80.0), None, Some(0.0));
        assert_eq!(row.rate_ratio, None);
    }
}
