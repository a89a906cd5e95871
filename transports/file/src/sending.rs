use crate::outbox::{FileOutbox, Reader};
use crate::pace::Pace;
use crate::slot::Outside;
use samebox_core::{Deadline, ErrorKind, Operation, Overflow, Result};
use std::time::{Duration, Instant};

/// One `send` and what it has met so far.
pub(crate) struct Sending<'a> {
    pub(crate) payload: &'a [u8],
    deadline: Deadline,
    pace: Pace,
    /// Whom the message is for, and when that was found out.
    pub(crate) reader: Option<(Reader, Instant)>,
    /// The message in the way, and since when it has stood there unchanged.
    before: Option<(Outside, Instant)>,
    /// Until when an absent server may come back.
    absence: Option<Deadline>,
    /// Until when a locked slot is waited for where waiting is not wanted.
    locked: Option<Deadline>,
    /// Whether a server was there at some time.
    met: bool,
}

/// Why a message is not in the slot yet.
#[derive(Clone, Copy)]
pub(crate) enum Obstacle {
    /// The one before it is.
    Message(Outside),
    /// Somebody else has the lock.
    Lock,
    /// The slot is not there; its server is about to make it.
    Absence,
}

impl<'a> Sending<'a> {
    /// How long a reader may hold the lock before `overflow=reject` counts it as full.
    const READING: Duration = Duration::from_millis(100);

    pub(crate) const fn new(payload: &'a [u8], deadline: Deadline) -> Self {
        Self {
            payload,
            deadline,
            pace: Pace::new(),
            reader: None,
            before: None,
            absence: None,
            locked: None,
            met: false,
        }
    }

    /// Whether a message was in the way when last looked.
    pub(crate) fn is_blocked(&self) -> bool {
        self.before.is_some()
    }

    /// Whether the message in the way has stood there for as long as it may.
    pub(crate) fn may_overwrite(&self, patience: Option<Duration>) -> bool {
        let stood = self.before.map_or(Duration::ZERO, |(_, since)| since.elapsed());
        patience.is_some_and(|patience| stood >= patience)
    }

    pub(crate) fn meet(&mut self, reader: Reader) {
        self.reader = (reader != Reader::Nobody).then(|| (reader, Instant::now()));
        if reader != Reader::Nobody {
            (self.met, self.absence) = (true, None);
        }
    }

    pub(crate) fn note(&mut self, obstacle: Obstacle) {
        match obstacle {
            Obstacle::Message(found) if self.before.is_none_or(|(known, _)| known != found) => {
                self.before = Some((found, Instant::now()));
            }
            // Its server may be gone.
            Obstacle::Absence => self.reader = None,
            Obstacle::Message(_) | Obstacle::Lock => {}
        }
    }

    /// Waits before the next attempt.
    pub(crate) fn pause(&mut self) {
        let pause = self.pace.next();
        std::thread::sleep(pause.min(self.deadline.remaining().unwrap_or(pause)));
    }

    /// Gives up on a server that is not there when it has had its time to come back.
    pub(crate) fn check_absence(&mut self, outbox: &FileOutbox) -> Result<()> {
        let wait = outbox.options.wait;
        let until = *self.absence.get_or_insert_with(|| Deadline::after(wait));
        if !until.earlier(self.deadline).has_passed() {
            return Ok(());
        }
        if !self.met {
            return Err(outbox.nobody(Operation::Send));
        }
        let why = "the server went away before there was room for the message";
        Err(outbox.endpoint.error(ErrorKind::Disconnected, Operation::Send, why))
    }

    /// Gives up when there is no room and no time, or no wish, to wait for it.
    pub(crate) fn check_patience(&mut self, outbox: &FileOutbox, met: Obstacle) -> Result<()> {
        const LOCKED: &str = "another program keeps the file locked";
        let error = |kind, why: &str| Err(outbox.endpoint.error(kind, Operation::Send, why));
        let reject = outbox.options.overflow == Overflow::Reject;
        match met {
            Obstacle::Message(_) if reject => {
                return error(ErrorKind::Full, "the message before it has not been read yet");
            }
            Obstacle::Lock if reject => {
                let until = self.locked.get_or_insert_with(|| Deadline::after(Self::READING));
                if until.has_passed() {
                    return error(ErrorKind::Full, LOCKED);
                }
            }
            _ => {}
        }
        match met {
            _ if !self.deadline.has_passed() => Ok(()),
            Obstacle::Lock => error(ErrorKind::TimedOut, LOCKED),
            _ => error(ErrorKind::TimedOut, "the message before it was not read in time"),
        }
    }
}
