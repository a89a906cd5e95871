//! The door: where clients come in.

use mio::{Registry, Token};
use samebox_core::{Error, Peer, Result};
use samebox_stream::{Accepted, Listener, NamedListener};
use std::io;
use std::time::{Duration, Instant};

/// Lets clients in, and rests for a moment when the system cannot take more.
pub(super) struct Rendezvous {
    listener: NamedListener,
    /// Clients may be waiting: news of them do not come again before all are in.
    knocked: bool,
    retry_at: Option<Instant>,
}

/// What comes through the door.
pub(super) type Stream = <NamedListener as Listener>::Stream;

/// How long the door rests when the system is out of descriptors.
const REST: Duration = Duration::from_millis(100);

/// Why nobody more comes in.
pub(super) enum Refused {
    /// A client was turned away.
    One(Error),
    /// The system cannot take more for now.
    All(io::Error),
}

impl Rendezvous {
    pub(super) fn new(
        mut listener: NamedListener,
        registry: &Registry,
        token: Token,
    ) -> io::Result<Self> {
        listener.register(registry, token)?;
        Ok(Self { listener, knocked: true, retry_at: None })
    }

    pub(super) fn knock(&mut self) {
        self.knocked = true;
    }

    /// Whether clients may be waiting that could come in now.
    pub(super) fn is_knocked(&self) -> bool {
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
    pub(super) fn next(
        &mut self,
        registry: &Registry,
    ) -> Option<std::result::Result<(Stream, Peer), Refused>> {
        use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
        if self.retry_at.is_some_and(|at| at <= Instant::now()) {
            self.retry_at = None;
        }
        while self.is_knocked() {
            match self.listener.accept(registry) {
                Ok(Accepted::Client(stream, peer)) => return Some(Ok((stream, peer))),
                Ok(Accepted::Refused(error)) => return Some(Err(Refused::One(error))),
                Ok(Accepted::Nobody) => self.knocked = false,
                // It concerned one client, gone since.
                Err(error)
                    if matches!(
                        error.kind(),
                        ConnectionAborted | ConnectionReset | Interrupted
                    ) => {}
                Err(error) => {
                    self.retry_at = Some(Instant::now() + REST);
                    return Some(Err(Refused::All(error)));
                }
            }
        }
        None
    }
}
