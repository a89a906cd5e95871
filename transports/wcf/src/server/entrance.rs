use mio::{Registry, Token};
use samebox_core::{Endpoint, Error, ErrorKind, Operation, Peer, Result};
use samebox_stream::{Door, Duplex, DuplexListener, TurnedAway};
use std::time::Duration;

/// The door of any mechanism, whose clients become connections.
pub(crate) trait Entrance: Send {
    /// Notes that there is news of it.
    fn knock(&mut self);

    /// The next client that is in, or why one is not.
    fn next(&mut self, registry: &Registry) -> Option<Result<Client, TurnedAway>>;

    /// How long the door still rests.
    fn rest(&self) -> Option<Duration>;

    /// Sees to the name, where there is one that needs it.
    fn upkeep(&mut self, registry: &Registry) -> Result<(), Error>;

    /// Whether there is such a name.
    fn needs_upkeep(&self) -> bool;

    /// Closes it; called until it is so.
    fn finish(&mut self, registry: &Registry) -> bool;
}

/// One that came in, and who it is.
pub(crate) type Client = (Box<dyn Duplex>, Peer);

/// The entrance that `listener` is, with its news under `token`.
pub(crate) fn entrance<L: DuplexListener>(
    endpoint: &Endpoint,
    mut listener: L,
    registry: &Registry,
    token: Token,
) -> Result<Box<dyn Entrance>> {
    listener.register(registry, token).map_err(|cause| {
        let why = "the system does not tell of clients at the door";
        endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(cause)
    })?;
    Ok(Box::new(Of(Door::new(listener))))
}

struct Of<L>(Door<L>);

impl<L: DuplexListener> Entrance for Of<L> {
    fn knock(&mut self) {
        self.0.knock();
    }

    fn next(&mut self, registry: &Registry) -> Option<Result<Client, TurnedAway>> {
        let (stream, peer) = match self.0.next(registry)? {
            Ok(client) => client,
            Err(away) => return Some(Err(away)),
        };
        let duplex = L::duplex(stream).map_err(TurnedAway::Shortage);
        Some(duplex.map(|duplex| (duplex, peer)))
    }

    fn rest(&self) -> Option<Duration> {
        self.0.rest()
    }

    fn upkeep(&mut self, registry: &Registry) -> Result<(), Error> {
        if L::NEEDS_UPKEEP { self.0.upkeep(registry) } else { Ok(()) }
    }

    fn needs_upkeep(&self) -> bool {
        L::NEEDS_UPKEEP
    }

    fn finish(&mut self, registry: &Registry) -> bool {
        self.0.finish(registry)
    }
}
