//! The server's thread: waits for all connections, cuts messages, writes what got stuck.

use super::on_bus::OnBus;
use super::private::Private;
use super::{Shared, lock};
use crate::dbus::incoming::Incoming;
use crate::dbus::link::Link;
use mio::event::Source;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use samebox_core::{Deadline, Result};
use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::Duration;

pub(super) const WAKE: Token = Token(usize::MAX);
pub(super) const DOOR: Token = Token(usize::MAX - 1);

/// How long the thread sleeps at most, so that it sees to its name and to slow clients.
const TICK: Duration = Duration::from_millis(500);

/// How long answers may take to be written when the server ends.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Where clients come from.
pub(super) enum Side {
    Bus(OnBus),
    Private(Private),
}

/// What the server's thread has.
pub(super) struct Watch {
    pub(super) shared: Arc<Shared>,
    pub(super) poll: Poll,
    pub(super) lines: HashMap<usize, Line>,
    next: usize,
    /// Lines that may have more to read, though no news of them will come.
    more: Vec<usize>,
}

/// One connection and what came over it.
pub(super) struct Line {
    pub(super) link: Arc<Link>,
    pub(super) incoming: Incoming,
}

/// Whether a line goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goes {
    On,
    Over,
}

impl Watch {
    pub(super) fn new(shared: Arc<Shared>, poll: Poll) -> Self {
        let (lines, more) = Default::default();
        Self { shared, poll, lines, next: 0, more }
    }

    /// Starts to look after a connection; gives its number.
    pub(super) fn add(&mut self, link: Link, incoming: Incoming) -> io::Result<usize> {
        let number = self.next;
        self.next += 1;
        let shared = Arc::downgrade(&self.shared);
        let link = link.with_alarm(move || {
            if let Some(shared) = shared.upgrade() {
                lock(&shared.stuck).push(number);
                // A thread that cannot be woken looks by itself before long.
                let _ = shared.waker.wake();
            }
        });
        let raw = link.as_fd().as_raw_fd();
        SourceFd(&raw).register(self.poll.registry(), Token(number), Interest::READABLE)?;
        let link = Arc::new(link);
        lock(&self.shared.links).insert(number, link.clone());
        self.lines.insert(number, Line { link, incoming });
        // Something may have come before the registration.
        self.more.push(number);
        Ok(number)
    }

    /// Ends a connection.
    pub(super) fn remove(&mut self, number: usize) {
        lock(&self.shared.links).remove(&number);
        if let Some(line) = self.lines.remove(&number) {
            line.link.cut();
            let raw = line.link.as_fd().as_raw_fd();
            // A socket that is closed anyway need not be taken out.
            let _ = SourceFd(&raw).deregister(self.poll.registry());
        }
    }

    /// Works until the server is dropped.
    pub(super) fn run(mut self, mut side: Side) {
        let mut events = Events::with_capacity(256);
        while !self.shared.is_stopping() {
            let patience = match self.more.is_empty() {
                true => side.patience().map_or(TICK, |patience| patience.min(TICK)),
                false => Duration::ZERO,
            };
            if self.poll.poll(&mut events, Some(patience)).is_err() {
                continue;
            }
            let mut ready = std::mem::take(&mut self.more);
            for event in &events {
                match event.token() {
                    WAKE => {}
                    DOOR => side.door(&mut self),
                    Token(number) => {
                        if event.is_writable() {
                            self.write(&mut side, number);
                        }
                        if event.is_readable() && !ready.contains(&number) {
                            ready.push(number);
                        }
                    }
                }
            }
            self.unstick(&mut side);
            for number in ready {
                self.read(&mut side, number);
            }
            side.upkeep(&mut self);
        }
        self.finish(&mut side);
    }

    /// Waits for room where something got stuck.
    fn unstick(&mut self, side: &mut Side) {
        let stuck = std::mem::take(&mut *lock(&self.shared.stuck));
        for number in stuck {
            self.write(side, number);
        }
    }

    fn write(&mut self, side: &mut Side, number: usize) {
        let Some(line) = self.lines.get(&number) else { return };
        let raw = line.link.as_fd().as_raw_fd();
        let interest = match line.link.flush() {
            Ok(true) => Interest::READABLE,
            Ok(false) => Interest::READABLE | Interest::WRITABLE,
            Err(_) => return self.over(side, number),
        };
        if SourceFd(&raw).reregister(self.poll.registry(), Token(number), interest).is_err() {
            self.over(side, number);
        }
    }

    fn read(&mut self, side: &mut Side, number: usize) {
        let Some(line) = self.lines.get_mut(&number) else { return };
        let is_ended = match line.incoming.read(&line.link) {
            Ok(0) => true,
            Ok(_) => {
                if !line.incoming.has_room() {
                    self.more.push(number);
                }
                false
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                return self.more.push(number);
            }
            Err(_) => true,
        };
        let goes = side.arrived(self, number);
        if is_ended || goes == Goes::Over {
            self.over(side, number);
        }
    }

    fn over(&mut self, side: &mut Side, number: usize) {
        if self.lines.contains_key(&number) {
            self.remove(number);
            side.over(self, number);
        }
    }

    /// Writes what is left to be written, for a while, and gives the name up.
    fn finish(mut self, side: &mut Side) {
        if let Side::Bus(on_bus) = side {
            on_bus.leave(&self);
        }
        let deadline = Deadline::after(LAST_WORDS);
        let waiting = |line: &&Line| matches!(line.link.flush(), Ok(false));
        while let Some(line) = self.lines.values().find(waiting)
            && !deadline.has_passed()
        {
            let wanted = samebox_sys::unix::socket::Ready { read: false, write: true };
            // One that does not read keeps the others from nothing but time.
            let step = Duration::from_millis(50);
            let _ = samebox_sys::unix::socket::wait(&line.link, wanted, Some(step));
        }
        let numbers: Vec<_> = self.lines.keys().copied().collect();
        numbers.into_iter().for_each(|number| self.over(side, number));
    }
}

impl Side {
    /// Takes the name; the first calls may come from then on.
    pub(super) fn begin(&mut self, watch: &mut Watch) -> Result<()> {
        match self {
            Self::Bus(side) => side.begin(watch),
            Self::Private(side) => side.begin(watch),
        }
    }

    fn door(&mut self, watch: &mut Watch) {
        if let Self::Private(side) = self {
            side.door(watch);
        }
    }

    fn arrived(&mut self, watch: &mut Watch, number: usize) -> Goes {
        match self {
            Self::Bus(side) => side.arrived(watch, number),
            Self::Private(side) => side.arrived(watch, number),
        }
    }

    fn over(&mut self, watch: &mut Watch, number: usize) {
        match self {
            Self::Bus(side) => side.over(watch),
            Self::Private(side) => side.over(watch, number),
        }
    }

    /// How long nothing needs to be done, if that can be told.
    fn patience(&self) -> Option<Duration> {
        match self {
            Self::Bus(side) => side.patience(),
            Self::Private(_) => None,
        }
    }

    fn upkeep(&mut self, watch: &mut Watch) {
        match self {
            Self::Bus(side) => side.upkeep(watch),
            Self::Private(side) => side.upkeep(watch),
        }
    }
}
