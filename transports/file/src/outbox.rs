use crate::options::Options;
use crate::os::{Locked, Presence, Probe};
use crate::pace::Pace;
use crate::refusal::{Refusal, io_error};
use crate::slot::{self, Outside};
use samebox_core::{
    Backoff, Deadline, Endpoint, Error, ErrorKind, Operation, Outbox, Outgoing, Overflow, Peer,
    Result,
};
use std::time::{Duration, Instant};

/// The client's half: fills the slot whenever it is empty.
pub struct FileOutbox {
    endpoint: Endpoint,
    options: Options,
    probe: Probe,
}

/// Whom a message would be for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// A live samebox server with this `max`.
    Samebox {
        max: usize,
    },
    /// A program of which nothing is known.
    Other,
    Nobody,
}

/// What came of one attempt.
enum Attempt {
    Done,
    /// A message stands in the slot.
    Full(Outside),
    /// Somebody else has the lock.
    Busy,
    /// The slot is not there.
    Missing,
}

/// One `send` and what it has met so far.
struct Sending<'a> {
    payload: &'a [u8],
    deadline: Deadline,
    pace: Pace,
    /// Whom the message is for, and when that was found out.
    reader: Option<(Reader, Instant)>,
    /// The message in the way, and since when it has stood there unchanged.
    obstacle: Option<(Outside, Instant)>,
    /// Until when an absent server may come back.
    absence: Option<Deadline>,
    /// Until when a locked slot is waited for where waiting is not wanted.
    locked: Option<Deadline>,
    /// Whether a server was there at some time.
    met: bool,
}

impl FileOutbox {
    /// How long a reader may hold the lock before `overflow=reject` counts it as full.
    const READING: Duration = Duration::from_millis(100);

    /// How long a blocked `send` believes that the server is there.
    const TRUSTED: Duration = Duration::from_millis(20);

    pub(crate) fn connect(
        endpoint: &Endpoint,
        options: Options,
        deadline: Deadline,
    ) -> Result<Self> {
        let probe = Probe::new(&options.place.lock);
        let mut outbox = Self { endpoint: endpoint.clone(), options, probe };
        let mut backoff = Backoff::until(deadline);
        while outbox.reader(Operation::Connect)? == Reader::Nobody {
            if !backoff.pause() {
                return Err(outbox.nobody(Operation::Connect));
            }
        }
        outbox.check_slot()?;
        Ok(outbox)
    }

    /// Refuses a slot that no message may be put into, before there is one.
    fn check_slot(&self) -> Result<()> {
        let Options { place, rights, .. } = &self.options;
        match Locked::open(&place.slot, false, rights) {
            Err(refusal @ Refusal::Denied(_)) => {
                Err(refusal.into_error(&self.endpoint, Operation::Connect, &place.slot))
            }
            _ => Ok(()),
        }
    }

    /// Finds out whom a message would be for, and refuses one whose files are not to be trusted.
    fn reader(&mut self, operation: Operation) -> Result<Reader> {
        let Options { place, rights, any_server, .. } = &self.options;
        let presence = self.probe.look(rights);
        let presence =
            presence.map_err(|e| e.into_error(&self.endpoint, operation, &place.lock))?;
        let found = || {
            let found = slot::look(&place.slot).map_err(Refusal::from);
            found.map_err(|e| e.into_error(&self.endpoint, operation, &place.slot))
        };
        Ok(match presence {
            Presence::Live(note) => Reader::Samebox { max: note.max },
            _ if *any_server && place.directory.is_dir() => Reader::Other,
            Presence::Never if found()?.is_some() => Reader::Other,
            _ => Reader::Nobody,
        })
    }

    fn check(&self, message: Outgoing<'_>) -> Result<()> {
        message.check_properties(&self.endpoint, Operation::Send, &[])?;
        if message.payload.is_empty() {
            let why = "an empty message cannot be told from an empty slot";
            let error = self.endpoint.error(ErrorKind::Unsupported, Operation::Send, why);
            return Err(error.with_advice("send at least one byte, or use another transport"));
        }
        self.check_size(message.payload, self.options.max)
    }

    fn check_size(&self, payload: &[u8], max: usize) -> Result<()> {
        if payload.len() <= max {
            return Ok(());
        }
        let why = format!("the message has {} bytes, {max} are allowed", payload.len());
        Err(self.endpoint.error(ErrorKind::TooLarge, Operation::Send, why))
    }

    /// One attempt, and what to do after it: `true` when the message is in the slot.
    fn advance(&mut self, sending: &mut Sending<'_>) -> Result<bool> {
        let reader = self.current_reader(sending)?;
        if reader == Reader::Nobody {
            return sending.check_absence(self).map(|()| false);
        }
        let overwrite = reader == Reader::Other && sending.may_overwrite(self.options.overwrite);
        let attempt = self.attempt(sending, overwrite)?;
        match attempt {
            Attempt::Done => return Ok(true),
            Attempt::Full(outside) => sending.note_obstacle(outside),
            Attempt::Busy => {}
            Attempt::Missing => sending.reader = None,
        }
        sending.check_patience(self, &attempt)?;
        Ok(false)
    }

    /// Whom the message is for, found out anew from time to time.
    fn current_reader(&mut self, sending: &mut Sending<'_>) -> Result<Reader> {
        if let Some((reader, seen)) = sending.reader
            && seen.elapsed() < Self::TRUSTED
        {
            return Ok(reader);
        }
        let reader = self.reader(Operation::Send)?;
        if let Reader::Samebox { max } = reader {
            self.check_size(sending.payload, max)?;
        }
        sending.reader = (reader != Reader::Nobody).then(|| (reader, Instant::now()));
        if reader != Reader::Nobody {
            (sending.met, sending.absence) = (true, None);
        }
        Ok(reader)
    }

    fn attempt(&self, sending: &Sending<'_>, overwrite: bool) -> Result<Attempt> {
        let path = &self.options.place.slot;
        let failed = |refusal: Refusal| refusal.into_error(&self.endpoint, Operation::Send, path);
        // Opening rings the server and the other clients, so a slot known as full is only looked at.
        if sending.obstacle.is_some() && !overwrite {
            let outside = slot::look(path).map_err(|error| failed(error.into()))?;
            let full = |outside: &Outside| outside.length > 0 && !outside.unfinished;
            if let Some(outside) = outside.filter(full) {
                return Ok(Attempt::Full(outside));
            }
        }
        let slot = match Locked::open(path, self.options.any_server, &self.options.rights) {
            Ok(slot) => slot,
            Err(Refusal::Busy) => return Ok(Attempt::Busy),
            Err(Refusal::Missing) => return Ok(Attempt::Missing),
            Err(refusal) => return Err(failed(refusal)),
        };
        let put = slot::put(slot.file(), sending.payload, overwrite).map_err(|cause| {
            let why = format!("{}: {cause}", path.display());
            io_error(&self.endpoint, Operation::Send, &why, cause)
        })?;
        if put {
            return Ok(Attempt::Done);
        }
        let outside = slot::look(path).map_err(|error| failed(error.into()))?;
        Ok(outside.map_or(Attempt::Missing, Attempt::Full))
    }

    fn nobody(&self, operation: Operation) -> Error {
        let why = format!("no samebox server holds {}", self.options.place.lock.display());
        let advice = "start the server first, add ?wait=5s to wait for it, or ?server=any when \
                      another program reads the file";
        self.endpoint.error(ErrorKind::NotListening, operation, why).with_advice(advice)
    }
}

impl Sending<'_> {
    fn may_overwrite(&self, patience: Option<Duration>) -> bool {
        let stood = self.obstacle.map_or(Duration::ZERO, |(_, since)| since.elapsed());
        patience.is_some_and(|patience| stood >= patience)
    }

    fn note_obstacle(&mut self, outside: Outside) {
        if self.obstacle.is_none_or(|(known, _)| known != outside) {
            self.obstacle = Some((outside, Instant::now()));
        }
    }

    /// Gives up on a server that is not there when it has had its time to come back.
    fn check_absence(&mut self, outbox: &FileOutbox) -> Result<()> {
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
    fn check_patience(&mut self, outbox: &FileOutbox, attempt: &Attempt) -> Result<()> {
        let error = |kind, why: &str| Err(outbox.endpoint.error(kind, Operation::Send, why));
        let reject = outbox.options.overflow == Overflow::Reject;
        if reject && matches!(attempt, Attempt::Full(_)) {
            return error(ErrorKind::Full, "the message before it has not been read yet");
        }
        if reject && matches!(attempt, Attempt::Busy) {
            let until = self.locked.get_or_insert_with(|| Deadline::after(FileOutbox::READING));
            if until.has_passed() {
                return error(ErrorKind::Full, "another program keeps the file locked");
            }
        }
        if !self.deadline.has_passed() {
            return Ok(());
        }
        error(
            ErrorKind::TimedOut,
            match attempt {
                Attempt::Busy => "another program keeps the file locked",
                _ => "the message before it was not read in time",
            },
        )
    }
}

impl Outbox for FileOutbox {
    fn send(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        self.check(message)?;
        let mut sending = Sending {
            payload: message.payload,
            deadline,
            pace: Pace::new(),
            reader: None,
            obstacle: None,
            absence: None,
            locked: None,
            met: false,
        };
        while !self.advance(&mut sending)? {
            let pause = sending.pace.next();
            std::thread::sleep(pause.min(deadline.remaining().unwrap_or(pause)));
        }
        Ok(())
    }

    fn send_many(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        for (completed, message) in batch.iter().enumerate() {
            self.send(*message, deadline).map_err(|error| error.with_completed(completed))?;
        }
        Ok(())
    }

    /// Returns at once: a message in the slot outlives both processes.
    fn flush(&mut self, _: Deadline) -> Result<()> {
        Ok(())
    }

    /// Always `None`: the owner of a file need not be the process that reads it.
    fn peer(&self) -> Option<&Peer> {
        None
    }
}
