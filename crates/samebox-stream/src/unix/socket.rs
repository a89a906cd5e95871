use crate::{Channel, FEW, Few, Ready, Stream};
use mio::event::Source;
use mio::unix::SourceFd;
use mio::{Interest, Poll, Registry, Token};
use samebox_core::{Deadline, Peer};
use samebox_sys::unix::{few, socket};
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// A client's socket as its server sees it.
#[derive(Debug)]
pub struct StreamSocket(OwnedFd);

impl StreamSocket {
    /// Wraps a connected socket that does not wait.
    pub fn new(socket: impl Into<OwnedFd>) -> Self {
        Self(socket.into())
    }

    /// Wraps an accepted TCP connection.
    pub fn tcp(stream: mio::net::TcpStream) -> Self {
        Self::new(std::net::TcpStream::from(stream))
    }

    fn shutdown(&self, how: rustix::net::Shutdown) {
        // A socket whose peer has gone needs no end.
        let _ = rustix::net::shutdown(&self.0, how);
    }
}

impl From<StreamSocket> for OwnedFd {
    fn from(socket: StreamSocket) -> Self {
        socket.0
    }
}

impl AsFd for StreamSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Stream for StreamSocket {
    const FEW: usize = FEW;
    const SHORT_READ_DRAINS: bool = true;
    const HALF_CLOSE: bool = true;

    fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).register(registry, token, Interest::READABLE)
    }

    fn watch_writes(&self, registry: &Registry, token: Token, on: bool) -> io::Result<()> {
        let interest =
            if on { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        SourceFd(&self.0.as_raw_fd()).reregister(registry, token, interest)
    }

    fn watch(&self, registry: &Registry, token: Token, on: bool) -> io::Result<()> {
        let socket = self.0.as_raw_fd();
        match on {
            true => SourceFd(&socket).register(registry, token, Interest::READABLE),
            false => SourceFd(&socket).deregister(registry),
        }
    }

    fn wait_few<'a>(
        rest: &'a Poll,
        few: impl Iterator<Item = Few<'a, Self>>,
        patience: Option<Duration>,
        news: &mut [Ready; FEW],
    ) -> io::Result<bool> {
        let wanted = few.map(|Few { stream, wanted: Ready { read, write } }| few::Wanted {
            socket: stream.0.as_fd(),
            read,
            write,
        });
        let mut found = [few::Found::default(); few::MOST];
        let rest = few::wait(rest, wanted, patience, &mut found)?;
        *news = found.map(|found| Ready { read: found.read, write: found.write });
        Ok(rest)
    }

    #[inline]
    fn append(&self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        socket::append_now(&self.0, buffer)
    }

    #[inline]
    fn write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        socket::write_now(&self.0, parts)
    }

    fn close_write(&self) {
        self.shutdown(rustix::net::Shutdown::Write);
    }

    fn cut(&self) {
        self.shutdown(rustix::net::Shutdown::Both);
    }
}

/// A connection as its client sees it: a socket that waits when it reads.
#[derive(Debug)]
pub struct ChannelSocket<const BLIND: bool> {
    socket: OwnedFd,
    peer: Peer,
    reads: Patience,
    writes: Patience,
    /// The server has ended its direction, and may go on reading.
    is_silent: bool,
}

/// How long a system call of one kind waits at most, as last set.
#[derive(Debug, Default)]
struct Patience(Option<Duration>);

impl<const BLIND: bool> ChannelSocket<BLIND> {
    /// Wraps a connected socket that waits.
    pub fn new(socket: impl Into<OwnedFd>, peer: Peer) -> Self {
        let (reads, writes) = Default::default();
        Self { socket: socket.into(), peer, reads, writes, is_silent: false }
    }
}

impl Patience {
    /// Sets how long a call waits, in steps, so that like deadlines do not set it again and again.
    fn set(
        &mut self,
        deadline: Deadline,
        set: impl FnOnce(Option<Duration>) -> io::Result<()>,
    ) -> io::Result<()> {
        const LEAST: Duration = Duration::from_millis(1);
        let Some(left) = deadline.remaining() else {
            return self.0.take().map_or(Ok(()), |_| set(None));
        };
        // A call that ends too early only looks at the deadline and waits again.
        let fits = |patience: Duration| patience <= left.max(LEAST) && patience >= left / 4;
        if self.0.is_some_and(fits) {
            return Ok(());
        }
        let micros = u64::try_from(left.as_micros()).unwrap_or(u64::MAX / 2).max(1);
        let step = Duration::from_micros(1 << micros.ilog2()).max(LEAST);
        self.0 = Some(step);
        set(Some(step))
    }
}

impl<const BLIND: bool> ChannelSocket<BLIND> {
    pub(super) fn into_parts(self) -> (OwnedFd, Peer) {
        (self.socket, self.peer)
    }
}

impl<const BLIND: bool> AsFd for ChannelSocket<BLIND> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl<const BLIND: bool> Channel for ChannelSocket<BLIND> {
    const WRITES_BLINDLY: bool = BLIND;

    #[inline]
    fn write_now(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        socket::write_now(&self.socket, parts)
    }

    #[inline]
    fn write(&mut self, parts: &[IoSlice<'_>], deadline: Deadline) -> io::Result<usize> {
        loop {
            self.writes
                .set(deadline, |patience| socket::set_write_patience(&self.socket, patience))?;
            match socket::write(&self.socket, parts) {
                Err(error) if is_early(&error) => in_time(deadline)?,
                other => return other,
            }
        }
    }

    fn append_now(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        let length = socket::append_now(&self.socket, buffer)?;
        self.is_silent |= length == 0;
        Ok(length)
    }

    fn append(&mut self, buffer: &mut Vec<u8>, deadline: Deadline) -> io::Result<usize> {
        loop {
            self.reads
                .set(deadline, |patience| socket::set_read_patience(&self.socket, patience))?;
            match socket::append(&self.socket, buffer) {
                Err(error) if is_early(&error) => in_time(deadline)?,
                other => return other,
            }
        }
    }

    fn wait_writable(&mut self, deadline: Deadline) -> io::Result<Ready> {
        // An end is readable for ever, so whoever waits for room would not wait.
        let wanted = socket::Ready { read: !self.is_silent, write: true };
        let ready = socket::wait(&self.socket, wanted, deadline.remaining())?;
        Ok(Ready { read: ready.read, write: ready.write })
    }

    fn close_write(&mut self) -> io::Result<()> {
        Ok(rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Write)?)
    }

    fn has_ended(&mut self) -> bool {
        socket::has_ended(&self.socket)
    }

    fn has_failed(&mut self) -> bool {
        socket::has_failed(&self.socket)
    }

    fn unread(&mut self) -> Option<usize> {
        // On TCP the kernel counts what is not acknowledged, which says nothing of the reader.
        if BLIND { None } else { socket::unread_by_peer(&self.socket) }
    }

    fn peer(&self) -> &Peer {
        &self.peer
    }
}

/// Whether a call ended because its patience did, or for a signal.
pub(super) fn is_early(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

fn in_time(deadline: Deadline) -> io::Result<()> {
    if deadline.has_passed() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
}
