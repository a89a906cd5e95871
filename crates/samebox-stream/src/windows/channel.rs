use crate::{Channel, Ready};
use samebox_core::{Deadline, Peer};
use samebox_sys::windows::pipe::{self, Client};
use std::io::{self, IoSlice};

/// A pipe as its client sees it.
#[derive(Debug)]
pub struct ChannelPipe {
    client: Client,
    peer: Peer,
}

impl ChannelPipe {
    pub(super) const fn new(client: Client, peer: Peer) -> Self {
        Self { client, peer }
    }

    /// The same connection for one thread that reads while others write, and who the server is.
    pub(super) fn into_duplex(self) -> io::Result<(pipe::Duplex, Peer)> {
        Ok((self.client.into_duplex()?, self.peer))
    }

    /// Waits until a read would not wait.
    ///
    /// # Errors
    /// `TimedOut` at the deadline; that of a write that was accepted and has failed since.
    pub fn wait_readable(&mut self, deadline: Deadline) -> io::Result<()> {
        self.client.wait(false, deadline.remaining()).map(drop)
    }
}

impl Channel for ChannelPipe {
    const WRITES_BLINDLY: bool = false;

    fn write_now(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.client.write_now(parts)
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

    fn is_writing(&mut self) -> bool {
        self.client.is_writing()
    }

    fn append_now(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        self.client.append_now(buffer)
    }

    fn append(&mut self, buffer: &mut Vec<u8>, deadline: Deadline) -> io::Result<usize> {
        loop {
            match self.client.append_now(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.client.wait(false, deadline.remaining())?;
                }
                other => return other,
            }
        }
    }

    fn wait_writable(&mut self, deadline: Deadline) -> io::Result<Ready> {
        let ready = self.client.wait(true, deadline.remaining())?;
        Ok(Ready { read: ready.read, write: ready.write })
    }

    fn close_write(&mut self) -> io::Result<()> {
        let why = "a pipe of Windows ends in both directions or in none";
        Err(io::Error::new(io::ErrorKind::Unsupported, why))
    }

    fn has_ended(&mut self) -> bool {
        self.client.has_ended()
    }

    fn has_failed(&mut self) -> bool {
        // A pipe that its server has left fails at the write itself.
        false
    }

    fn unread(&mut self) -> Option<usize> {
        // The system tells only while nothing is under way.
        None
    }

    fn peer(&self) -> &Peer {
        &self.peer
    }
}
