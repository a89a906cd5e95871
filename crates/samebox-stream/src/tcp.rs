//! TCP: the door of a server, and how clients reach it.

use crate::system::{ChannelSocket, DuplexSocket, StreamSocket, tcp as system};
use crate::{Accepted, Connector, Duplex, DuplexConnector, DuplexListener, Listener};
use mio::event::Source;
use mio::net::TcpListener;
use mio::{Interest, Registry, Token};
use samebox_core::{Deadline, Endpoint, Error, ErrorKind, Operation, Peer, Result};
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The door of a TCP server.
#[derive(Debug)]
pub struct TcpDoor(TcpListener);

impl TcpDoor {
    /// Listens at `address`; gives the address with the port that the system chose for 0.
    ///
    /// # Errors
    /// `AddressInUse`, `Denied` for a port that is not this user's to take, `InvalidEndpoint` for an
    /// address that this machine lacks.
    pub fn listen(endpoint: &Endpoint, address: SocketAddr) -> Result<(Self, SocketAddr)> {
        let bound = system::listen(address);
        let bound = bound.and_then(|listener| listener.local_addr().map(|at| (listener, at)));
        bound.map(|(listener, at)| (Self(listener), at)).map_err(|cause| {
            let (kind, why) = match cause.kind() {
                io::ErrorKind::AddrInUse => {
                    (ErrorKind::AddressInUse, "a live server has this port")
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

/// How clients reach a TCP server.
#[derive(Clone, Debug)]
pub struct TcpDialler {
    endpoint: Endpoint,
    addresses: Vec<SocketAddr>,
}

impl TcpDialler {
    /// How long one attempt may take at least: a host may be a network away.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// A dialler of the server at one of `addresses`.
    ///
    /// # Errors
    /// `InvalidEndpoint` for the port 0.
    pub fn new(endpoint: &Endpoint, addresses: Vec<SocketAddr>) -> Result<Self> {
        if addresses.iter().any(|address| address.port() == 0) {
            return Err(endpoint.invalid("a client needs the server's port, and 0 is none"));
        }
        Ok(Self { endpoint: endpoint.clone(), addresses })
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
    system::prepare(&stream)?;
    Ok(stream)
}
