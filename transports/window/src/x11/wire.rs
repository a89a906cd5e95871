//! The socket to the X server, with deadlines and a way to be woken.

use super::packets::Packets;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use samebox_core::{Deadline, Stopper};
use std::io::{self, ErrorKind, IoSlice, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use x11rb::rust_connection::{DefaultStream, PollMode, Stream};
use x11rb::utils::RawFdContainer;

/// The deadline, put off to `least` from now if it comes earlier.
pub(crate) fn at_least(deadline: Deadline, least: Duration) -> Deadline {
    let least = Deadline::after(least);
    if deadline.earlier(least) == deadline { least } else { deadline }
}

/// A stream to the X server that waits no longer than told.
///
/// Waiting for something to read can be given up and taken up again. Giving up in the middle of a
/// write leaves half a request behind, so the stream is of no more use then.
pub(crate) struct Wire {
    stream: DefaultStream,
    bell: Option<Bell>,
    patience: Mutex<Patience>,
    packets: Mutex<Packets>,
    /// The last write found no room.
    is_full: AtomicBool,
    /// The last read took all that there was.
    is_drained: AtomicBool,
    is_broken: AtomicBool,
}

#[derive(Clone, Copy)]
struct Patience {
    deadline: Deadline,
    heeds_bell: bool,
}

/// What ends the waiting of one server, for good.
#[derive(Clone)]
pub(crate) struct Bell {
    rung: Arc<AtomicBool>,
    hears: Arc<UnixStream>,
}

impl Bell {
    /// A bell and what rings it.
    pub(crate) fn new() -> io::Result<(Self, Stopper)> {
        let (hears, rings) = UnixStream::pair()?;
        rings.set_nonblocking(true)?;
        let rung = Arc::new(AtomicBool::new(false));
        let bell = Self { rung: Arc::clone(&rung), hears: Arc::new(hears) };
        let stopper = Stopper::new(move || {
            rung.store(true, Ordering::Release);
            // It stays readable, so that one byte is enough; nobody hears it once the server is gone.
            let _ = (&rings).write(&[1]);
        });
        Ok((bell, stopper))
    }
}

impl Wire {
    /// The least time a write may take: a deadline that has passed must not break the stream.
    const WRITING: Duration = Duration::from_millis(100);
    /// How long a server's write may find no room, whatever the deadline of its `recv`.
    const SERVER_WRITING: Duration = Duration::from_secs(5);

    pub(crate) fn new(stream: DefaultStream, bell: Option<Bell>, deadline: Deadline) -> Self {
        let (is_full, is_drained, is_broken) = Default::default();
        let patience = Mutex::new(Patience { deadline, heeds_bell: false });
        let packets = Mutex::new(Packets::new());
        Self { stream, bell, patience, packets, is_full, is_drained, is_broken }
    }

    fn patience(&self) -> MutexGuard<'_, Patience> {
        self.patience.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on waits until `deadline` at most, or until the bell rings.
    pub(crate) fn wait_until(&self, deadline: Deadline) {
        *self.patience() = Patience { deadline, heeds_bell: true };
    }

    /// As [`Wire::wait_until`], whether the bell rings or not.
    pub(crate) fn wait_deaf_until(&self, deadline: Deadline) {
        *self.patience() = Patience { deadline, heeds_bell: false };
    }

    /// Whether the bell was rung.
    pub(crate) fn is_rung(&self) -> bool {
        self.bell.as_ref().is_some_and(|bell| bell.rung.load(Ordering::Acquire))
    }

    /// Whether it is of no more use.
    pub(crate) fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Relaxed)
    }

    fn wait_readable(&self) -> io::Result<()> {
        let Patience { deadline, heeds_bell } = *self.patience();
        let own = PollFd::new(&self.stream, PollFlags::IN);
        match self.bell.as_ref().filter(|_| heeds_bell) {
            // What has come is read first, so that a server is never stopped in the middle of it.
            Some(bell) => poll(&mut [own, PollFd::new(&bell.hears, PollFlags::IN)], deadline),
            None => poll(&mut [own], deadline),
        }
    }

    fn wait_writable(&self) -> io::Result<()> {
        let deadline = match &self.bell {
            Some(_) => Deadline::after(Self::SERVER_WRITING),
            None => at_least(self.patience().deadline, Self::WRITING),
        };
        // The X server reads no more from those who do not read what it says.
        let own = PollFd::new(&self.stream, PollFlags::IN | PollFlags::OUT);
        poll(&mut [own], deadline).inspect_err(|_| self.is_broken.store(true, Ordering::Relaxed))
    }

    fn written(&self, outcome: io::Result<usize>) -> io::Result<usize> {
        let is_full = outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        self.is_full.store(is_full, Ordering::Relaxed);
        outcome
    }
}

/// Waits until something is up with the first, `TimedOut` at the deadline or when only another is up.
fn poll(watched: &mut [PollFd<'_>], deadline: Deadline) -> io::Result<()> {
    loop {
        // A time too long for the kernel is as good as none.
        let left = deadline.remaining().and_then(|left| Timespec::try_from(left).ok());
        match rustix::event::poll(watched, left.as_ref()) {
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(_) if watched[0].revents().is_empty() => return Err(ErrorKind::TimedOut.into()),
            Ok(_) => return Ok(()),
        }
    }
}

impl Stream for Wire {
    /// Waits only after a write that found no room, or for something to read.
    fn poll(&self, mode: PollMode) -> io::Result<()> {
        match mode {
            PollMode::Readable => self.wait_readable(),
            _ if self.is_full.load(Ordering::Relaxed) => self.wait_writable(),
            _ => Ok(()),
        }
    }

    fn read(&self, buffer: &mut [u8], descriptors: &mut Vec<RawFdContainer>) -> io::Result<usize> {
        if self.is_broken() {
            return Err(ErrorKind::BrokenPipe.into());
        }
        // A look that finds nothing is a system call; it is left out once, and then made.
        if self.is_drained.swap(false, Ordering::Relaxed) {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = self.stream.read(buffer, descriptors)?;
        self.packets.lock().unwrap_or_else(PoisonError::into_inner).pass(&mut buffer[..count]);
        self.is_drained.store(0 < count && count < buffer.len(), Ordering::Relaxed);
        Ok(count)
    }

    fn write(&self, bytes: &[u8], descriptors: &mut Vec<RawFdContainer>) -> io::Result<usize> {
        if self.is_broken() {
            return Err(ErrorKind::BrokenPipe.into());
        }
        self.written(self.stream.write(bytes, descriptors))
    }

    fn write_vectored(
        &self,
        buffers: &[IoSlice<'_>],
        descriptors: &mut Vec<RawFdContainer>,
    ) -> io::Result<usize> {
        if self.is_broken() {
            return Err(ErrorKind::BrokenPipe.into());
        }
        self.written(self.stream.write_vectored(buffers, descriptors))
    }
}
