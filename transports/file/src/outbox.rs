use crate::options::Options;
use crate::os::{Locked, Presence, Probe};
use crate::refusal::{Refusal, io_error};
use crate::sending::{Obstacle, Sending};
use crate::slot::{self, Outside};
use samebox_core::{
    Backoff, Deadline, Endpoint, Error, ErrorKind, Operation, Outbox, Outgoing, Peer, Result,
};
use std::io;
use std::time::Duration;

/// The client's half: fills the slot whenever it is empty.
pub struct FileOutbox {
    pub(crate) endpoint: Endpoint,
    pub(crate) options: Options,
    probe: Probe,
}

/// Whom a message would be for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A live samebox server with this `max`.
    Samebox {
        max: usize,
    },
    /// A program of which nothing is known.
    Other,
    Nobody,
}

/// What opening the slot came to.
enum Slot {
    /// It is this client's, to look into and to fill.
    Free(Locked),
    /// A message stands in it.
    Full(Outside),
    /// Somebody else has it.
    Busy,
    Missing,
}

impl FileOutbox {
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
        let slot = self.open_slot(sending)?;
        let reader = self.current_reader(sending, matches!(slot, Slot::Free(_)))?;
        if reader == Reader::Nobody {
            return sending.check_absence(self).map(|()| false);
        }
        let obstacle = match slot {
            Slot::Free(slot) => match self.put(&slot, sending, reader)? {
                Some(obstacle) => obstacle,
                None => return Ok(true),
            },
            Slot::Full(outside) => Obstacle::Message(outside),
            Slot::Busy => Obstacle::Lock,
            Slot::Missing => Obstacle::Absence,
        };
        sending.note(obstacle);
        sending.check_patience(self, obstacle)?;
        Ok(false)
    }

    /// Opens the slot, unless a look at it says that a message is in the way.
    fn open_slot(&self, sending: &Sending<'_>) -> Result<Slot> {
        let path = &self.options.place.slot;
        let failed = |refusal: Refusal| refusal.into_error(&self.endpoint, Operation::Send, path);
        // Opening rings the server and keeps the others out, so it is not done in vain.
        if sending.is_blocked() && !sending.may_overwrite(self.options.overwrite) {
            let outside = slot::look(path).map_err(|error| failed(error.into()))?;
            let full = |outside: &Outside| outside.length > 0 && !outside.unfinished;
            if let Some(outside) = outside.filter(full) {
                return Ok(Slot::Full(outside));
            }
        }
        match Locked::open(path, self.options.any_server, &self.options.rights) {
            Ok(slot) => Ok(Slot::Free(slot)),
            Err(Refusal::Busy) => Ok(Slot::Busy),
            Err(Refusal::Missing) => Ok(Slot::Missing),
            Err(refusal) => Err(failed(refusal)),
        }
    }

    /// Whom the message is for; always found out anew while the slot is `locked`.
    ///
    /// A server takes its leave with the slot locked, so what is found out then still holds when the
    /// message is put in.
    fn current_reader(&mut self, sending: &mut Sending<'_>, locked: bool) -> Result<Reader> {
        if let Some((reader, seen)) = sending.reader
            && !locked
            && seen.elapsed() < Self::TRUSTED
        {
            return Ok(reader);
        }
        let reader = self.reader(Operation::Send)?;
        if let Reader::Samebox { max } = reader {
            self.check_size(sending.payload, max)?;
        }
        sending.meet(reader);
        Ok(reader)
    }

    /// Puts the message in; gives what is in the way, if anything is.
    fn put(
        &self,
        slot: &Locked,
        sending: &Sending<'_>,
        reader: Reader,
    ) -> Result<Option<Obstacle>> {
        let path = &self.options.place.slot;
        let failed = |cause: io::Error| {
            let why = format!("{}: {cause}", path.display());
            io_error(&self.endpoint, Operation::Send, &why, cause)
        };
        let overwrite = reader == Reader::Other && sending.may_overwrite(self.options.overwrite);
        if slot::put(slot.file(), sending.payload, overwrite).map_err(failed)? {
            return Ok(None);
        }
        let outside = slot::look(path).map_err(failed)?;
        Ok(Some(outside.map_or(Obstacle::Absence, Obstacle::Message)))
    }

    /// The error of having no server to send to.
    pub(crate) fn nobody(&self, operation: Operation) -> Error {
        let why = format!("no samebox server holds {}", self.options.place.lock.display());
        let advice = "start the server first, add ?wait=5s to wait for it, or ?server=any when \
                      another program reads the file";
        self.endpoint.error(ErrorKind::NotListening, operation, why).with_advice(advice)
    }
}

impl Outbox for FileOutbox {
    fn send(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        self.check(message)?;
        let mut sending = Sending::new(message.payload, deadline);
        while !self.advance(&mut sending)? {
            sending.pause();
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
