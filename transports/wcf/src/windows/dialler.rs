use super::published::find;
use crate::PipeName;
use samebox_core::{Allow, Backoff, Deadline, Endpoint, ErrorKind, Peer, Result};
use samebox_stream::{ChannelPipe, Connector, Duplex, DuplexConnector, NamedConnector, Place};
use std::io;
use std::time::Duration;

/// How clients reach a server whose pipe has a random name.
#[derive(Clone, Debug)]
pub struct PipeDialler {
    endpoint: Endpoint,
    name: PipeName,
    allow: Allow,
}

impl PipeDialler {
    /// How long a server that publishes its pipe may take to have it there.
    const PATIENCE: Duration = Duration::from_secs(1);

    /// A dialler of the service called `name`, whose server must belong to this user or to one of
    /// `allow`.
    ///
    /// # Errors
    /// None here; on Unix, where the place of the service cannot be told.
    pub fn new(endpoint: &Endpoint, name: &PipeName, allow: &Allow) -> Result<Self> {
        Ok(Self { endpoint: endpoint.clone(), name: name.clone(), allow: allow.clone() })
    }
}

impl Connector for PipeDialler {
    type Channel = ChannelPipe;

    fn connect(&mut self, deadline: Deadline) -> Result<ChannelPipe> {
        let left = deadline.remaining().map_or(Self::PATIENCE, |left| left.min(Self::PATIENCE));
        let mut backoff = Backoff::until(Deadline::after(left));
        loop {
            // Each time anew: a server that started again has another pipe.
            let place = Place::Messages(find(&self.endpoint, &self.name)?.to_string());
            let mut connector = NamedConnector::new(&self.endpoint, place, &self.allow);
            match connector.connect(deadline) {
                Err(error) if error.kind() == ErrorKind::NotListening && backoff.pause() => {}
                other => return other,
            }
        }
    }
}

impl DuplexConnector for PipeDialler {
    fn duplex(channel: ChannelPipe) -> io::Result<(Box<dyn Duplex>, Peer)> {
        NamedConnector::duplex(channel)
    }
}
