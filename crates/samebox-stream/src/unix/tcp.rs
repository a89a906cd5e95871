//! The Unix half of TCP: what sockets do by themselves.

use mio::net::TcpListener;
use std::io;
use std::net::{SocketAddr, TcpStream};

/// Listens at `address`, which nobody else can have meanwhile.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address)
}

/// Leaves a client's socket as it is: it waits when it reads.
pub(crate) fn prepare(_: &TcpStream) -> io::Result<()> {
    Ok(())
}
