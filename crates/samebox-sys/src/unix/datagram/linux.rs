//! What Linux has beyond other kernels: see udp(7), socket(7), cmsg(3).

use rustix::net::sockopt;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::UdpSocket;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

/// `SO_MEMINFO` of asm-generic/socket.h, which every architecture but sparc and parisc uses.
const SO_MEMINFO: libc::c_int = 55;

/// Room for the two control messages asked for, of four bytes each, aligned as their headers are.
#[derive(Default)]
pub(super) struct Control(pub(super) [u64; 8]);

/// The segment size of a run, if it is one, and the count of drops.
///
/// # Safety
/// `header` is one that `recvmsg` filled, and its control buffer is alive.
pub(super) unsafe fn read_control(header: &libc::msghdr) -> (Option<usize>, u32) {
    let (mut segment, mut drops) = (None, 0);
    // SAFETY: the caller's promise.
    let mut message = unsafe { libc::CMSG_FIRSTHDR(header) };
    // SAFETY: where not null, the kernel wrote a whole, aligned control message there.
    while let Some(found) = unsafe { message.as_ref() } {
        // SAFETY: the data of these two is four bytes, within the message; alignment is not assumed.
        let value = || unsafe { libc::CMSG_DATA(found).cast::<u32>().read_unaligned() };
        match (found.cmsg_level, found.cmsg_type) {
            (libc::SOL_UDP, libc::UDP_GRO) => segment = Some(value() as usize),
            (libc::SOL_SOCKET, libc::SO_RXQ_OVFL) => drops = value(),
            _ => {}
        }
        // SAFETY: as for the first one.
        message = unsafe { libc::CMSG_NXTHDR(header, found) };
    }
    (segment, drops)
}

pub(super) fn force_receive_buffer(socket: impl AsFd, bytes: usize) -> io::Result<()> {
    Ok(sockopt::set_socket_recv_buffer_size_force(socket, bytes)?)
}

/// Ends a receive that waits, and every later one.
pub fn end_receiving(socket: &UdpSocket) {
    // It says that the socket is not connected, after it has done its work all the same.
    let _ = rustix::net::shutdown(socket, rustix::net::Shutdown::Read);
}

/// Lets one receive bring a run of datagrams, when they were sent as a run.
///
/// # Errors
/// Kernels before 5.0 cannot.
pub fn coalesce(socket: impl AsFd) -> io::Result<()> {
    enable(socket.as_fd(), libc::SOL_UDP, libc::UDP_GRO)
}

/// Whether this system tells how many datagrams it throws away.
pub const COUNTS_DROPS: bool = true;

/// Lets each receive tell how many were thrown away before it.
///
/// # Errors
/// The operating system's.
pub fn count_drops(socket: impl AsFd) -> io::Result<()> {
    enable(socket.as_fd(), libc::SOL_SOCKET, libc::SO_RXQ_OVFL)
}

fn enable(socket: BorrowedFd<'_>, level: libc::c_int, option: libc::c_int) -> io::Result<()> {
    let on: libc::c_int = 1;
    let length = size_of_val(&on) as libc::socklen_t;
    // SAFETY: the value is `length` readable bytes, and the socket is open while it is borrowed.
    let outcome = unsafe {
        libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const on).cast(), length)
    };
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// How many receives the kernel has thrown away so far; it wraps.
///
/// A run of datagrams that a full buffer turns away counts once.
///
/// # Errors
/// Kernels before 4.12 cannot tell.
pub fn drops(socket: impl AsFd) -> io::Result<u32> {
    const NUMBERS: usize = libc::SK_MEMINFO_DROPS as usize + 1;
    let numbers: [u32; NUMBERS] = read(socket.as_fd(), libc::SOL_SOCKET, SO_MEMINFO)?;
    Ok(numbers[libc::SK_MEMINFO_DROPS as usize])
}

/// Whether [`send_segments`] may be tried.
///
/// A kernel that does not know of segments would send a run as one datagram, so ask first.
pub fn can_segment(socket: &UdpSocket) -> bool {
    read::<1>(socket.as_fd(), libc::SOL_UDP, libc::UDP_SEGMENT).is_ok()
}

/// Reads an option that is `N` numbers; an older kernel that knows fewer is an error.
fn read<const N: usize>(
    socket: BorrowedFd<'_>,
    level: libc::c_int,
    option: libc::c_int,
) -> io::Result<[u32; N]> {
    let mut numbers = [0_u32; N];
    let mut length = size_of_val(&numbers) as libc::socklen_t;
    let (socket, value) = (socket.as_raw_fd(), numbers.as_mut_ptr().cast());
    // SAFETY: the value is `length` writable bytes, and the socket is open while it is borrowed.
    let outcome = unsafe { libc::getsockopt(socket, level, option, value, &raw mut length) };
    match outcome {
        0 if length as usize == size_of_val(&numbers) => Ok(numbers),
        0 => Err(io::ErrorKind::Unsupported.into()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Sends `parts` of a connected socket without waiting, as datagrams of `segment` bytes each.
///
/// The last may be shorter. All of them go, or none.
///
/// # Errors
/// `Unsupported` when the route cannot do it, at all or for datagrams of this size; otherwise as
/// [`send_now`](super::send_now).
pub fn send_segments(socket: &UdpSocket, parts: &[IoSlice<'_>], segment: u16) -> io::Result<()> {
    let mut control = Control::default();
    // SAFETY: a `msghdr` is integers and pointers, for which zeroes are valid values.
    let mut header: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    // The call only reads the parts, and `IoSlice` is an `iovec` on Unix by its documentation.
    header.msg_iov = parts.as_ptr().cast::<libc::iovec>().cast_mut();
    header.msg_iovlen = parts.len() as _;
    header.msg_control = control.0.as_mut_ptr().cast();
    // SAFETY: arithmetic only.
    header.msg_controllen = unsafe { libc::CMSG_SPACE(size_of::<u16>() as _) } as _;
    // SAFETY: the control buffer is aligned, zeroed and larger than one message of two bytes.
    unsafe {
        let message = libc::CMSG_FIRSTHDR(&raw const header);
        (*message).cmsg_level = libc::SOL_UDP;
        (*message).cmsg_type = libc::UDP_SEGMENT;
        (*message).cmsg_len = libc::CMSG_LEN(size_of::<u16>() as _) as _;
        libc::CMSG_DATA(message).cast::<u16>().write_unaligned(segment);
    }
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: the header leads to `parts`, which are readable while they are borrowed, and to the
    // control buffer above; the socket is open while it is borrowed.
    if unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const header, flags) } >= 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    Err(match error.raw_os_error() {
        Some(libc::EINVAL | libc::EMSGSIZE | libc::EIO | libc::ENOPROTOOPT | libc::EOPNOTSUPP) => {
            io::Error::new(io::ErrorKind::Unsupported, error)
        }
        _ => error,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Timeout, bind, receive, send_now, set_receive_buffer};
    use super::*;
    use std::io::ErrorKind;

    fn pair() -> (UdpSocket, UdpSocket) {
        let server = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let client = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        client.connect(server.local_addr().unwrap()).unwrap();
        (server, client)
    }

    fn send_three(client: &UdpSocket) -> io::Result<()> {
        send_segments(client, &[&b"abc"[..], b"def", b"g"].map(IoSlice::new), 3)
    }

    #[test]
    fn a_run_arrives_as_single_datagrams() {
        let (server, client) = pair();
        assert!(can_segment(&client));
        send_three(&client).unwrap();
        for expected in [&b"abc"[..], b"def", b"g"] {
            let mut buffer = [0; 16];
            let received = receive(&server, &mut buffer, None).unwrap();
            assert_eq!(&buffer[..received.length], expected);
        }
    }

    #[test]
    fn a_coalescing_receiver_gets_the_run_at_once() {
        let (server, client) = pair();
        coalesce(&server).unwrap();
        send_three(&client).unwrap();
        let mut buffer = [0; 16];
        let received = receive(&server, &mut buffer, None).unwrap();
        assert_eq!(&buffer[..received.length], b"abcdefg");
        assert_eq!(received.segment, 3);
    }

    #[test]
    fn an_ended_socket_is_told_from_an_empty_datagram() {
        let (server, client) = pair();
        send_now(&client, b"").unwrap();
        end_receiving(&server);
        let forever = Timeout::default();
        assert_eq!(receive(&server, &mut [], Some(&forever)).unwrap().length, 0);
        let ended = receive(&server, &mut [], Some(&forever)).unwrap_err();
        assert_eq!(ended.kind(), ErrorKind::ConnectionAborted);
    }

    #[test]
    fn a_route_without_checksums_refuses_runs() {
        let (_server, client) = pair();
        enable(client.as_fd(), libc::SOL_SOCKET, libc::SO_NO_CHECK).unwrap();
        assert_eq!(send_three(&client).unwrap_err().kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn a_run_of_too_many_is_refused() {
        let (_server, client) = pair();
        let many = [IoSlice::new(&[0; 60]); 1000];
        let refused = send_segments(&client, &many, 60).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn what_does_not_fit_is_counted_by_both_ways_to_ask() {
        let (server, client) = pair();
        set_receive_buffer(&server, 4096).unwrap();
        count_drops(&server).unwrap();
        let sent = 200;
        (0..sent).for_each(|_| send_now(&client, &[1; 100]).unwrap());
        let next = || receive(&server, &mut [0; 128], None).ok();
        let kept = std::iter::from_fn(next).count() as u32;
        assert!(kept < sent);
        assert_eq!(kept + drops(&server).unwrap(), sent);
        send_now(&client, b"x").unwrap();
        assert_eq!(next().unwrap().drops, sent - kept);
    }
}
