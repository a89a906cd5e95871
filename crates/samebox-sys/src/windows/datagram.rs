//! Datagram sockets: exclusive addresses, no resets for unreachable peers.

use std::io::{self, IoSlice};
use std::net::{SocketAddr, UdpSocket};
use std::os::windows::io::{AsRawSocket, FromRawSocket};
use std::sync::Once;
use std::time::Duration;
use windows_sys::Win32::Networking::WinSock::{
    AF_INET, AF_INET6, IN_ADDR, IN_ADDR_0, IN6_ADDR, IN6_ADDR_0, INVALID_SOCKET, IPPROTO_UDP,
    POLLOUT, SIO_UDP_CONNRESET, SO_EXCLUSIVEADDRUSE, SO_RCVBUF, SOCK_DGRAM, SOCKADDR_IN,
    SOCKADDR_IN6, SOCKADDR_IN6_0, SOCKET, SOL_SOCKET, WSA_FLAG_NO_HANDLE_INHERIT,
    WSA_FLAG_OVERLAPPED, WSADATA, WSAEACCES, WSAIoctl, WSAPOLLFD, WSAPoll, WSASocketW, WSAStartup,
    bind as bind_raw, setsockopt,
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
    start_winsock();
    let family = if address.is_ipv4() { AF_INET } else { AF_INET6 };
    let flags = WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT;
    // SAFETY: numbers only; a null protocol is allowed by its documentation.
    let raw =
        unsafe { WSASocketW(family.into(), SOCK_DGRAM, IPPROTO_UDP, std::ptr::null(), 0, flags) };
    if raw == INVALID_SOCKET {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the socket was just made and has no other owner.
    let socket = unsafe { UdpSocket::from_raw_socket(raw as _) };
    set(&socket, SO_EXCLUSIVEADDRUSE, 1)?;
    ignore_unreachable_peers(&socket);
    match address {
        SocketAddr::V4(address) => bind_to(
            &socket,
            &SOCKADDR_IN {
                sin_family: AF_INET,
                sin_port: address.port().to_be(),
                sin_addr: IN_ADDR {
                    S_un: IN_ADDR_0 { S_addr: u32::from_ne_bytes(address.ip().octets()) },
                },
                sin_zero: [0; 8],
            },
        ),
        SocketAddr::V6(address) => bind_to(
            &socket,
            &SOCKADDR_IN6 {
                sin6_family: AF_INET6,
                sin6_port: address.port().to_be(),
                sin6_flowinfo: address.flowinfo(),
                sin6_addr: IN6_ADDR { u: IN6_ADDR_0 { Byte: address.ip().octets() } },
                Anonymous: SOCKADDR_IN6_0 { sin6_scope_id: address.scope_id() },
            },
        ),
    }?;
    Ok(socket)
}

fn start_winsock() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let mut data = WSADATA::default();
        // SAFETY: `data` is writable. When it fails, so does the first socket, with the reason.
        unsafe { WSAStartup(0x202, &raw mut data) };
    });
}

/// Binds to a `SOCKADDR_IN` or `SOCKADDR_IN6`.
fn bind_to<A>(socket: &UdpSocket, address: &A) -> io::Result<()> {
    let address: *const A = address;
    // SAFETY: the address is readable for the stated length while it is borrowed, and Windows checks
    // its family itself; the socket is open while it is borrowed.
    let outcome = unsafe { bind_raw(raw(socket), address.cast(), size_of::<A>() as i32) };
    match check(outcome) {
        // Exclusive owners and ports that the system keeps for itself are told apart from no other.
        Err(error) if error.raw_os_error() == Some(WSAEACCES) => {
            Err(io::Error::new(io::ErrorKind::AddrInUse, error))
        }
        outcome => outcome,
    }
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

fn raw(socket: &UdpSocket) -> SOCKET {
    socket.as_raw_socket() as SOCKET
}

fn check(outcome: i32) -> io::Result<()> {
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn set(socket: &UdpSocket, option: i32, value: i32) -> io::Result<()> {
    let length = size_of_val(&value) as i32;
    // SAFETY: the value is `length` readable bytes, and the socket is open while it is borrowed.
    check(unsafe { setsockopt(raw(socket), SOL_SOCKET, option, (&raw const value).cast(), length) })
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
    use windows_sys::Win32::Networking::WinSock::SO_REUSEADDR;

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
        let port = mine.local_addr().unwrap().port();
        // SAFETY: numbers only; a null protocol is allowed by its documentation.
        let thief =
            unsafe { WSASocketW(AF_INET.into(), SOCK_DGRAM, IPPROTO_UDP, std::ptr::null(), 0, 0) };
        // SAFETY: the socket was just made and has no other owner.
        let thief = unsafe { UdpSocket::from_raw_socket(thief as _) };
        set(&thief, SO_REUSEADDR, 1).unwrap();
        let target = SOCKADDR_IN {
            sin_family: AF_INET,
            sin_port: port.to_be(),
            sin_addr: IN_ADDR { S_un: IN_ADDR_0 { S_addr: u32::from_ne_bytes([127, 0, 0, 1]) } },
            sin_zero: [0; 8],
        };
        let refused = bind_to(&thief, &target).unwrap_err();
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
