//! What a subject has to do to be measured.

use crate::end;
use crate::measure::{Measure, Wait};
use std::error::Error;
use std::time::{Duration, Instant};

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// One thing that is measured: a crate, or a floor.
pub(crate) trait Subject {
    /// What the document calls it, and `--only` too.
    const NAME: &'static str;
    /// What it can do.
    const MEASURES: &'static [Measure];
    /// How it waits where a measure leaves that to it.
    const FASTEST: Wait;

    type Near: Near;
    type Far: Far;
}

/// What two ends have to agree on before there is a connection.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// A name that no other connection has; for the near end, what the far end announced.
    pub(crate) name: String,
    /// The size of every message.
    pub(crate) size: usize,
    pub(crate) wait: Wait,
}

/// The end that asks and sends. Messages carry their number in their first 8 bytes.
pub(crate) trait Near: Sized {
    /// Connects to the far end that announced `link.name`.
    fn open(link: &Link) -> Outcome<Self>;

    /// Sends `payload`, waits for the answer and returns the number in it.
    fn ask(&mut self, _payload: &[u8]) -> Outcome<u64> {
        Err("asks no questions".into())
    }

    /// Sends `payload`; waits for room where the subject can.
    fn send(&mut self, _payload: &[u8]) -> Outcome<()> {
        Err("sends no streams".into())
    }

    /// As `ask`, with a message in lent memory of which only the number is written.
    fn ask_by_loan(&mut self, _number: u64) -> Outcome<u64> {
        Err("lends no memory".into())
    }
}

/// The end that answers and receives.
pub(crate) trait Far: Sized {
    /// Opens and waits for the near end, after telling `announce` where to find this end.
    fn open(link: &Link, announce: &mut dyn FnMut(&str) -> Outcome<()>) -> Outcome<Self>;

    /// Receives one message and answers it with its own payload.
    fn answer(&mut self) -> Outcome<()> {
        Err("answers no questions".into())
    }

    /// Receives one message, copies it out and returns its number; `None` when no more come.
    fn take(&mut self) -> Outcome<Option<u64>> {
        Err("receives no streams".into())
    }

    /// Receives one lent message and answers it with a small message that has its number.
    fn answer_by_loan(&mut self) -> Outcome<()> {
        Err("lends no memory".into())
    }
}

/// A subject without its types.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) measures: &'static [Measure],
    pub(crate) fastest: Wait,
    /// What its two processes run.
    pub(crate) near: fn(&Link) -> Outcome<()>,
    pub(crate) far: fn(&Link) -> Outcome<()>,
}

impl Entry {
    pub(crate) const fn of<S: Subject>() -> Self {
        Self {
            name: S::NAME,
            measures: S::MEASURES,
            fastest: S::FASTEST,
            near: end::near::<S::Near>,
            far: end::far::<S::Far>,
        }
    }

    pub(crate) fn can(&self, measure: Measure) -> bool {
        self.measures.contains(&measure)
    }
}

/// The number that a message carries; 0 for one too short, which is no number under way then.
pub(crate) fn number_in(payload: &[u8]) -> u64 {
    payload.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// How long an end polls for a message before it takes it that no more come.
const PATIENCE: Duration = Duration::from_millis(250);

/// Looks again and again; `None` after a while without anything found.
pub(crate) fn poll<T>(mut look: impl FnMut() -> Outcome<Option<T>>) -> Outcome<Option<T>> {
    let mut begin = None;
    loop {
        for _ in 0..4096 {
            if let Some(found) = look()? {
                return Ok(Some(found));
            }
            std::hint::spin_loop();
        }
        if begin.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
            return Ok(None);
        }
    }
}

/// Looks again and again for a message that must come.
pub(crate) fn poll_for<T>(mut look: impl FnMut() -> Outcome<Option<T>>) -> Outcome<T> {
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        std::hint::spin_loop();
    }
}
