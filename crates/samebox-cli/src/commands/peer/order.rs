//! What the program and the other end that it started tell each other: one JSON value per line.

use crate::commands::bench::floor::Mechanism;
use crate::exit::{Failure, sentence};
use samebox::ErrorKind;
use serde::{Deserialize, Serialize};
use std::io;

/// What the other end is to do.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// Become the server of an endpoint.
    Bind { endpoint: String },
    /// Become the client of the endpoint that answers go to, where messages go one way only.
    Return { endpoint: String },
    /// Wait for the client of a bare mechanism.
    Floor { mechanism: Mechanism },
    /// Receive one message and tell what it was.
    Hear,
    /// Answer so many messages, each with as many bytes as it has.
    Echo { side: Side, count: u64, size: usize },
    /// Receive so many messages and tell how fast they came.
    Take { side: Side, count: u64, size: usize },
    /// The sending end is done with what it told last to do.
    End,
    /// Tell how much memory this process holds.
    Memory,
    /// Stay on one core.
    Pin { core: usize },
}

/// What the other end says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// It listens here.
    Bound { address: String },
    /// It has begun what it was told to do.
    Ready,
    /// It is done.
    Done,
    /// It received this.
    Heard { payload: String },
    /// It received so much.
    Taken(Taken),
    /// It holds so many bytes, where the system tells.
    Memory { bytes: Option<u64> },
    /// It cannot.
    Failed { kind: String, reason: String },
}

/// Whether messages go through samebox, or through its mechanism bare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Side {
    /// Through samebox.
    Ours,
    /// Through memory that samebox lends.
    Lent,
    /// Bare system calls.
    Floor,
}

/// What was received, and how fast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Taken {
    /// Messages received.
    pub(crate) received: u64,
    /// Messages between the first and the last look at the clock.
    pub(crate) timed: u64,
    /// Nanoseconds between those looks.
    pub(crate) span_ns: u64,
}

impl Taken {
    /// Messages per second, where at least two looks at the clock allow to tell.
    pub(crate) fn rate(&self) -> Option<f64> {
        (self.timed > 0 && self.span_ns > 0).then(|| self.timed as f64 * 1e9 / self.span_ns as f64)
    }
}

/// Why something did not work, at this end or at the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) kind: ErrorKind,
    pub(crate) reason: String,
}

pub(crate) type Attempt<T> = Result<T, Trouble>;

impl Trouble {
    pub(crate) fn new(kind: ErrorKind, reason: impl Into<String>) -> Self {
        Self { kind, reason: reason.into() }
    }

    /// What the other end said that it has met.
    fn told(kind: &str, reason: String) -> Self {
        let kind = ErrorKind::ALL.into_iter().find(|known| known.to_string() == kind);
        Self { kind: kind.unwrap_or(ErrorKind::Io), reason }
    }
}

impl From<samebox::Error> for Trouble {
    fn from(error: samebox::Error) -> Self {
        Self::new(error.kind(), sentence(&error))
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::Unsupported => ErrorKind::Unsupported,
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => ErrorKind::TimedOut,
            _ => ErrorKind::Io,
        };
        Self::new(kind, format!("the bare mechanism failed: {error}; try again"))
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::new(trouble.kind, trouble.reason)
    }
}

impl From<Trouble> for Answer {
    fn from(trouble: Trouble) -> Self {
        Self::Failed { kind: trouble.kind.to_string(), reason: trouble.reason }
    }
}

impl Answer {
    /// The answer, or the trouble that it tells of.
    pub(crate) fn into_attempt(self) -> Attempt<Self> {
        match self {
            Self::Failed { kind, reason } => Err(Trouble::told(&kind, reason)),
            answer => Ok(answer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_keeps_its_kind_on_the_way() {
        for kind in ErrorKind::ALL {
            let trouble = Trouble::new(kind, "because");
            let line = serde_json::to_string(&Answer::from(trouble.clone())).unwrap();
            let answer: Answer = serde_json::from_str(&line).unwrap();
            assert_eq!(answer.into_attempt().unwrap_err(), trouble);
        }
    }

    #[test]
    fn a_rate_needs_time_to_pass() {
        assert_eq!(Taken { received: 1, timed: 0, span_ns: 0 }.rate(), None);
        assert_eq!(Taken { received: 11, timed: 10, span_ns: 1000 }.rate(), Some(1e7));
    }
}
