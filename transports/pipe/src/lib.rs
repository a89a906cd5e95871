//! samebox over named pipes, as .NET has them on each system.

#![forbid(unsafe_code)]

use samebox_core::{Capabilities, Deadline, Endpoint, Info, Result, Transport};
use samebox_stream::{
    CAPABILITIES, NamedConnector, NamedListener, Options, Place, StreamClient, StreamServer,
};

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

/// The transport `pipe:`.
#[derive(Clone, Copy, Debug)]
pub struct Pipe;

impl Transport for Pipe {
    type Inbox = StreamServer<NamedListener>;
    type Outbox = StreamClient<NamedConnector>;

    fn info(&self) -> &'static Info {
        &system::INFO
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn bind(&self, endpoint: &Endpoint) -> Result<Self::Inbox> {
        let options = Options::read(endpoint)?;
        let listener = NamedListener::bind(endpoint, &place(endpoint)?, &options.allow)?;
        StreamServer::new(endpoint.clone(), options, listener)
    }

    fn connect(&self, endpoint: &Endpoint, deadline: Deadline) -> Result<Self::Outbox> {
        let options = Options::read(endpoint)?;
        let connector = NamedConnector::new(endpoint, place(endpoint)?, &options.allow);
        StreamClient::connect(endpoint, options, connector, deadline)
    }
}

/// Where .NET puts the pipe of an endpoint.
fn place(endpoint: &Endpoint) -> Result<Place> {
    if endpoint.name() == "anonymous" {
        return Err(endpoint.invalid("`anonymous` is a name that .NET keeps for itself"));
    }
    system::place(endpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_dotnet_keeps_for_itself_is_refused() {
        assert!(place(&"pipe:anonymous".parse().unwrap()).is_err());
    }
}
