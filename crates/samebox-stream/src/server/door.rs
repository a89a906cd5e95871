use crate::{Accepted, Listener};
use mio::Registry;
use samebox_core::{Error, ErrorKind, Operation, Peer, Result};
use std::io;
use std::time::{Duration, Instant};

/// Lets clients in, and rests for a moment when the system cannot take more.
pub(super) struct Door<L> {
    listener: L,
    /// Clients may be waiting: news of them do not come again before all are in.
    knocked: bool,
    /// When to try again after the system was out of descriptors or memory.
    retry_at: Option<Instant>,
}

/// How long the door rests when the system is out of descriptors.
const REST: Duration = Duration::from_millis(100);

impl<L: Listener> Door<L> {
    pub(super) const fn new(listener: L) -> Self {
        Self { listener, knocked: true, retry_at: None }
    }

    pub(super) const fn knock(&mut self) {
        self.knocked = true;
    }

    /// Whether clients may be waiting that could come in now.
    pub(super) const fn is_knocked(&self) -> bool {
        self.knocked && self.retry_at.is_none()
    }

    /// How long the door still rests.
    pub(super) fn rest(&self) -> Option<Duration> {
        self.retry_at.map(|at| at.saturating_duration_since(Instant::now()))
    }

    pub(super) fn upkeep(&mut self, registry: &Registry) -> Result<()> {
        self.listener.upkeep(registry)
    }

    pub(super) fn finish(&mut self, registry: &Registry) -> bool {
        self.listener.finish(registry)
    }

    /// The next client that is in, or why one is not.
    pub(super) fn next(&mut self, registry: &Registry) -> Option<Result<(L::Stream, Peer)>> {
        if self.retry_at.is_some_and(|at| at <= Instant::now()) {
            self.retry_at = None;
        }
        while self.is_knocked() {
            match self.listener.accept(registry) {
                Ok(Accepted::Client(stream, peer)) => return Some(Ok((stream, peer))),
                Ok(Accepted::Refused(error)) => return Some(Err(error)),
                Ok(Accepted::Nobody) => self.knocked = false,
                Err(error) if is_of_one_client(&error) => {}
                Err(error) => {
                    self.retry_at = Some(Instant::now() + REST);
                    let why = "no more clients can come in for now";
                    let fault = Error::new(ErrorKind::Io, Operation::Recv, "the next client", why);
                    let advice = "raise the limit of open files (ulimit -n)";
                    return Some(Err(fault.with_advice(advice).with_source(error)));
                }
            }
        }
        None
    }
}

/// Whether a failed accept concerned one client, gone since, and not the door.
fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}
