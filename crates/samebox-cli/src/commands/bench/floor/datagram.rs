use crate::commands::peer::{self, Attempt, Done, QUIET, Taken, Tally};
use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

/// A socket that waits for its client.
pub(super) struct Waiting(UdpSocket);

/// A connected socket; one system call is one message.
pub(super) struct Floor {
    socket: UdpSocket,
    buffer: Vec<u8>,
}

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

fn bind() -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    crate::system::local::widen(&socket)?;
    Ok(socket)
}

impl Waiting {
    pub(super) fn bind() -> io::Result<Self> {
        bind().map(Self)
    }

    pub(super) fn address(&self) -> io::Result<String> {
        Ok(self.0.local_addr()?.to_string())
    }

    /// Takes whoever comes first as its client.
    pub(super) fn accept(self) -> io::Result<Floor> {
        self.0.set_read_timeout(Some(PATIENCE))?;
        let (_, client) = self.0.recv_from(&mut [0; 8])?;
        self.0.connect(client)?;
        Floor::new(self.0)
    }
}

impl Floor {
    fn new(socket: UdpSocket) -> io::Result<Self> {
        Ok(Self { socket, buffer: vec![0; 1 << 16] })
    }

    pub(super) fn connect(address: &str) -> io::Result<Self> {
        let socket = bind()?;
        socket.connect(address)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.send(b"hello")?;
        Self::new(socket)
    }
}

impl peer::Near for Floor {
    fn round_trip(&mut self, payload: &[u8]) -> Attempt<()> {
        self.socket.send(payload)?;
        self.socket.recv(&mut self.buffer)?;
        Ok(())
    }

    fn send(&mut self, payload: &[u8]) -> Attempt<()> {
        self.socket.send(payload)?;
        Ok(())
    }
}

impl peer::Far for Floor {
    fn echo(&mut self, count: u64, _: usize, _: Done<'_>) -> Attempt<()> {
        self.socket.set_read_timeout(Some(PATIENCE))?;
        for _ in 0..count {
            let length = self.socket.recv(&mut self.buffer)?;
            self.socket.send(&self.buffer[..length])?;
        }
        Ok(())
    }

    fn take(&mut self, count: u64, _: usize, done: Done<'_>) -> Attempt<Taken> {
        self.socket.set_read_timeout(Some(QUIET))?;
        let (mut tally, mut last) = (Tally::new(count), false);
        while !tally.is_whole() {
            match self.socket.recv(&mut self.buffer) {
                Ok(_) => drop(tally.add(1)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_quiet(&error) && !last => last = done(),
                Err(error) if is_quiet(&error) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(tally.taken())
    }
}

/// Systems differ in what they call a read that waited long enough.
fn is_quiet(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
