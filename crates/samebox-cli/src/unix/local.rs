//! Bare mechanisms between two processes of this user, for measuring what they can do.

use samebox_sys::unix::datagram::set_receive_buffer;
use samebox_sys::unix::runtime::runtime_directory;
use std::fs;
use std::io;
use std::net::UdpSocket;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process;

/// Whether this system has a socket of its own for local processes.
pub(crate) const IS_THERE: bool = true;

/// Waits for one client; its name goes with it.
pub(crate) struct Listener {
    listener: UnixListener,
    path: PathBuf,
}

impl Listener {
    pub(crate) fn bind() -> io::Result<Self> {
        let path = directory()?.join(format!("floor-{}", process::id()));
        let _ = fs::remove_file(&path);
        let listener = Self { listener: UnixListener::bind(&path)?, path };
        listener.listener.set_nonblocking(true)?;
        Ok(listener)
    }

    pub(crate) fn address(&self) -> String {
        self.path.display().to_string()
    }

    /// Accepts the client without waiting for it.
    pub(crate) fn accept(&self) -> io::Result<UnixStream> {
        let (stream, _) = self.listener.accept()?;
        stream.set_nonblocking(false)?;
        Ok(stream)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Somebody may have tidied up before.
        let _ = fs::remove_file(&self.path);
    }
}

/// One end of a connection.
pub(crate) type Stream = UnixStream;

pub(crate) fn connect(address: &str) -> io::Result<UnixStream> {
    UnixStream::connect(address)
}

/// Where bare files of this user may be for a while.
pub(crate) fn directory() -> io::Result<PathBuf> {
    runtime_directory()
}

/// Gives a datagram socket a receive buffer as large as the transport's own.
pub(crate) fn widen(socket: &UdpSocket) -> io::Result<()> {
    set_receive_buffer(socket, 4 << 20)
}
