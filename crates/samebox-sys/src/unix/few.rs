//! Waiting for a few sockets one by one, beside a poll that watches everything else.

use mio::Poll;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

/// One socket, and what to wait for.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// The socket.
    pub socket: BorrowedFd<'a>,
    /// Wait until a read would not wait.
    pub read: bool,
    /// Wait until a write would not wait.
    pub write: bool,
}

/// What a socket is ready for; after an end or an error, for both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// A read would not wait.
    pub read: bool,
    /// A write would not wait.
    pub write: bool,
}

/// How many sockets a few are at most.
pub const MOST: usize = 16;

/// Waits for the sockets of `wanted`, at most [`MOST`], and for `rest`; tells whether `rest` has news.
///
/// A poll on epoll has each sender run a callback of the receiver's for each message; this wait costs
/// senders nothing while the receiver is busy. It costs the receiver something for each socket, so it
/// is for a few.
///
/// `found` gets what each of `wanted` is ready for, in order.
///
/// # Errors
/// `Interrupted` by a signal; the operating system's.
pub fn wait<'a>(
    rest: &'a Poll,
    wanted: impl Iterator<Item = Wanted<'a>>,
    patience: Option<Duration>,
    found: &mut [Found; MOST],
) -> io::Result<bool> {
    // SAFETY: the descriptor is that of `rest`, which is borrowed for as long and so stays open.
    let rest = unsafe { BorrowedFd::borrow_raw(rest.as_raw_fd()) };
    let mut fds: [_; MOST + 1] =
        std::array::from_fn(|_| PollFd::from_borrowed_fd(rest, PollFlags::IN));
    let mut count = 1;
    for one in wanted.take(MOST) {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, one.read);
        flags.set(PollFlags::OUT, one.write);
        fds[count] = PollFd::from_borrowed_fd(one.socket, flags);
        count += 1;
    }
    let patience = patience.map(|patience| Timespec {
        tv_sec: patience.as_secs().min(1 << 31) as _,
        tv_nsec: patience.subsec_nanos() as _,
    });
    poll(&mut fds[..count], patience.as_ref())?;
    let over = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    for (found, polled) in found.iter_mut().zip(&fds[1..count]) {
        let flags = polled.revents();
        found.read = flags.intersects(PollFlags::IN | over);
        found.write = flags.intersects(PollFlags::OUT | over);
    }
    Ok(!fds[0].revents().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mio::{Token, Waker};
    use std::io::Write;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    fn reading<'a>(sockets: &[&'a UnixStream]) -> impl Iterator<Item = Wanted<'a>> {
        let sockets: Vec<BorrowedFd<'a>> = sockets.iter().copied().map(AsFd::as_fd).collect();
        sockets.into_iter().map(|socket| Wanted { socket, read: true, write: false })
    }

    #[test]
    fn news_of_the_sockets_and_of_the_rest_are_told_apart() {
        let rest = Poll::new().unwrap();
        let waker = Waker::new(rest.registry(), Token(1)).unwrap();
        let (mut writer, reader) = UnixStream::pair().unwrap();
        let (_other, idle) = UnixStream::pair().unwrap();
        let mut found = [Found::default(); MOST];
        assert!(
            !wait(&rest, reading(&[&reader, &idle]), Some(Duration::ZERO), &mut found).unwrap()
        );
        assert_eq!(found[..2], [Found::default(); 2]);
        writer.write_all(b"x").unwrap();
        assert!(!wait(&rest, reading(&[&reader, &idle]), None, &mut found).unwrap());
        assert_eq!(found[..2], [Found { read: true, write: false }, Found::default()]);
        waker.wake().unwrap();
        assert!(wait(&rest, reading(&[&idle]), None, &mut found).unwrap());
        assert_eq!(found[0], Found::default());
    }

    #[test]
    fn an_end_is_news_for_reading_and_for_writing() {
        let rest = Poll::new().unwrap();
        let (writer, reader) = UnixStream::pair().unwrap();
        drop(writer);
        let wanted = Wanted { socket: reader.as_fd(), read: false, write: true };
        let mut found = [Found::default(); MOST];
        wait(&rest, std::iter::once(wanted), None, &mut found).unwrap();
        assert_eq!(found[0], Found { read: true, write: true });
    }
}
