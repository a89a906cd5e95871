use crate::{Accepted, Listener};
use mio::Registry;
use samebox_core::{Error, Peer, Result};
use std::io;
use std::time::{Duration, Instant};

/// Lets clients in, and rests for a moment when the system cannot take more.
#[derive(Debug)]
pub struct Door<L> {
    listener: L,
    /// Clients may be waiting: news of them do not come again before all are in.
    knocked: bool,
    /// When to try again after the system was out of descriptors or memory.
    retry_at: Option<Instant>,
}

/// How long the door rests when the system is out of descriptors.
const REST: Duration = Duration::from_millis(100);

/// Why a client is not in.
#[derive(Debug)]
pub enum TurnedAway {
    /// It was refused.
    Client(Error),
    /// The system cannot take more clients for now.
    Shortage(io::Error),
}

impl<L: Listener> Door<L> {
    /// The door of a listener that is registered.
    pub const fn new(listener: L) -> Self {
        Self { listener, knocked: true, retry_at: None }
    }

    /// Notes that there is news of it.
    pub const fn knock(&mut self) {
        self.knocked = true;
    }

    /// Whether clients may be waiting that could come in now.
    pub const fn is_knocked(&self) -> bool {
        self.knocked && self.retry_at.is_none()
    }

    /// How long the door still rests.
    pub fn rest(&self) -> Option<Duration> {
        self.retry_at.map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// See [`Listener::upkeep`].
    ///
    /// # Errors
    /// As there.
    pub fn upkeep(&mut self, registry: &Registry) -> Result<()> {
        self.listener.upkeep(registry)
    }

    /// See [`Listener::finish`].
    pub fn finish(&mut self, registry: &Registry) -> bool {
        self.listener.finish(registry)
    }

    /// The next client that is in, or why one is not.
    pub fn next(
        &mut self,
        registry: &Registry,
    ) -> Option<std::result::Result<(L::Stream, Peer), TurnedAway>> {
        if self.retry_at.is_some_and(|at| at <= Instant::now()) {
            self.retry_at = None;
        }
        while self.is_knocked() {
            match self.listener.accept(registry) {
                Ok(Accepted::Client(stream, peer)) => return Some(Ok((stream, peer))),
                Ok(Accepted::Refused(error)) => return Some(Err(TurnedAway::Client(error))),
                Ok(Accepted::Nobody) => self.knocked = false,
                Err(error) if is_of_one_client(&error) => {}
                Err(error) => {
                    self.retry_at = Some(Instant::now() + REST);
                    return Some(Err(TurnedAway::Shortage(error)));
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
