//! One connection: what is written to it, whole messages in order, by any thread.

use samebox_core::Deadline;
use samebox_sys::unix::socket::{self, Ready};
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use zbus::Message;

/// A connection to a bus or to a peer, whose messages any thread may send.
pub(crate) struct Link {
    socket: OwnedFd,
    out: Mutex<Out>,
    /// Bytes that may wait to be written.
    capacity: usize,
    /// Told when something waits that nobody here will write.
    stuck: Option<Box<dyn Fn() + Send + Sync>>,
    /// It does not want signals that go to everybody.
    is_quiet: AtomicBool,
    /// This side is about to end it.
    is_leaving: AtomicBool,
}

#[derive(Default)]
struct Out {
    waiting: VecDeque<Message>,
    /// How much of the first one is written.
    written: usize,
    bytes: usize,
    is_ended: bool,
}

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotSent {
    /// The connection is over.
    Ended,
    /// The other side does not read what it has.
    Full,
    /// There was no room in time.
    Late,
}

impl Link {
    /// A connection over a socket, which will not wait, and on which `capacity` bytes may wait.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn new(socket: OwnedFd, capacity: usize) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&socket, true)?;
        let (out, is_quiet, is_leaving) = Default::default();
        Ok(Self { socket, out, capacity, stuck: None, is_quiet, is_leaving })
    }

    /// The same with someone to tell when messages wait to be written.
    #[must_use]
    pub(crate) fn with_alarm(mut self, stuck: impl Fn() + Send + Sync + 'static) -> Self {
        self.stuck = Some(Box::new(stuck));
        self
    }

    fn out(&self) -> MutexGuard<'_, Out> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a message without waiting; what does not fit waits, bounded.
    ///
    /// # Errors
    /// `Full` when too much waits, `Ended`.
    pub(crate) fn send(&self, message: Message) -> Result<(), NotSent> {
        let mut out = self.out();
        let was_stuck = !out.waiting.is_empty();
        if was_stuck && out.bytes + message.data().len() > self.capacity {
            return Err(NotSent::Full);
        }
        out.push(message);
        let is_stuck = !out.write(&self.socket)?;
        drop(out);
        if let Some(stuck) = self.stuck.as_ref().filter(|_| is_stuck && !was_stuck) {
            stuck();
        }
        Ok(())
    }

    /// Sends a message that may be left out: only where nothing waits.
    ///
    /// # Errors
    /// As [`Link::send`].
    pub(crate) fn send_if_idle(&self, message: Message) -> Result<(), NotSent> {
        let is_idle = self.out().waiting.is_empty();
        if is_idle { self.send(message) } else { Err(NotSent::Full) }
    }

    /// Sends a message, waiting for room until `deadline`.
    ///
    /// What is half written then is written on by whoever sends next, so order holds.
    ///
    /// # Errors
    /// `Late`, `Ended`.
    pub(crate) fn send_by(&self, message: Message, deadline: Deadline) -> Result<(), NotSent> {
        let serial = message.primary_header().serial_num();
        let mut out = self.out();
        out.push(message);
        loop {
            if out.write(&self.socket)? || !out.has(serial) {
                return Ok(());
            }
            if deadline.has_passed() {
                out.take_back(serial);
                return Err(NotSent::Late);
            }
            drop(out);
            let wanted = Ready { read: false, write: true };
            match socket::wait(&self.socket, wanted, deadline.remaining()) {
                Err(error) if error.kind() != io::ErrorKind::TimedOut => {
                    self.cut();
                    return Err(NotSent::Ended);
                }
                _ => {}
            }
            out = self.out();
        }
    }

    /// Writes what waits, without waiting; `true` when nothing waits any more.
    ///
    /// # Errors
    /// `Ended`.
    pub(crate) fn flush(&self) -> Result<bool, NotSent> {
        self.out().write(&self.socket)
    }

    /// Ends both directions; whoever waits for it is woken.
    pub(crate) fn cut(&self) {
        let mut out = self.out();
        out.end();
        // A socket whose peer has gone needs no end.
        let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Both);
    }

    /// Chooses whether it gets the signals that go to everybody.
    pub(crate) fn set_signals(&self, on: bool) {
        self.is_quiet.store(!on, Ordering::Relaxed);
    }

    /// Whether it gets the signals that go to everybody.
    pub(crate) fn wants_signals(&self) -> bool {
        !self.is_quiet.load(Ordering::Relaxed)
    }

    /// Says that this side is about to end it; what was sent still goes out.
    pub(crate) fn leave(&self) {
        self.is_leaving.store(true, Ordering::Relaxed);
    }

    /// Whether this side is about to end it.
    pub(crate) fn is_leaving(&self) -> bool {
        self.is_leaving.load(Ordering::Relaxed)
    }

    /// Whether nothing can be sent any more.
    pub(crate) fn is_ended(&self) -> bool {
        self.out().is_ended
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Out {
    fn push(&mut self, message: Message) {
        if !self.is_ended {
            self.bytes += message.data().len();
            self.waiting.push_back(message);
        }
    }

    fn has(&self, serial: std::num::NonZeroU32) -> bool {
        self.waiting.iter().any(|message| message.primary_header().serial_num() == serial)
    }

    /// Takes a message out again of which nothing is written yet.
    fn take_back(&mut self, serial: std::num::NonZeroU32) {
        let is_it = |message: &Message| message.primary_header().serial_num() == serial;
        let Some(at) = self.waiting.iter().position(is_it) else { return };
        if at > 0 || self.written == 0 {
            let length = self.waiting.remove(at).map_or(0, |message| message.data().len());
            self.bytes -= length;
        }
    }

    /// Writes what fits; `true` when nothing waits any more.
    fn write(&mut self, socket: &OwnedFd) -> Result<bool, NotSent> {
        if self.is_ended {
            return Err(NotSent::Ended);
        }
        while let Some(first) = self.waiting.front() {
            let rest = &first.data()[self.written..];
            match socket::write_now(socket, &[IoSlice::new(rest)]) {
                Ok(written) if written == rest.len() => {
                    self.written = 0;
                    self.bytes -= first.data().len();
                    self.waiting.pop_front();
                }
                Ok(written) => self.written += written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.end();
                    return Err(NotSent::Ended);
                }
            }
        }
        Ok(true)
    }

    fn end(&mut self) {
        *self = Self { is_ended: true, ..Self::default() };
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("socket", &self.socket).finish_non_exhaustive()
    }
}
