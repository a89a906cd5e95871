//! What other Unix kernels have of it: nothing.

use std::io::{self, IoSlice};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsFd;

/// No control messages are asked for.
#[derive(Default)]
pub(super) struct Control(pub(super) [u64; 0]);

/// Neither a segment size nor a count of drops.
///
/// # Safety
/// Always safe; the Linux half needs a header that `recvmsg` filled.
pub(super) unsafe fn read_control(_: &libc::msghdr) -> (Option<usize>, u32) {
    (None, 0)
}

pub(super) fn force_receive_buffer(_: impl AsFd, _: usize) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Ends a receive that waits, with an empty datagram from the socket to itself.
pub fn end_receiving(socket: &UdpSocket) {
    let Ok(mut address) = socket.local_addr() else { return };
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    // Where there is no room for it, there is something to receive.
    let _ = super::send_to_now(socket, b"", address);
}

/// Lets one receive bring a run of datagrams.
///
/// # Errors
/// `Unsupported`: this kernel cannot.
pub fn coalesce(_: impl AsFd) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether this system tells how many datagrams it throws away.
pub const COUNTS_DROPS: bool = false;

/// Lets each receive tell how many were thrown away before it.
///
/// # Errors
/// `Unsupported`: this kernel cannot.
pub fn count_drops(_: impl AsFd) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// How many receives the kernel has thrown away so far; it wraps.
///
/// # Errors
/// `Unsupported`: this kernel cannot tell.
pub fn drops(_: impl AsFd) -> io::Result<u32> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether [`send_segments`] may be tried: this kernel cannot.
pub fn can_segment(_: &UdpSocket) -> bool {
    false
}

/// Sends a run of datagrams at once.
///
/// # Errors
/// `Unsupported`: this kernel cannot.
pub fn send_segments(_: &UdpSocket, _: &[IoSlice<'_>], _: u16) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
