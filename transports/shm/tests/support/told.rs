//! How soon survivors were told, over many rounds.

use std::time::Duration;

/// How soon a survivor knows.
const LIMIT: Duration = Duration::from_millis(100);

/// How soon it knows when others have the processors meanwhile, which no promise covers.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long it took, of each round.
#[derive(Default)]
pub(crate) struct Told(Vec<(Duration, &'static str)>);

impl Told {
    pub(crate) fn note(&mut self, took: Duration, doing: &'static str) {
        self.0.push((took, doing));
    }

    /// Asserts that all were told in time, but for one of 50 that may have had to wait for a processor.
    #[track_caller]
    pub(crate) fn assert_prompt(mut self) {
        self.0.sort();
        let slowest = self.0.last().unwrap();
        println!("of {}: {:?}, slowest {slowest:?}", self.0.len(), self.0[self.0.len() / 2]);
        assert!(slowest.0 < PATIENCE, "{slowest:?}");
        let late = self.0.iter().filter(|(took, _)| *took > LIMIT).collect::<Vec<_>>();
        assert!(late.len() <= self.0.len() / 50, "{late:?}");
    }
}
