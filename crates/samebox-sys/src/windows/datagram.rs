//! Datagram sockets: exclusive addresses, no resets for unreachable peers.

use super::socket::{self, raw, set};
use std::io::{self, IoSlice};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;
use windows_sys::Win32::Networking::WinSock::{
    IPPROTO_UDP, POLLRDNORM, POLLWRNORM, SIO_UDP_CONNRESET, SO_RCVBUF, SOCK_DGRAM, WSAIoctl,
    WSAPOLLFD, WSAPoll,
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

/// Whether this system tells how many datagrams it throws away.
pub const COUNTS_DROPS: bool = false;

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
pub fn drops(_: &UdpSocket) -> io::Result<u32> {
    Err(io::ErrorKind::Unsupported.into())
}

/// How long receives of one socket wait; without end at first.
#[derive(Debug, Default)]
pub struct Timeout(Option<Duration>);

impl Timeout {
    /// The time itself, `None` for one without end.
    pub const fn duration(&self) -> Option<Duration> {
        self.0
    }

    /// Changes it.
    ///
    /// The socket's own timeout would be up to half a second late, so a receive polls instead.
    ///
    /// # Errors
    /// None on Windows.
    pub fn set(&mut self, _: &UdpSocket, duration: Option<Duration>) -> io::Result<()> {
        self.0 = duration;
        Ok(())
    }
}

/// Waits for something to receive.
fn wait(socket: &UdpSocket, timeout: Option<&Timeout>) -> io::Result<()> {
    match timeout.map_or(Some(Duration::ZERO), Timeout::duration) {
        // The receive itself waits.
        None => Ok(()),
        Some(patience) if poll(socket, POLLRDNORM, Some(patience))? => Ok(()),
        Some(_) => Err(io::ErrorKind::WouldBlock.into()),
    }
}

/// Receives, waiting as long as `timeout` says, or not at all without one.
///
/// # Errors
/// `WouldBlock` when nothing came, `ConnectionReset` for an answer that found nobody.
pub fn receive(
    socket: &UdpSocket,
    buffer: &mut [u8],
    timeout: Option<&Timeout>,
) -> io::Result<Received> {
    wait(socket, timeout)?;
    let (length, from) = socket.recv_from(buffer)?;
    Ok(Received { length, segment: length, truncated: false, from, drops: 0 })
}

/// Receives one datagram of a connected socket, waiting as in [`receive`].
///
/// # Errors
/// `WouldBlock` when nothing came, `ConnectionReset` when an earlier send found nobody.
pub fn receive_answer(
    socket: &UdpSocket,
    buffer: &mut [u8],
    timeout: Option<&Timeout>,
) -> io::Result<usize> {
    wait(socket, timeout)?;
    socket.recv(buffer)
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
    let _ = send_to_now(socket, b"", address);
}

/// Sends one datagram to `address`.
///
/// # Errors
/// The operating system's.
pub fn send_to_now(socket: &UdpSocket, payload: &[u8], address: SocketAddr) -> io::Result<()> {
    socket.send_to(payload, address).map(drop)
}

/// Sends one datagram of a connected socket.
///
/// # Errors
/// The operating system's.
pub fn send_now(socket: &UdpSocket, payload: &[u8]) -> io::Result<()> {
    socket.send(payload).map(drop)
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
    if poll(socket, POLLWRNORM, patience)? { Ok(()) } else { Err(io::ErrorKind::TimedOut.into()) }
}

/// Whether one of `events` came in time.
fn poll(socket: &UdpSocket, events: i16, patience: Option<Duration>) -> io::Result<bool> {
    let timeout =
        patience.map_or(-1, |patience| patience.as_micros().div_ceil(1000).min(1 << 30) as i32);
    let mut wanted = WSAPOLLFD { fd: raw(socket), events, revents: 0 };
    // SAFETY: one writable element, as stated; the socket is open while it is borrowed.
    match unsafe { WSAPoll(&raw mut wanted, 1, timeout) } {
        0.. => Ok(wanted.revents != 0),
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
        match receive_answer(socket, &mut [0; 1], None) {
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
    fn a_waiting_receive_can_be_ended_from_another_thread() {
        let server = bind(address("0.0.0.0:0")).unwrap();
        let forever = Timeout::default();
        std::thread::scope(|threads| {
            let blocked = threads.spawn(|| receive(&server, &mut [0; 4], Some(&forever)).map(drop));
            end_receiving(&server);
            blocked.join().unwrap().unwrap();
        });
    }

    #[test]
    fn an_idle_socket_has_room_and_nothing_to_tell() {
        let socket = bind(address("127.0.0.1:0")).unwrap();
        socket.connect(socket.local_addr().unwrap()).unwrap();
        wait_for_room(&socket, Some(Duration::ZERO)).unwrap();
        send_now(&socket, b"an answer that nobody waits for").unwrap();
        take_failure(&socket).unwrap();
        let nothing = receive_answer(&socket, &mut [0; 1], None).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
    }
}
