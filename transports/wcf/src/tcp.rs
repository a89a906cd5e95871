//! The sockets of `net.tcp`.

use crate::address::TcpAddress;
use crate::client::{Target, dial as dialling};
use crate::server::{Made, Place, entrance};
use crate::tcp_system;
use mio::event::Source;
use mio::net::TcpListener;
use mio::{Interest, Registry, Token};
use samebox_core::{Deadline, Endpoint, Error, ErrorKind, Operation, Peer, Result};
use samebox_stream::{
    Accepted, ChannelSocket, Connector, Duplex, DuplexConnector, DuplexListener, DuplexSocket,
    Listener, StreamSocket,
};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The door of a server.
#[derive(Debug)]
pub(crate) struct TcpDoor(TcpListener);

impl TcpDoor {
    /// Listens at `address`; gives the address with the port that the system chose for 0.
    pub(crate) fn listen(endpoint: &Endpoint, address: SocketAddr) -> Result<(Self, SocketAddr)> {
        let bound = tcp_system::listen(address);
        let bound = bound.and_then(|listener| listener.local_addr().map(|at| (listener, at)));
        bound.map(|(listener, at)| (Self(listener), at)).map_err(|cause| {
            let (kind, why) = match cause.kind() {
                io::ErrorKind::AddrInUse => {
                    (ErrorKind::AddressInUse, "another program has this port")
                }
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
}

impl Listener for TcpDoor {
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

impl DuplexListener for TcpDoor {
    fn duplex(client: StreamSocket) -> io::Result<Box<dyn Duplex>> {
        Ok(Box::new(DuplexSocket::of_client(client)?))
    }
}

/// How clients reach a server.
#[derive(Clone, Debug)]
pub(crate) struct TcpDialler {
    endpoint: Endpoint,
    addresses: Vec<SocketAddr>,
}

impl TcpDialler {
    /// How long one attempt may take at least: a host may be a network away.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// A dialler of the server at `address`.
    pub(crate) fn new(endpoint: &Endpoint, address: &TcpAddress) -> Result<Self> {
        if address.port == 0 {
            return Err(endpoint.invalid("a client needs the server's port, and 0 is none"));
        }
        Ok(Self { endpoint: endpoint.clone(), addresses: address.resolved(endpoint)? })
    }

    fn failed(&self, cause: io::Error) -> Error {
        let (kind, why) = match cause.kind() {
            io::ErrorKind::ConnectionRefused => (ErrorKind::NotListening, "nobody listens there"),
            io::ErrorKind::TimedOut => (ErrorKind::TimedOut, "the host does not answer"),
            _ => (ErrorKind::Io, "the system refused the connection"),
        };
        self.endpoint.error(kind, Operation::Connect, why).with_source(cause)
    }
}

impl Connector for TcpDialler {
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

impl DuplexConnector for TcpDialler {
    fn duplex(channel: Self::Channel) -> io::Result<(Box<dyn Duplex>, Peer)> {
        let (socket, peer) = DuplexSocket::of_server(channel)?;
        Ok((Box::new(socket), peer))
    }
}

fn dial(address: SocketAddr, patience: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, patience)?;
    if stream.local_addr()? == stream.peer_addr()? {
        // Nobody listens there, and the system happened to choose the very same port for this side.
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Where a service is offered.
pub(crate) fn place(endpoint: &Endpoint) -> Result<Place> {
    let address = TcpAddress::read(endpoint)?;
    let at = address.listening(endpoint)?;
    let key = |at: SocketAddr| format!("net.tcp://{at}");
    let (path, uri, endpoint) = (address.path.clone(), address.uri(), endpoint.clone());
    Ok(Place {
        key: (at.port() != 0).then(|| key(at)),
        path,
        uri,
        upgrades: &[],
        make: Box::new(move |registry, token| {
            let (door, at) = TcpDoor::listen(&endpoint, at)?;
            let entrance = entrance(door, registry, token).map_err(|cause| {
                let why = "the system does not tell of clients at the door";
                endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(cause)
            })?;
            let address = TcpAddress { port: at.port(), ..address };
            let endpoint = endpoint.with_name(address.name());
            Ok(Made { entrance, key: key(at), endpoint, uri: address.uri() })
        }),
    })
}

/// Where a client finds the service.
pub(crate) fn target(endpoint: &Endpoint) -> Result<Target> {
    let address = TcpAddress::read(endpoint)?;
    let uri = address.uri();
    Ok(Target { uri, dial: dialling(endpoint, TcpDialler::new(endpoint, &address)?) })
}
