use super::named::{NamedConnector, NamedListener};
use super::socket::{ChannelSocket, StreamSocket, is_early};
use crate::{Duplex, DuplexConnector, DuplexListener, Ready};
use samebox_core::{Deadline, Peer};
use samebox_sys::unix::socket;
use std::io::{self, IoSlice};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A socket that one thread reads while others write.
#[derive(Debug)]
pub struct DuplexSocket {
    socket: OwnedFd,
    /// How many microseconds a read waits at most, as last set; 0 is for ever.
    patience: AtomicU64,
}

impl DuplexSocket {
    /// The connection to a client that came in.
    ///
    /// # Errors
    /// The operating system's.
    pub fn of_client(client: StreamSocket) -> io::Result<Self> {
        Self::new(client)
    }

    /// The connection that a channel is, and who the server is.
    ///
    /// # Errors
    /// The operating system's.
    pub fn of_server<const BLIND: bool>(channel: ChannelSocket<BLIND>) -> io::Result<(Self, Peer)> {
        let (socket, peer) = channel.into_parts();
        Ok((Self::new(socket)?, peer))
    }

    fn new(socket: impl Into<OwnedFd>) -> io::Result<Self> {
        let socket = socket.into();
        rustix::io::ioctl_fionbio(&socket, false)?;
        socket::set_read_patience(&socket, None)?;
        Ok(Self { socket, patience: AtomicU64::new(0) })
    }

    /// Sets how long a read waits, in steps, so that like deadlines do not set it again and again.
    fn set_patience(&self, deadline: Deadline) -> io::Result<()> {
        const LEAST: u64 = 1000;
        let set = self.patience.load(Ordering::Relaxed);
        let Some(left) = deadline.remaining() else {
            if set != 0 {
                socket::set_read_patience(&self.socket, None)?;
                self.patience.store(0, Ordering::Relaxed);
            }
            return Ok(());
        };
        // A read that ends too early only looks at the deadline and waits again.
        let left = u64::try_from(left.as_micros()).unwrap_or(u64::MAX / 2).max(LEAST);
        if set <= left && set >= left / 4 {
            return Ok(());
        }
        let step = 1 << left.ilog2();
        socket::set_read_patience(&self.socket, Some(Duration::from_micros(step)))?;
        self.patience.store(step, Ordering::Relaxed);
        Ok(())
    }
}

impl Duplex for DuplexSocket {
    fn read(&self, buffer: &mut Vec<u8>, deadline: Deadline) -> io::Result<usize> {
        loop {
            self.set_patience(deadline)?;
            match socket::append(&self.socket, buffer) {
                Err(error) if is_early(&error) && deadline.has_passed() => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                Err(error) if is_early(&error) => {}
                other => return other,
            }
        }
    }

    fn write_now(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        socket::write_now(&self.socket, parts)
    }

    fn wait(&self, wanted: Ready, deadline: Deadline) -> io::Result<Ready> {
        let wanted = socket::Ready { read: wanted.read, write: wanted.write };
        let ready = socket::wait(&self.socket, wanted, deadline.remaining())?;
        Ok(Ready { read: ready.read, write: ready.write })
    }

    fn has_ended(&self) -> bool {
        socket::has_ended(&self.socket)
    }

    fn close_read(&self) {
        let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Read);
    }

    fn cut(&self) {
        // A socket whose peer has gone needs no end.
        let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Both);
    }
}

impl DuplexListener for NamedListener {
    fn duplex(client: StreamSocket) -> io::Result<Box<dyn Duplex>> {
        Ok(Box::new(DuplexSocket::of_client(client)?))
    }
}

impl DuplexConnector for NamedConnector {
    fn duplex(channel: Self::Channel) -> io::Result<(Box<dyn Duplex>, Peer)> {
        let (socket, peer) = DuplexSocket::of_server(channel)?;
        Ok((Box::new(socket), peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;

    fn pair() -> (DuplexSocket, UnixStream) {
        let (one, two) = UnixStream::pair().unwrap();
        (DuplexSocket::new(one).unwrap(), two)
    }

    #[test]
    fn a_read_ends_at_its_deadline_and_the_next_one_reads() {
        let (socket, mut other) = pair();
        let mut buffer = Vec::with_capacity(16);
        let late = socket.read(&mut buffer, Deadline::after(Duration::from_millis(5)));
        assert_eq!(late.unwrap_err().kind(), io::ErrorKind::TimedOut);
        other.write_all(b"hello").unwrap();
        assert_eq!(socket.read(&mut buffer, Deadline::NEVER).unwrap(), 5);
        drop(other);
        assert_eq!(socket.read(&mut buffer, Deadline::NEVER).unwrap(), 0);
        assert!(socket.has_ended());
    }

    #[test]
    fn a_cut_wakes_whoever_reads() {
        let (socket, _other) = pair();
        let socket = Arc::new(socket);
        let reading = socket.clone();
        let reader = std::thread::spawn(move || {
            reading.read(&mut Vec::with_capacity(8), Deadline::NEVER).unwrap_or(0)
        });
        socket.cut();
        assert_eq!(reader.join().unwrap(), 0);
    }

    #[test]
    fn a_full_connection_is_ready_to_read_only() {
        let (socket, mut other) = pair();
        let block = [7; 4096];
        while socket.write_now(&[IoSlice::new(&block)]).is_ok() {}
        let both = Ready { read: true, write: true };
        let soon = Deadline::after(Duration::from_millis(5));
        assert_eq!(socket.wait(both, soon).unwrap_err().kind(), io::ErrorKind::TimedOut);
        other.write_all(b"x").unwrap();
        let ready = socket.wait(both, Deadline::NEVER).unwrap();
        assert!(ready.read && !ready.write);
    }
}
