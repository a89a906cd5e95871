//! samebox over TCP, on loopback unless an address says otherwise.

#![forbid(unsafe_code)]

use mio::event::Source;
use mio::net::TcpListener;
use mio::{Interest, Registry, Token};
use samebox_core::{
    Access, CAPACITY, Capabilities, Deadline, Endpoint, ErrorKind, FRAMING, Identity, Info, MAX,
    Operation, Peer, Result, STALL, Transport,
};
use samebox_stream::{
    Accepted, CAPABILITIES, ChannelSocket, Connector, Listener, Options, StreamClient,
    StreamServer, StreamSocket, WAIT,
};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

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
    type Inbox = StreamServer<Door>;
    type Outbox = StreamClient<Dialler>;

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
        let (listener, address) = listen(endpoint, &addresses)?;
        StreamServer::new(endpoint.with_name(address.to_string()), options, Door(listener))
    }

    fn connect(&self, endpoint: &Endpoint, deadline: Deadline) -> Result<Self::Outbox> {
        let options = Options::read(endpoint)?;
        let addresses = endpoint.socket_addresses()?;
        if addresses.iter().any(|address| address.port() == 0) {
            return Err(endpoint.invalid("a client needs the server's port, and 0 is none"));
        }
        let dialler = Dialler { endpoint: endpoint.clone(), addresses };
        StreamClient::connect(endpoint, options, dialler, deadline)
    }
}

fn listen(endpoint: &Endpoint, addresses: &[SocketAddr]) -> Result<(TcpListener, SocketAddr)> {
    // A host name with several addresses means the first: a server has one place.
    let bound = system::listen(addresses[0]);
    let listener = bound.and_then(|listener| listener.local_addr().map(|at| (listener, at)));
    listener.map_err(|cause| {
        let (kind, why) = match cause.kind() {
            io::ErrorKind::AddrInUse => (ErrorKind::AddressInUse, "a live server has this port"),
            io::ErrorKind::PermissionDenied => {
                (ErrorKind::Denied, "this user may not use this port")
            }
            io::ErrorKind::AddrNotAvailable => {
                (ErrorKind::InvalidEndpoint, "this machine does not have this address")
            }
            _ => (ErrorKind::Io, "the system does not give this port"),
        };
        endpoint.error(kind, Operation::Bind, why).with_source(cause)
    })
}

/// The door of a TCP server.
#[derive(Debug)]
pub struct Door(TcpListener);

impl Listener for Door {
    type Stream = StreamSocket;
    const NEEDS_UPKEEP: bool = false;

    fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.0.register(registry, token, Interest::READABLE)
    }

    fn accept(&mut self, _: &Registry) -> io::Result<Accepted<StreamSocket>> {
        match self.0.accept() {
            Ok((stream, address)) => {
                stream.set_nodelay(true)?;
                Ok(Accepted::Client(StreamSocket::tcp(stream), Peer::at(address.to_string())))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Accepted::Nobody),
            Err(error) => Err(error),
        }
    }

    fn upkeep(&mut self, _: &Registry) -> Result<()> {
        Ok(())
    }
}

/// How clients reach a TCP server.
#[derive(Clone, Debug)]
pub struct Dialler {
    endpoint: Endpoint,
    addresses: Vec<SocketAddr>,
}

impl Dialler {
    /// How long one attempt may take at least: a host may be a network away.
    const PATIENCE: Duration = Duration::from_secs(5);

    fn failed(&self, cause: io::Error) -> samebox_core::Error {
        let (kind, why) = match cause.kind() {
            io::ErrorKind::ConnectionRefused => (ErrorKind::NotListening, "nobody listens there"),
            io::ErrorKind::TimedOut => (ErrorKind::TimedOut, "the host does not answer"),
            _ => (ErrorKind::Io, "the system refused the connection"),
        };
        self.endpoint.error(kind, Operation::Connect, why).with_source(cause)
    }
}

impl Connector for Dialler {
    type Channel = ChannelSocket<true>;

    fn connect(&mut self, deadline: Deadline) -> Result<Self::Channel> {
        let patience = deadline.remaining().map_or(Self::PATIENCE, |left| left.max(Self::PATIENCE));
        let mut failure = io::ErrorKind::AddrNotAvailable.into();
        for address in &self.addresses {
            match dial(*address, patience) {
                Ok(stream) => return Ok(ChannelSocket::new(stream, Peer::at(address.to_string()))),
                Err(error) => failure = error,
            }
        }
        Err(self.failed(failure))
    }
}

fn dial(address: SocketAddr, patience: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, patience)?;
    if stream.local_addr()? == stream.peer_addr()? {
        // Nobody listens there, and the system happened to choose the very same port for this side.
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    stream.set_nodelay(true)?;
    system::prepare(&stream)?;
    Ok(stream)
}
