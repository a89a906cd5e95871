//! The Unix half of `net.tcp`: what sockets do by themselves.

use mio::net::TcpListener;
use std::io;
use std::net::SocketAddr;

/// Listens at `address`, which nobody else can have meanwhile.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address)
}
