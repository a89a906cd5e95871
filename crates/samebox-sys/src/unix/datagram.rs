//! Datagram sockets: segmentation offload, coalesced receiving, the count of drops.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;

#[cfg(target_os = "linux")]
use linux as kernel;
#[cfg(not(target_os = "linux"))]
use portable as kernel;

pub use kernel::{
    COUNTS_DROPS, can_segment, coalesce, count_drops, drops, end_receiving, send_segments,
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::addr::SocketAddrStorage;
use rustix::net::sockopt;
use rustix::net::{RecvFlags, SendFlags, SocketAddrAny};
use std::io;
use std::mem::MaybeUninit;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

/// What one receive brought: a datagram, or a run of datagrams of one sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// How many bytes of the buffer hold it.
    pub length: usize,
    /// How many bytes each datagram of a run has; the last may have fewer.
    pub segment: usize,
    /// Whether it was larger than the buffer, so that its end is gone.
    pub truncated: bool,
    /// Who sent it.
    pub from: SocketAddr,
    /// How many receives the kernel had thrown away when it queued this one; it wraps.
    pub drops: u32,
}

/// Opens a socket that shares `address` with nobody.
///
/// # Errors
/// `AddrInUse` when another socket has it; otherwise the operating system's.
pub fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    // Without SO_REUSEADDR and SO_REUSEPORT on this one, no later socket can take the address.
    UdpSocket::bind(address)
}

/// Makes the receive buffer as near to `bytes` as the system allows.
///
/// # Errors
/// The operating system's, when it allows no size at all.
pub fn set_receive_buffer(socket: impl AsFd, bytes: usize) -> io::Result<()> {
    if kernel::force_receive_buffer(&socket, bytes).is_ok() {
        return Ok(());
    }
    let mut bytes = bytes;
    loop {
        match sockopt::set_socket_recv_buffer_size(&socket, bytes) {
            // Some systems refuse what is too much, others cut it down themselves.
            Err(Errno::NOBUFS) if bytes > 4096 => bytes /= 2,
            outcome => return Ok(outcome?),
        }
    }
}

/// How long receives of one socket wait; without end at first.
#[derive(Debug, Default)]
pub struct Timeout(Option<Duration>);

impl Timeout {
    /// The time itself, `None` for one without end.
    pub const fn duration(&self) -> Option<Duration> {
        self.0
    }

    /// Changes it; costs a system call unless it is that already.
    ///
    /// # Errors
    /// The operating system's; it refuses a time of zero.
    pub fn set(&mut self, socket: &UdpSocket, duration: Option<Duration>) -> io::Result<()> {
        if duration != self.0 {
            socket.set_read_timeout(duration)?;
            self.0 = duration;
        }
        Ok(())
    }
}

/// Receives, waiting as long as `timeout` says, or not at all without one.
///
/// # Errors
/// `WouldBlock` when nothing came, `ConnectionAborted` after [`end_receiving`].
#[inline]
pub fn receive(
    socket: &UdpSocket,
    buffer: &mut [u8],
    timeout: Option<&Timeout>,
) -> io::Result<Received> {
    let mut name = MaybeUninit::<SocketAddrStorage>::uninit();
    let mut control = kernel::Control::default();
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    // SAFETY: a `msghdr` is integers and pointers, for which zeroes are valid values.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_name = name.as_mut_ptr().cast();
    header.msg_namelen = size_of::<SocketAddrStorage>() as _;
    header.msg_iov = &raw mut part;
    header.msg_iovlen = 1;
    header.msg_control = control.0.as_mut_ptr().cast();
    header.msg_controllen = size_of_val(&control) as _;
    let flags = if timeout.is_some() { 0 } else { libc::MSG_DONTWAIT };
    // SAFETY: each pointer in the header leads to memory of the stated length that outlives the call
    // and that nothing else refers to; the socket is open while it is borrowed.
    let length = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, flags) };
    let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
    if header.msg_namelen == 0 {
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    // SAFETY: `recvmsg` succeeded, so it wrote a socket address of `msg_namelen` bytes there.
    let from = unsafe { SocketAddrAny::new(name, header.msg_namelen as _) };
    let from = SocketAddr::try_from(from)?;
    // SAFETY: `recvmsg` filled the header, whose control buffer is alive.
    let (segment, drops) = unsafe { kernel::read_control(&header) };
    let truncated = header.msg_flags & libc::MSG_TRUNC != 0;
    Ok(Received { length, segment: segment.unwrap_or(length), truncated, from, drops })
}

/// Receives one datagram of a connected socket, waiting as in [`receive`].
///
/// # Errors
/// `WouldBlock` when nothing came, `ConnectionRefused` when an earlier send found nobody.
#[inline]
pub fn receive_answer(
    socket: &UdpSocket,
    buffer: &mut [u8],
    timeout: Option<&Timeout>,
) -> io::Result<usize> {
    let flags = if timeout.is_some() { RecvFlags::empty() } else { RecvFlags::DONTWAIT };
    Ok(rustix::net::recv(socket, buffer, flags)?.0)
}

/// Sends one datagram to `address` without waiting.
///
/// # Errors
/// `WouldBlock` when there is no room.
#[inline]
pub fn send_to_now(socket: &UdpSocket, payload: &[u8], address: SocketAddr) -> io::Result<()> {
    rustix::net::sendto(socket, payload, SendFlags::DONTWAIT, &address)?;
    Ok(())
}

/// Sends one datagram of a connected socket without waiting.
///
/// # Errors
/// `WouldBlock` when there is no room, `ConnectionRefused` when an earlier send found nobody; this
/// one was not sent then.
#[inline]
pub fn send_now(socket: &UdpSocket, payload: &[u8]) -> io::Result<()> {
    rustix::net::send(socket, payload, SendFlags::DONTWAIT)?;
    Ok(())
}

/// Waits until a send would have room.
///
/// # Errors
/// `TimedOut` after `patience`.
pub fn wait_for_room(socket: &UdpSocket, patience: Option<Duration>) -> io::Result<()> {
    let timeout = patience.and_then(|patience| Timespec::try_from(patience).ok());
    match poll(&mut [PollFd::new(socket, PollFlags::OUT)], timeout.as_ref()) {
        Ok(0) => Err(io::ErrorKind::TimedOut.into()),
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Tells, once, that an earlier send of a connected socket failed.
///
/// # Errors
/// `ConnectionRefused` when it found nobody.
pub fn take_failure(socket: &UdpSocket) -> io::Result<()> {
    socket.take_error()?.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;
    use std::net::Ipv4Addr;

    const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    fn pair() -> (UdpSocket, UdpSocket) {
        let server = bind(ANY_PORT).unwrap();
        let client = bind(ANY_PORT).unwrap();
        client.connect(server.local_addr().unwrap()).unwrap();
        (server, client)
    }

    #[test]
    fn a_datagram_comes_with_its_sender() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let server = bind(address.parse().unwrap()).unwrap();
            let client = bind(address.parse().unwrap()).unwrap();
            client.connect(server.local_addr().unwrap()).unwrap();
            send_now(&client, b"hello").unwrap();
            let received = receive(&server, &mut [0; 64], None).unwrap();
            assert_eq!(received.from, client.local_addr().unwrap());
            assert_eq!((received.length, received.segment, received.truncated), (5, 5, false));
        }
    }

    #[test]
    fn a_datagram_larger_than_the_buffer_is_marked() {
        let (server, client) = pair();
        send_now(&client, b"abcdefgh").unwrap();
        let mut buffer = [0; 4];
        let received = receive(&server, &mut buffer, None).unwrap();
        assert!(received.truncated);
        assert_eq!(&buffer[..received.length], b"abcd");
    }

    #[test]
    fn receiving_without_a_timeout_does_not_wait() {
        let (server, client) = pair();
        let outcome = receive(&server, &mut [0; 4], None);
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::WouldBlock);
        let outcome = receive_answer(&client, &mut [0; 4], None);
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::WouldBlock);
    }

    #[test]
    fn receiving_with_a_timeout_ends() {
        let (server, _client) = pair();
        let mut timeout = Timeout::default();
        timeout.set(&server, Some(Duration::from_millis(5))).unwrap();
        let outcome = receive(&server, &mut [0; 4], Some(&timeout));
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::WouldBlock);
    }

    #[test]
    fn a_waiting_receive_can_be_ended_from_another_thread() {
        let (server, _client) = pair();
        let forever = Timeout::default();
        std::thread::scope(|threads| {
            let blocked = threads.spawn(|| receive(&server, &mut [0; 4], Some(&forever)).map(drop));
            end_receiving(&server);
            let _ = blocked.join().unwrap();
        });
    }

    #[test]
    fn an_idle_socket_has_room() {
        wait_for_room(&pair().1, Some(Duration::ZERO)).unwrap();
    }

    #[test]
    fn a_dead_port_is_told_once() {
        let (server, client) = pair();
        drop(server);
        send_now(&client, b"x").unwrap();
        assert_eq!(take_failure(&client).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        take_failure(&client).unwrap();
    }

    /// Another program may mark its socket as willing to share; the first one never does.
    #[test]
    fn a_bound_address_cannot_be_taken_by_a_socket_that_shares() {
        use rustix::net::{AddressFamily, SocketType, bind as bind_any, socket};
        let mine = bind(ANY_PORT).unwrap();
        let address = mine.local_addr().unwrap();
        let everywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port()));
        for target in [address, everywhere] {
            let thief = socket(AddressFamily::INET, SocketType::DGRAM, None).unwrap();
            sockopt::set_socket_reuseaddr(&thief, true).unwrap();
            sockopt::set_socket_reuseport(&thief, true).unwrap();
            assert_eq!(bind_any(&thief, &target), Err(Errno::ADDRINUSE));
        }
    }

    #[test]
    fn the_receive_buffer_follows_the_request() {
        let size = |socket: &UdpSocket| sockopt::socket_recv_buffer_size(socket).unwrap();
        let socket = bind(ANY_PORT).unwrap();
        set_receive_buffer(&socket, 8192).unwrap();
        let small = size(&socket);
        set_receive_buffer(&socket, 128 << 10).unwrap();
        assert!((8192..64 << 10).contains(&small) && size(&socket) >= 128 << 10);
        set_receive_buffer(&socket, 1 << 30).unwrap();
    }
}
