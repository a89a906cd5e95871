//! Sockets that share their address with nobody, and stream sockets that do not wait.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::windows::io::{AsRawSocket, AsSocket, FromRawSocket, OwnedSocket};
use std::sync::Once;
use std::time::Duration;
use windows_sys::Win32::Networking::WinSock::{
    AF_INET, AF_INET6, IN_ADDR, IN_ADDR_0, IN6_ADDR, IN6_ADDR_0, INVALID_SOCKET, IPPROTO_TCP,
    POLLERR, POLLHUP, POLLRDNORM, POLLWRNORM, SO_EXCLUSIVEADDRUSE, SOCK_STREAM, SOCKADDR_IN,
    SOCKADDR_IN6, SOCKADDR_IN6_0, SOCKET, SOL_SOCKET, WSA_FLAG_NO_HANDLE_INHERIT,
    WSA_FLAG_OVERLAPPED, WSADATA, WSAEACCES, WSAESHUTDOWN, WSAPOLLFD, WSAPoll, WSASocketW,
    WSAStartup, bind as bind_raw, listen as listen_raw, recv, setsockopt,
};

/// Listens where no other socket can, not even one that asks to share the address.
///
/// # Errors
/// `AddrInUse` when another socket has it; otherwise the operating system's.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    // Clients that may wait to be let in. A number below 0 is a wish; other ones end at 200.
    const CLIENTS: i32 = 4096;
    let socket = bind_alone(SOCK_STREAM, IPPROTO_TCP, address)?;
    // SAFETY: the socket is open while it is borrowed.
    check(unsafe { listen_raw(raw(&socket), -CLIENTS) })?;
    Ok(socket.into())
}

/// Opens a socket at an address that it shares with nobody.
pub(super) fn bind_alone(kind: i32, protocol: i32, address: SocketAddr) -> io::Result<OwnedSocket> {
    let family = if address.is_ipv4() { AF_INET } else { AF_INET6 };
    let socket = open(family, kind, protocol)?;
    set(&socket, SO_EXCLUSIVEADDRUSE, 1)?;
    bind_to(&socket, address)?;
    Ok(socket)
}

pub(super) fn open(family: u16, kind: i32, protocol: i32) -> io::Result<OwnedSocket> {
    start_winsock();
    let flags = WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT;
    // SAFETY: numbers only; a null protocol is allowed by its documentation.
    let raw = unsafe { WSASocketW(family.into(), kind, protocol, std::ptr::null(), 0, flags) };
    if raw == INVALID_SOCKET {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the socket was just made and has no other owner.
    Ok(unsafe { OwnedSocket::from_raw_socket(raw as _) })
}

fn start_winsock() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let mut data = WSADATA::default();
        // SAFETY: `data` is writable. When it fails, so does the first socket, with the reason.
        unsafe { WSAStartup(0x202, &raw mut data) };
    });
}

pub(super) fn bind_to(socket: &impl AsSocket, address: SocketAddr) -> io::Result<()> {
    match address {
        SocketAddr::V4(address) => bind_to_structure(
            socket,
            &SOCKADDR_IN {
                sin_family: AF_INET,
                sin_port: address.port().to_be(),
                sin_addr: IN_ADDR {
                    S_un: IN_ADDR_0 { S_addr: u32::from_ne_bytes(address.ip().octets()) },
                },
                sin_zero: [0; 8],
            },
        ),
        SocketAddr::V6(address) => bind_to_structure(
            socket,
            &SOCKADDR_IN6 {
                sin6_family: AF_INET6,
                sin6_port: address.port().to_be(),
                sin6_flowinfo: address.flowinfo(),
                sin6_addr: IN6_ADDR { u: IN6_ADDR_0 { Byte: address.ip().octets() } },
                Anonymous: SOCKADDR_IN6_0 { sin6_scope_id: address.scope_id() },
            },
        ),
    }
}

/// Binds to a `SOCKADDR_IN` or `SOCKADDR_IN6`.
fn bind_to_structure<A>(socket: &impl AsSocket, address: &A) -> io::Result<()> {
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

/// Sets a number of the socket level.
pub(super) fn set(socket: &impl AsSocket, option: i32, value: i32) -> io::Result<()> {
    let length = size_of_val(&value) as i32;
    // SAFETY: the value is `length` readable bytes, and the socket is open while it is borrowed.
    check(unsafe { setsockopt(raw(socket), SOL_SOCKET, option, (&raw const value).cast(), length) })
}

fn check(outcome: i32) -> io::Result<()> {
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Reads once, appending to the spare capacity of `buffer`; 0 is the end.
///
/// # Errors
/// `WouldBlock` when nothing is there and the socket does not wait.
#[inline]
pub fn append(socket: impl AsSocket, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let spare = buffer.spare_capacity_mut();
    let room = spare.len().min(1 << 30) as i32;
    // SAFETY: `spare` is writable for `room` bytes; the socket is open while it is borrowed.
    let length = unsafe { recv(raw(&socket), spare.as_mut_ptr().cast(), room, 0) };
    let Ok(length) = usize::try_from(length) else {
        let error = io::Error::last_os_error();
        // Once this side has ended reading, there is nothing more.
        return if error.raw_os_error() == Some(WSAESHUTDOWN) { Ok(0) } else { Err(error) };
    };
    // SAFETY: the call has written that many bytes behind the old length, within the capacity.
    unsafe { buffer.set_len(buffer.len() + length) };
    Ok(length)
}

/// What a socket is ready for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// A read will not wait: there are bytes, or the end, or an error.
    pub read: bool,
    /// A write will not wait: there is room, or an error.
    pub write: bool,
}

/// Waits until the socket is readable, or writable where `write` asks for that too.
///
/// # Errors
/// `TimedOut` after `patience`.
pub fn wait(socket: impl AsSocket, write: bool, patience: Option<Duration>) -> io::Result<Ready> {
    let events = if write { POLLRDNORM | POLLWRNORM } else { POLLRDNORM };
    let mut wanted = WSAPOLLFD { fd: raw(&socket), events, revents: 0 };
    // SAFETY: one writable element, as stated; the socket is open while it is borrowed.
    match unsafe { WSAPoll(&raw mut wanted, 1, milliseconds(patience)) } {
        0 => Err(io::ErrorKind::TimedOut.into()),
        1.. => {
            let failed = wanted.revents & (POLLERR | POLLHUP) != 0;
            let read = failed || wanted.revents & POLLRDNORM != 0;
            Ok(Ready { read, write: failed || wanted.revents & POLLWRNORM != 0 })
        }
        _ => Err(io::Error::last_os_error()),
    }
}

/// Rounded up, or a wait for less than a millisecond would be none.
fn milliseconds(patience: Option<Duration>) -> i32 {
    patience.map_or(-1, |patience| patience.as_micros().div_ceil(1000).min(1 << 30) as i32)
}

pub(super) fn raw(socket: &impl AsSocket) -> SOCKET {
    socket.as_socket().as_raw_socket() as SOCKET
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::net::TcpStream;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (client, listener.accept().unwrap().0)
    }

    #[test]
    fn an_address_is_shared_with_nobody() {
        let mine = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = mine.local_addr().unwrap();
        assert_eq!(listen(address).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(mine);
        listen(address).unwrap();
    }

    #[test]
    fn reads_append_to_what_is_there() {
        let (mut writer, reader) = pair();
        reader.set_nonblocking(true).unwrap();
        let mut buffer = Vec::with_capacity(16);
        buffer.extend_from_slice(b"hel");
        assert_eq!(append(&reader, &mut buffer).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        writer.write_all(b"lo").unwrap();
        assert!(wait(&reader, false, None).unwrap().read);
        assert_eq!(append(&reader, &mut buffer).unwrap(), 2);
        assert_eq!(buffer, b"hello");
        drop(writer);
        assert!(wait(&reader, false, None).unwrap().read);
        assert_eq!(append(&reader, &mut buffer).unwrap(), 0);
    }

    #[test]
    fn waiting_ends_after_the_patience() {
        let (_writer, reader) = pair();
        let outcome = wait(&reader, false, Some(Duration::from_micros(100)));
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(wait(&reader, true, None).unwrap(), Ready { read: false, write: true });
    }
}
