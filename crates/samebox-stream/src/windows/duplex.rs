use super::socket::{ChannelSocket, StreamSocket};
use crate::{Duplex, Ready};
use samebox_core::{Deadline, Peer};
use samebox_sys::windows::socket;
use std::io::{self, IoSlice, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A socket that one thread reads while others write.
#[derive(Debug)]
pub struct DuplexSocket {
    socket: TcpStream,
    /// No more is read.
    is_closed: AtomicBool,
}

/// How long a wait lasts at most before it looks whether the connection was closed on this side: that does
/// not wake it everywhere.
const LOOK: Duration = Duration::from_millis(200);

impl DuplexSocket {
    fn new(socket: TcpStream) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { socket, is_closed: AtomicBool::new(false) })
    }

    /// The connection to a client that came in.
    ///
    /// # Errors
    /// The operating system's.
    pub fn of_client(client: StreamSocket) -> io::Result<Self> {
        Self::new(client.into_socket())
    }

    /// The connection that a channel is, and who the server is.
    ///
    /// # Errors
    /// The operating system's.
    pub fn of_server<const BLIND: bool>(channel: ChannelSocket<BLIND>) -> io::Result<(Self, Peer)> {
        let (socket, peer) = channel.into_parts();
        Ok((Self::new(socket)?, peer))
    }
}

impl Duplex for DuplexSocket {
    fn read(&self, buffer: &mut Vec<u8>, deadline: Deadline) -> io::Result<usize> {
        loop {
            // An answer takes a while, so waiting comes first.
            self.wait(Ready { read: true, write: false }, deadline)?;
            if self.is_closed.load(Ordering::Acquire) {
                return Ok(0);
            }
            match socket::append(&self.socket, buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                other => return other,
            }
        }
    }

    fn write_now(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        (&self.socket).write_vectored(parts)
    }

    fn wait(&self, wanted: Ready, deadline: Deadline) -> io::Result<Ready> {
        loop {
            if wanted.read && self.is_closed.load(Ordering::Acquire) {
                return Ok(Ready { read: true, write: false });
            }
            let left = deadline.remaining();
            let patience = left.map_or(LOOK, |left| left.min(LOOK));
            match socket::wait(&self.socket, wanted.write, Some(patience)) {
                Err(error) if error.kind() == io::ErrorKind::TimedOut && !deadline.has_passed() => {
                }
                // The system always tells of what can be read.
                Ok(ready) if ready.write || wanted.read => {
                    return Ok(Ready { read: ready.read, write: ready.write });
                }
                Ok(_) => std::thread::sleep(Duration::from_millis(1)),
                Err(error) => return Err(error),
            }
        }
    }

    fn has_ended(&self) -> bool {
        match self.socket.peek(&mut [0]) {
            Ok(length) => length == 0,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }

    fn close_read(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    fn cut(&self) {
        self.is_closed.store(true, Ordering::Release);
        // A socket whose peer has gone needs no end.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}
