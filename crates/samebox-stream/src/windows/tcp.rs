//! The Windows half of TCP: sockets share addresses there unless told otherwise.

use mio::net::TcpListener;
use samebox_sys::windows::socket;
use std::io;
use std::net::{SocketAddr, TcpStream};

/// Listens at `address`, which nobody else can have meanwhile.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = socket::listen(address)?;
    listener.set_nonblocking(true)?;
    Ok(TcpListener::from_std(listener))
}

/// Keeps a client's socket from waiting by itself.
pub(crate) fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nonblocking(true)
}
