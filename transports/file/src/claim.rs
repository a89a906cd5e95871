use crate::note::Note;
use crate::options::Options;
use crate::os::{Locked, Share};
use crate::pace::Pace;
use crate::place::Place;
use crate::refusal::Refusal;
use crate::slot::{self, Outside};
use samebox_core::{Deadline, Endpoint, ErrorKind, Operation, Result};
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::sync::Arc;
use std::time::Duration;

/// A server's hold on its name: the lock file, held until this is dropped.
///
/// The slot's own lock is held only while a message goes in or out, so it cannot tell whether a
/// server lives.
#[derive(Debug)]
pub(crate) struct Claim {
    options: Arc<Options>,
    lock: Locked,
    /// What clients and the server after this one are told, once it is written.
    note: Note,
    /// Whether a note of a server before was there, so that the slot's content is a message.
    inherited: bool,
    published: bool,
}

impl Claim {
    /// How long clients that only look may keep the lock from being taken.
    const PATIENCE: Duration = Duration::from_millis(200);

    /// Becomes the one server of the endpoint's name.
    pub(crate) fn take(endpoint: &Endpoint, options: Arc<Options>) -> Result<Self> {
        let Place { slot, lock, .. } = &options.place;
        let refused = |refusal: Refusal, path| refusal.into_error(endpoint, Operation::Bind, path);
        let found = slot::look(slot).map_err(|e| refused(e.into(), slot))?;
        let held = hold(endpoint, &options)?;
        let before = read_note(held.file()).map_err(|e| refused(e.into(), lock))?;
        let mut claim = Self {
            options: Arc::clone(&options),
            note: Note { made: before.map_or(found.is_none(), |b| b.made), max: options.max },
            inherited: before.is_some(),
            published: false,
            lock: held,
        };
        claim.prepare_slot().map_err(|refusal| refused(refusal, slot))?;
        claim.check_content(endpoint, found)?;
        claim.publish().map_err(|e| refused(e.into(), lock))?;
        Ok(claim)
    }

    fn prepare_slot(&self) -> Result<(), Refusal> {
        let Options { place, rights, .. } = &*self.options;
        match Locked::open(&place.slot, true, rights) {
            Ok(slot) => Ok(rights.share(slot.file(), Share::ReadWrite)?),
            // Somebody is writing just now.
            Err(Refusal::Busy) => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }

    /// Makes sure that taking what the slot held destroys no file of the user's.
    fn check_content(&self, endpoint: &Endpoint, found: Option<Outside>) -> Result<()> {
        let Options { place, max, deliver_existing, .. } = &*self.options;
        let length = found.map_or(0, |found| found.length);
        if length == 0 || place.private || self.inherited {
            return Ok(());
        }
        let path = place.slot.display();
        if !deliver_existing {
            let why = format!("{path} holds {length} bytes that no samebox server left there");
            let advice = "choose another file, or add ?existing=deliver if they are a message";
            let error = endpoint.error(ErrorKind::InvalidEndpoint, Operation::Bind, why);
            return Err(error.with_advice(advice));
        }
        if length > *max as u64 {
            let why = format!("{path} holds {length} bytes, {max} are allowed");
            return Err(endpoint.error(ErrorKind::TooLarge, Operation::Bind, why));
        }
        Ok(())
    }

    /// Tells clients that the server is there.
    fn publish(&mut self) -> io::Result<()> {
        let mut file = self.lock.file();
        self.options.rights.share(file, Share::Read)?;
        let text = self.note.text();
        file.rewind()?;
        file.write_all(text.as_bytes())?;
        file.set_len(text.len() as u64)?;
        self.published = true;
        Ok(())
    }

    /// Frees the name.
    ///
    /// The note stays for clients and the next server where a message waits, and where the slot was
    /// not samebox's to remove: without it, the slot would look like that of another program.
    fn release(&self) {
        let Options { place, rights, .. } = &*self.options;
        let slot = Locked::open(&place.slot, false, rights);
        let waits = match &slot {
            Ok(slot) => slot.file().metadata().is_ok_and(|slot| slot.len() > 0),
            // Somebody is writing just now.
            Err(refusal) => matches!(refusal, Refusal::Busy),
        };
        if self.published && (waits || !self.note.made) {
            return;
        }
        // What cannot be removed does no harm: an empty file, and one that nobody holds.
        if let (Ok(slot), true, false) = (&slot, self.note.made, waits) {
            let _ = slot.remove(&place.slot);
        }
        // With the slot still locked, so that no client puts a message in that nobody looks for.
        let _ = self.lock.remove(&place.lock);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let as_found = self.inherited && !self.published;
        if !as_found {
            self.release();
        }
    }
}

/// Takes the lock file, waiting a moment for clients that only look whether it is held.
fn hold(endpoint: &Endpoint, options: &Options) -> Result<Locked> {
    let path = &options.place.lock;
    let deadline = Deadline::after(Claim::PATIENCE);
    let mut pace = Pace::new();
    loop {
        match Locked::hold(path, &options.rights) {
            Ok(lock) => return Ok(lock),
            Err(Refusal::Busy) if !deadline.has_passed() => std::thread::sleep(pace.next()),
            Err(Refusal::Busy) => {
                let why = format!("a live server holds {}", path.display());
                return Err(endpoint.error(ErrorKind::AddressInUse, Operation::Bind, why));
            }
            Err(refusal) => return Err(refusal.into_error(endpoint, Operation::Bind, path)),
        }
    }
}

/// Reads what the server before left in its lock file.
fn read_note(mut lock: &File) -> io::Result<Option<Note>> {
    let mut text = Vec::new();
    lock.rewind()?;
    lock.take(Note::LONGEST as u64).read_to_end(&mut text)?;
    Ok(Note::parse(&text))
}
