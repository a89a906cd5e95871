//! samebox over TCP, on loopback unless an address says otherwise.

#![forbid(unsafe_code)]

use samebox_core::{
    Access, CAPACITY, Capabilities, Deadline, Endpoint, FRAMING, Identity, Info, MAX, Result,
    STALL, Transport,
};
use samebox_stream::{
    CAPABILITIES, Options, StreamClient, StreamServer, TcpDialler, TcpDoor, WAIT,
};

/// The transport `tcp:`.
#[derive(Clone, Copy, Debug)]
pub struct Tcp;

static INFO: Info = Info {
    scheme: "tcp",
    mechanism: "TCP socket",
    names: "HOST:PORT, or PORT for this machine alone; port 0 lets the system choose",
    example: "tcp:localhost:7100",
    settings: &[FRAMING, MAX, WAIT, CAPACITY, STALL],
};

impl Transport for Tcp {
    type Inbox = StreamServer<TcpDoor>;
    type Outbox = StreamClient<TcpDialler>;

    fn info(&self) -> &'static Info {
        &INFO
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            identity: Identity::Address,
            access: Access::ThisMachine,
            cross_host: true,
            ..CAPABILITIES
        }
    }

    fn bind(&self, endpoint: &Endpoint) -> Result<Self::Inbox> {
        let options = Options::read(endpoint)?;
        let addresses = endpoint.socket_addresses()?;
        // A host name with several addresses means the first: a server has one place.
        let (door, address) = TcpDoor::listen(endpoint, addresses[0])?;
        StreamServer::new(endpoint.with_name(address.to_string()), options, door)
    }

    fn connect(&self, endpoint: &Endpoint, deadline: Deadline) -> Result<Self::Outbox> {
        let options = Options::read(endpoint)?;
        let dialler = TcpDialler::new(endpoint, endpoint.socket_addresses()?)?;
        StreamClient::connect(endpoint, options, dialler, deadline)
    }
}
