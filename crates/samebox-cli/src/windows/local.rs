//! What stands for a bare Unix socket: nothing yet, as a named pipe needs more than the standard
//! library has.

use samebox_sys::windows::datagram::set_receive_buffer;
use std::convert::Infallible;
use std::io::{self, Read, Write};
use std::net::UdpSocket;

/// Whether this system has it.
pub(crate) const IS_THERE: bool = false;

/// Both ends of what is not there.
pub(crate) struct Listener(Infallible);

impl Listener {
    pub(crate) fn bind() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn address(&self) -> String {
        match self.0 {}
    }

    pub(crate) fn accept(self) -> io::Result<Self> {
        match self.0 {}
    }
}

impl Read for Listener {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match self.0 {}
    }
}

impl Write for Listener {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        match self.0 {}
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0 {}
    }
}

pub(crate) fn connect(_: &str) -> io::Result<Listener> {
    Listener::bind()
}

/// Gives a datagram socket a receive buffer as large as the transport's own.
pub(crate) fn widen(socket: &UdpSocket) -> io::Result<()> {
    set_receive_buffer(socket, 4 << 20)
}
