use super::statistics::Percentiles;
use serde::Serialize;

/// The outcome for one size of one endpoint; what has no floor here has nothing to compare with.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) endpoint: String,
    pub(crate) size: usize,
    /// Whether only the first bytes were written, in lent memory, and read there.
    pub(crate) lent: bool,
    /// The size of the floor's messages.
    pub(crate) floor_size: usize,
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
    /// Ours by the floor, as all ratios: the median of the ratios of all rounds.
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
            lent: false,
            floor_size: size,
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

    /// Fills in what follows from the rates; nothing for lent memory, most of which nobody touched.
    pub(crate) fn with_bytes(self) -> Self {
        if self.lent {
            return self;
        }
        let bytes = |rate: Option<f64>| rate.map(|rate| rate * self.size as f64);
        Self {
            bytes_per_second: bytes(self.messages_per_second),
            floor_bytes_per_second: bytes(self.floor_messages_per_second),
            bytes_ratio: self.rate_ratio,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_follow_from_messages() {
        let (single, floor) = (Some(80.0), Some(100.0));
        let row = Row {
            messages_per_second: single,
            floor_messages_per_second: floor,
            rate_ratio: Some(0.8),
            ..Row::new("unix:x", 64, 1)
        };
        let row = row.with_bytes();
        assert_eq!(
            (row.bytes_per_second, row.floor_bytes_per_second),
            (Some(5120.0), Some(6400.0))
        );
        assert_eq!(row.bytes_ratio, Some(0.8));
        let lent = Row { lent: true, ..Row::new("shm:x", 64, 1) };
        let lent = Row { messages_per_second: single, ..lent }.with_bytes();
        assert_eq!(lent.bytes_per_second, None);
    }
}
