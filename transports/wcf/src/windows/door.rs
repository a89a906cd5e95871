use super::published::{Guid, Published};
use crate::PipeName;
use mio::{Registry, Token};
use samebox_core::{Allow, Endpoint, ErrorKind, Operation, Result};
use samebox_stream::{
    Accepted, Duplex, DuplexListener, Listener, NamedListener, Place, StreamPipe,
    readable_by_clients,
};
use std::io;

/// The door of a server: a pipe with a random name, and the memory that tells clients that name.
#[derive(Debug)]
pub struct PipeDoor {
    /// Before the pipe, which is there as long as it is published.
    _published: Published,
    listener: NamedListener,
}

/// Becomes the server of the service called `name`, for this user and those that `allow` names.
///
/// # Errors
/// `AddressInUse` when a live server has the name.
pub fn open_pipe(endpoint: &Endpoint, name: &PipeName, allow: &Allow) -> Result<PipeDoor> {
    let published = Published::claim(endpoint, name, &readable_by_clients(endpoint, allow)?)?;
    let guid = Guid::random().map_err(|cause| {
        let why = "the system gives no name for its pipe";
        endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(cause)
    })?;
    let listener = NamedListener::bind(endpoint, &Place::Messages(guid.to_string()), allow)?;
    published.announce(guid);
    Ok(PipeDoor { _published: published, listener })
}

impl Listener for PipeDoor {
    type Stream = StreamPipe;
    const NEEDS_UPKEEP: bool = NamedListener::NEEDS_UPKEEP;

    fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.listener.register(registry, token)
    }

    fn accept(&mut self, registry: &Registry) -> io::Result<Accepted<StreamPipe>> {
        self.listener.accept(registry)
    }

    fn upkeep(&mut self, registry: &Registry) -> Result<()> {
        self.listener.upkeep(registry)
    }

    fn finish(&mut self, registry: &Registry) -> bool {
        self.listener.finish(registry)
    }
}

impl DuplexListener for PipeDoor {
    fn duplex(client: StreamPipe) -> io::Result<Box<dyn Duplex>> {
        NamedListener::duplex(client)
    }
}
