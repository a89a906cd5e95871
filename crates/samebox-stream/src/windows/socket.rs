use crate::{Channel, FEW, Few, Ready, Stream};
use mio::event::Source;
use mio::net::TcpStream;
use mio::{Interest, Poll, Registry, Token};
use samebox_core::{Deadline, Peer};
use samebox_sys::windows::socket;
use std::io::{self, IoSlice, Write};
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

/// A client's socket as its server sees it.
#[derive(Debug)]
pub struct StreamSocket {
    /// Written to only to change what news are asked for.
    socket: RwLock<TcpStream>,
    watches_writes: AtomicBool,
}

impl StreamSocket {
    /// Wraps an accepted TCP connection.
    pub fn tcp(stream: TcpStream) -> Self {
        Self { socket: RwLock::new(stream), watches_writes: AtomicBool::new(false) }
    }

    pub(super) fn into_socket(self) -> std::net::TcpStream {
        self.socket.into_inner().unwrap_or_else(PoisonError::into_inner).into()
    }

    fn socket(&self) -> RwLockReadGuard<'_, TcpStream> {
        // Nothing panics while it is held.
        self.socket.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream for StreamSocket {
    // News come again only after a read has found nothing.
    const SHORT_READ_DRAINS: bool = false;
    // News of completed operations cost the other side nothing.
    const FEW: usize = 0;
    const HALF_CLOSE: bool = true;

    fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let socket = self.socket.get_mut().unwrap_or_else(PoisonError::into_inner);
        socket.register(registry, token, Interest::READABLE)
    }

    fn watch_writes(&self, registry: &Registry, token: Token, on: bool) -> io::Result<()> {
        if self.watches_writes.swap(on, Ordering::AcqRel) == on && !on {
            return Ok(());
        }
        let interest =
            if on { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        let mut socket = self.socket.write().unwrap_or_else(PoisonError::into_inner);
        socket.reregister(registry, token, interest)
    }

    fn watch(&self, _: &Registry, _: Token, _: bool) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn wait_few<'a>(
        _: &'a Poll,
        _: impl Iterator<Item = Few<'a, Self>>,
        _: Option<Duration>,
        _: &mut [Ready; FEW],
    ) -> io::Result<bool> {
        Err(io::ErrorKind::Unsupported.into())
    }

    #[inline]
    fn append(&self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        let socket = self.socket();
        socket.try_io(|| socket::append(&*socket, buffer))
    }

    #[inline]
    fn write(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        (&*self.socket()).write_vectored(parts)
    }

    fn close_write(&self) {
        // A socket whose peer has gone needs no end.
        let _ = self.socket().shutdown(Shutdown::Write);
    }

    fn cut(&self) {
        let _ = self.socket().shutdown(Shutdown::Both);
    }
}

/// A connection as its client sees it: a socket that does not wait by itself.
#[derive(Debug)]
pub struct ChannelSocket<const BLIND: bool> {
    socket: std::net::TcpStream,
    peer: Peer,
}

impl<const BLIND: bool> ChannelSocket<BLIND> {
    /// Wraps a connected socket that does not wait.
    pub const fn new(socket: std::net::TcpStream, peer: Peer) -> Self {
        Self { socket, peer }
    }

    pub(super) fn into_parts(self) -> (std::net::TcpStream, Peer) {
        (self.socket, self.peer)
    }
}

impl<const BLIND: bool> Channel for ChannelSocket<BLIND> {
    const WRITES_BLINDLY: bool = BLIND;

    #[inline]
    fn write_now(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.socket.write_vectored(parts)
    }

    fn write(&mut self, parts: &[IoSlice<'_>], deadline: Deadline) -> io::Result<usize> {
        loop {
            match self.write_now(parts) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait_writable(deadline)?;
                }
                other => return other,
            }
        }
    }

    fn append_now(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        socket::append(&self.socket, buffer)
    }

    fn append(&mut self, buffer: &mut Vec<u8>, deadline: Deadline) -> io::Result<usize> {
        loop {
            // An answer takes a while, so waiting comes first.
            socket::wait(&self.socket, false, deadline.remaining())?;
            match self.append_now(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                other => return other,
            }
        }
    }

    fn wait_writable(&mut self, deadline: Deadline) -> io::Result<Ready> {
        let ready = socket::wait(&self.socket, true, deadline.remaining())?;
        Ok(Ready { read: ready.read, write: ready.write })
    }

    fn close_write(&mut self) -> io::Result<()> {
        self.socket.shutdown(Shutdown::Write)
    }

    fn has_ended(&mut self) -> bool {
        match self.socket.peek(&mut [0]) {
            Ok(length) => length == 0,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }

    fn has_failed(&mut self) -> bool {
        let failed = |error: io::Error| error.kind() != io::ErrorKind::WouldBlock;
        !matches!(self.socket.take_error(), Ok(None))
            || self.socket.peek(&mut [0]).is_err_and(failed)
    }

    fn unread(&mut self) -> Option<usize> {
        // The system does not count what the other side has yet to read.
        None
    }

    fn peer(&self) -> &Peer {
        &self.peer
    }
}
