//! Connected stream sockets: reading into fresh memory, writing without waiting, the peer's account.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, sendmsg};
use std::io::{self, IoSlice};
use std::os::fd::AsFd;
use std::time::Duration;

#[cfg(target_vendor = "apple")]
const QUIET: SendFlags = SendFlags::empty();
#[cfg(not(target_vendor = "apple"))]
const QUIET: SendFlags = SendFlags::NOSIGNAL;

/// Keeps writes to a closed peer from ending the process, where that is set per socket.
///
/// # Errors
/// The operating system's.
#[cfg_attr(not(target_vendor = "apple"), expect(unused_variables, reason = "set per write there"))]
pub fn without_signals(socket: impl AsFd) -> io::Result<()> {
    #[cfg(target_vendor = "apple")]
    rustix::net::sockopt::set_socket_nosigpipe(socket, true)?;
    Ok(())
}

/// Reads once, appending to the spare capacity of `buffer`; waits as the socket is set to.
///
/// # Errors
/// `WouldBlock` when nothing is there and the socket does not wait, or not that long.
#[inline]
pub fn append(socket: impl AsFd, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let spare = rustix::buffer::spare_capacity(buffer);
    Ok(recv(socket, spare, RecvFlags::empty())?.0)
}

/// Reads once without waiting, appending to the spare capacity of `buffer`.
///
/// # Errors
/// `WouldBlock` when nothing is there.
pub fn append_now(socket: impl AsFd, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let spare = rustix::buffer::spare_capacity(buffer);
    Ok(recv(socket, spare, RecvFlags::DONTWAIT)?.0)
}

/// Writes bytes of `parts`, waiting as the socket is set to; a wait that ends early may write some.
///
/// # Errors
/// `WouldBlock` when nothing fitted as long as the socket waits.
#[inline]
pub fn write(socket: impl AsFd, parts: &[IoSlice<'_>]) -> io::Result<usize> {
    write_with(socket, parts, QUIET)
}

/// Writes as many bytes of `parts` as fit without waiting.
///
/// # Errors
/// `WouldBlock` when none fits.
#[inline]
pub fn write_now(socket: impl AsFd, parts: &[IoSlice<'_>]) -> io::Result<usize> {
    write_with(socket, parts, QUIET | SendFlags::DONTWAIT)
}

#[inline]
fn write_with(socket: impl AsFd, parts: &[IoSlice<'_>], flags: SendFlags) -> io::Result<usize> {
    Ok(match parts {
        [one] => rustix::net::send(socket, one, flags)?,
        _ => sendmsg(socket, parts, &mut SendAncillaryBuffer::default(), flags)?,
    })
}

/// What a socket is ready for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// A read will not wait: there are bytes, or the end, or an error.
    pub read: bool,
    /// A write will not wait: there is room, or an error.
    pub write: bool,
}

/// Waits until the socket is ready for one of what is `wanted`, or has failed.
///
/// # Errors
/// `TimedOut` after `patience`.
pub fn wait(socket: impl AsFd, wanted: Ready, patience: Option<Duration>) -> io::Result<Ready> {
    let mut flags = PollFlags::empty();
    flags.set(PollFlags::IN, wanted.read);
    flags.set(PollFlags::OUT, wanted.write);
    // Rounded up: waking a little early would only mean another turn.
    let timeout = patience.map(|patience| Timespec {
        tv_sec: patience.as_secs().min(1 << 31) as _,
        tv_nsec: patience.subsec_nanos() as _,
    });
    let mut fds = [PollFd::new(&socket, flags)];
    match poll(&mut fds, timeout.as_ref()) {
        Ok(0) => Err(io::ErrorKind::TimedOut.into()),
        Ok(_) => {
            let got = fds[0].revents();
            let failed = got.intersects(PollFlags::ERR | PollFlags::HUP);
            let read = failed || got.contains(PollFlags::IN);
            Ok(Ready { read, write: got.intersects(PollFlags::OUT | PollFlags::ERR) })
        }
        // A signal: the caller looks at its deadline and comes back.
        Err(Errno::INTR) => Ok(Ready::default()),
        Err(error) => Err(error.into()),
    }
}

/// Sets how long a waiting read waits; `None` is for ever.
///
/// # Errors
/// The operating system's.
pub fn set_read_patience(socket: impl AsFd, patience: Option<Duration>) -> io::Result<()> {
    Ok(set_socket_timeout(socket, Timeout::Recv, patience)?)
}

/// Sets how long a waiting write waits; `None` is for ever.
///
/// # Errors
/// The operating system's.
pub fn set_write_patience(socket: impl AsFd, patience: Option<Duration>) -> io::Result<()> {
    Ok(set_socket_timeout(socket, Timeout::Send, patience)?)
}

/// Whether the other side has closed, or the connection has failed.
pub fn has_ended(socket: impl AsFd) -> bool {
    let mut byte = [0u8; 1];
    let seen = recv(socket, &mut byte[..], RecvFlags::PEEK | RecvFlags::DONTWAIT);
    match seen {
        Ok((_, length)) => length == 0,
        Err(error) => error != Errno::AGAIN && error != Errno::INTR,
    }
}

/// Whether the connection has failed, not merely ended; the failure is taken and not told again.
pub fn has_failed(socket: impl AsFd) -> bool {
    if !matches!(rustix::net::sockopt::socket_error(&socket), Ok(Ok(()))) {
        return true;
    }
    let seen = recv(socket, &mut [0u8][..], RecvFlags::PEEK | RecvFlags::DONTWAIT);
    seen.is_err_and(|error| error != Errno::AGAIN && error != Errno::INTR)
}

/// How many bytes written to a Unix stream socket its peer has yet to read, where the kernel tells.
#[cfg(target_os = "linux")]
pub fn unread_by_peer(socket: impl AsFd) -> Option<usize> {
    use std::os::fd::AsRawFd;
    let mut unread: libc::c_int = 0;
    // SAFETY: TIOCOUTQ writes one int to its argument, which outlives the call; the descriptor is
    // borrowed and so open.
    let outcome =
        unsafe { libc::ioctl(socket.as_fd().as_raw_fd(), libc::TIOCOUTQ, &raw mut unread) };
    if outcome == 0 { usize::try_from(unread).ok() } else { None }
}

/// How many bytes written to a Unix stream socket its peer has yet to read, where the kernel tells.
#[cfg(not(target_os = "linux"))]
pub fn unread_by_peer(_: impl AsFd) -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_write_that_does_not_fit_does_not_wait() {
        let (writer, _reader) = UnixStream::pair().unwrap();
        let block = [7u8; 4096];
        let outcome =
            (0..10_000).try_for_each(|_| write_now(&writer, &[IoSlice::new(&block)]).map(drop));
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn reads_append_to_what_is_there() {
        let (mut writer, reader) = UnixStream::pair().unwrap();
        writer.write_all(b"lo").unwrap();
        let mut buffer = Vec::with_capacity(16);
        buffer.extend_from_slice(b"hel");
        assert_eq!(append(&reader, &mut buffer).unwrap(), 2);
        assert_eq!(buffer, b"hello");
        assert_eq!(append_now(&reader, &mut buffer).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn the_end_is_seen_without_reading() {
        let (mut writer, reader) = UnixStream::pair().unwrap();
        assert!(!has_ended(&reader));
        writer.write_all(b"x").unwrap();
        drop(writer);
        assert!(!has_ended(&reader), "a byte is yet to be read");
        append(&reader, &mut Vec::with_capacity(8)).unwrap();
        assert!(has_ended(&reader));
    }

    #[test]
    fn waiting_ends_after_the_patience() {
        let (_writer, reader) = UnixStream::pair().unwrap();
        let wanted = Ready { read: true, write: false };
        let outcome = wait(&reader, wanted, Some(Duration::from_millis(5)));
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(wait(&reader, Ready { write: true, ..wanted }, None).unwrap().write);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn unread_bytes_are_counted_until_they_are_read() {
        let (mut writer, reader) = UnixStream::pair().unwrap();
        writer.write_all(b"abc").unwrap();
        assert!(unread_by_peer(&writer).unwrap() > 0);
        append(&reader, &mut Vec::with_capacity(8)).unwrap();
        assert_eq!(unread_by_peer(&writer), Some(0));
    }
}
