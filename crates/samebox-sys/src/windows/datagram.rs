//! Datagram sockets: exclusive addresses, no resets for unreachable peers.

use super::socket::{self, raw, set};
use std::io::{self, IoSlice};
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;
use windows_sys::Win32::Networking::WinSock::{
    IPPROTO_UDP, POLLOUT, SIO_UDP_CONNRESET, SO_RCVBUF, SOCK_DGRAM, WSAIoctl, WSAPOLLFD, WSAPoll,
};

/// What one receive brought: a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// How many bytes of the buffer hold it.
    pub length: usize,
    /// The same as `length`: Windows brings datagrams one by one.
    pub segment: usize,
    /// Whether it was larger than the buffer; never, with a buffer of 64 KiB.
    pub truncated: bool,
    /// Who sent it.
    pub from: SocketAddr,
    /// How many the system had thrown away: Windows does not say, so 0.
    pub drops: u32,
}

/// Opens a socket that shares `address` with nobody.
///
/// # Errors
/// `AddrInUse` when another socket has it; otherwise the operating system's.
pub fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = UdpSocket::from(socket::bind_alone(SOCK_DGRAM, IPPROTO_UDP, address)?);
    ignore_unreachable_peers(&socket);
    Ok(socket)
}

/// Keeps an answer to a peer that is gone from failing the next receive.
fn ignore_unreachable_peers(socket: &UdpSocket) {
    let (report, mut unused) = (0_i32, 0);
    let length = size_of_val(&report) as u32;
    let (value, out) = ((&raw const report).cast(), std::ptr::null_mut());
    // SAFETY: the value is `length` readable bytes, nothing is written but `unused`, and without an
    // overlapped structure the call is over when it returns. A failure leaves the resets on, which
    // receivers take as nothing received.
    unsafe {
        WSAIoctl(
            raw(socket),
            SIO_UDP_CONNRESET,
            value,
            length,
            out,
            0,
            &raw mut unused,
            out.cast(),
            None,
        )
    };
}

/// Makes the receive buffer as near to `bytes` as the system allows.
///
/// # Errors
/// The operating system's.
pub fn set_receive_buffer(socket: &UdpSocket, bytes: usize) -> io::Result<()> {
    set(socket, SO_RCVBUF, bytes.min(1 << 30) as i32)
}

/// Lets one receive bring a run of datagrams.
///
/// # Errors
/// `Unsupported`: Windows brings them one by one.
pub fn coalesce(_: &UdpSocket) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Lets each receive tell how many were thrown away before it.
///
/// # Errors
/// `Unsupported`: Windows does not say.
pub fn count_drops(_: &UdpSocket) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// How many receives the system has thrown away so far.
///
/// # Errors
/// `Unsupported`: Windows does not say.
pub fn drops(_: &mio::net::UdpSocket) -> io::Result<u32> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Receives without waiting.
///
/// # Errors
/// `WouldBlock` when nothing is there, `ConnectionReset` for an answer that found nobody.
pub fn receive(socket: &mio::net::UdpSocket, buffer: &mut [u8]) -> io::Result<Received> {
    let (length, from) = socket.recv_from(buffer)?;
    Ok(Received { length, segment: length, truncated: false, from, drops: 0 })
}

/// Receives one datagram of a connected socket without waiting.
///
/// # Errors
/// `WouldBlock` when nothing is there, `ConnectionReset` when an earlier send found nobody.
pub fn receive_now(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<usize> {
    socket.set_nonblocking(true)?;
    let outcome = socket.recv(buffer);
    socket.set_nonblocking(false)?;
    outcome
}

/// Sends one datagram of a connected socket.
///
/// # Errors
/// The operating system's.
pub fn send_now(socket: &UdpSocket, payload: &[u8]) -> io::Result<()> {
    socket.send(payload).map(|_| ())
}

/// Whether [`send_segments`] may be tried: not on Windows.
pub fn can_segment(_: &UdpSocket) -> bool {
    false
}

/// Sends a run of datagrams at once.
///
/// # Errors
/// `Unsupported`: not on Windows.
pub fn send_segments(_: &UdpSocket, _: &[IoSlice<'_>], _: u16) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Waits until a send would have room.
///
/// # Errors
/// `TimedOut` after `patience`.
pub fn wait_for_room(socket: &UdpSocket, patience: Option<Duration>) -> io::Result<()> {
    let timeout = patience.map_or(-1, |patience| patience.as_millis().min(1 << 30) as i32);
    let mut wanted = WSAPOLLFD { fd: raw(socket), events: POLLOUT, revents: 0 };
    // SAFETY: one writable element, as stated; the socket is open while it is borrowed.
    match unsafe { WSAPoll(&raw mut wanted, 1, timeout) } {
        0 => Err(io::ErrorKind::TimedOut.into()),
        1.. => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Tells, once, that an earlier send of a connected socket failed.
///
/// Windows tells it to the next receive, so answers that nobody waits for are dropped on the way.
///
/// # Errors
/// `ConnectionReset` when it found nobody.
pub fn take_failure(socket: &UdpSocket) -> io::Result<()> {
    const ANSWERS: usize = 1024;
    for _ in 0..ANSWERS {
        match receive_now(socket, &mut [0; 1]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Err(error),
            // Any other outcome is an answer, cut short or not.
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use windows_sys::Win32::Networking::WinSock::{AF_INET, SO_REUSEADDR};

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_datagram_comes_with_its_sender() {
        let server = bind(address("127.0.0.1:0")).unwrap();
        let client = bind(address("127.0.0.1:0")).unwrap();
        client.connect(server.local_addr().unwrap()).unwrap();
        send_now(&client, b"hello").unwrap();
        let mut buffer = [0; 64];
        assert_eq!(server.recv_from(&mut buffer).unwrap(), (5, client.local_addr().unwrap()));
    }

    #[test]
    fn a_bound_address_cannot_be_taken_by_a_socket_that_shares() {
        let mine = bind(address("127.0.0.1:0")).unwrap();
        let thief = socket::open(AF_INET, SOCK_DGRAM, IPPROTO_UDP).unwrap();
        set(&thief, SO_REUSEADDR, 1).unwrap();
        let refused = socket::bind_to(&thief, mine.local_addr().unwrap()).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn an_idle_socket_has_room_and_nothing_to_tell() {
        let socket = bind(address("127.0.0.1:0")).unwrap();
        socket.connect(socket.local_addr().unwrap()).unwrap();
        wait_for_room(&socket, Some(Duration::ZERO)).unwrap();
        send_now(&socket, b"an answer that nobody waits for").unwrap();
        take_failure(&socket).unwrap();
        let nothing = receive_now(&socket, &mut [0; 1]).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
    }
}
