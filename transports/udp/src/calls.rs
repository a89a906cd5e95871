use crate::patience::Patience;
use crate::{BUFFER, datagram};
use samebox_core::{Bytes, CallId, Deadline};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// How many calls may wait for their answers; each has a socket.
pub(crate) const OUTSTANDING: usize = 64;

/// The calls of one client, each on a socket of its own: its answer is the datagram that comes there.
///
/// A socket whose call was answered serves a later one. A socket whose call was given up is closed,
/// so that a late answer finds nobody.
pub(crate) struct Calls {
    server: SocketAddr,
    idle: Vec<CallSocket>,
    outstanding: Vec<(CallId, CallSocket)>,
    latest: u64,
    buffer: Vec<u8>,
}

impl Calls {
    pub(crate) fn new(server: SocketAddr) -> Self {
        let (idle, outstanding, buffer) = (Vec::new(), Vec::new(), Vec::new());
        Self { server, idle, outstanding, latest: 0, buffer }
    }

    /// How many calls wait for their answers.
    pub(crate) const fn outstanding(&self) -> usize {
        self.outstanding.len()
    }

    /// A socket for one more call, on which nothing waits.
    pub(crate) fn open(&mut self) -> io::Result<CallSocket> {
        match self.idle.pop() {
            Some(socket) if socket.is_clean() => Ok(socket),
            _ => CallSocket::new(self.server),
        }
    }

    /// Takes note of a call whose question went out on `socket`.
    pub(crate) fn asked(&mut self, socket: CallSocket) -> CallId {
        self.latest += 1;
        let call = CallId(self.latest);
        self.outstanding.push((call, socket));
        call
    }

    /// Waits for the answer to `call`, which is over afterwards.
    ///
    /// # Errors
    /// `TimedOut` at `deadline`, or when there is no such call; `ConnectionRefused`, on Windows
    /// `ConnectionReset`, when the question found nobody.
    pub(crate) fn finish(&mut self, call: CallId, deadline: Deadline) -> io::Result<Bytes> {
        let place = self.outstanding.iter().position(|(open, _)| *open == call);
        let place = place.ok_or(io::ErrorKind::TimedOut)?;
        let (_, mut socket) = self.outstanding.swap_remove(place);
        self.buffer.resize(BUFFER, 0);
        let length = socket.receive(&mut self.buffer, deadline)?;
        socket.idle_since = Some(Instant::now());
        self.idle.push(socket);
        Ok(Bytes::copy_from_slice(&self.buffer[..length]))
    }
}

/// A blocking socket that is connected to the server and serves one call at a time.
pub(crate) struct CallSocket {
    pub(crate) socket: UdpSocket,
    patience: Patience,
    idle_since: Option<Instant>,
}

impl CallSocket {
    /// After this long without a call, whatever else the server sent has come.
    const SETTLED: Duration = Duration::from_millis(1);

    /// How many strays are dropped before the socket is given up.
    const STRAYS: usize = 64;

    fn new(server: SocketAddr) -> io::Result<Self> {
        let socket = connected(server)?;
        Ok(Self { socket, patience: Patience::default(), idle_since: None })
    }

    fn receive(&mut self, buffer: &mut [u8], deadline: Deadline) -> io::Result<usize> {
        let Self { socket, patience, .. } = self;
        patience.by(socket, deadline, |timeout| datagram::receive_answer(socket, buffer, timeout))
    }

    /// Drops what came after the answer to the last call, so that it answers no other.
    ///
    /// Calls in close succession are spared the system call.
    fn is_clean(&self) -> bool {
        if self.idle_since.is_some_and(|since| since.elapsed() < Self::SETTLED) {
            return true;
        }
        let is_empty = |outcome: io::Result<usize>| {
            outcome.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
        };
        (0..Self::STRAYS)
            .any(|_| is_empty(datagram::receive_answer(&self.socket, &mut [0; 1], None)))
    }
}

/// A socket from any free port to the server.
pub(crate) fn connected(server: SocketAddr) -> io::Result<UdpSocket> {
    let from: IpAddr = match server.ip() {
        // Bound to loopback, it hears nothing from the network between these two calls.
        IpAddr::V4(ip) if ip.is_loopback() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(ip) if ip.is_loopback() => Ipv6Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((from, 0))?;
    socket.connect(server)?;
    Ok(socket)
}
