use super::objects::Objects;
use super::options::Options;
use super::slot::{Slot, Text};
use samebox_core::{
    Backoff, Counters, Deadline, Endpoint, Error, ErrorKind, Faults, Inbox, Message, Operation,
    Peer, Result, Stopper,
};
use samebox_sys::windows::event::{Event, wait_any};
use samebox_sys::windows::mutex::Claim;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The receiving half: waits for the event, and empties the slot.
#[derive(Debug)]
pub struct MmfInbox {
    endpoint: Endpoint,
    options: Options,
    slot: Slot,
    event: Event,
    room: Event,
    stop: Arc<Event>,
    /// Whether a text was seen to be written over whose event is yet to come.
    overwritten: bool,
    counters: Counters,
    faults: Faults,
    nobody: Arc<Peer>,
    /// Dropped last: the next server finds nothing of this one.
    _claim: Claim,
}

impl MmfInbox {
    /// How long clients that only look may keep the name from being taken.
    const PATIENCE: Duration = Duration::from_millis(200);

    pub(super) fn bind(endpoint: &Endpoint, options: Options) -> Result<Self> {
        let objects = Objects::of(endpoint, &options, Operation::Bind)?;
        let claim = claim(&objects, endpoint)?;
        let (slot, event, room) = (objects.slot()?, objects.event()?, objects.room()?);
        let failed = |cause| failed(endpoint, Operation::Bind, cause);
        // A text whose event is no longer set has been received by somebody who left it there.
        if !event.is_set().map_err(failed)?
            && let Text::Whole { text, .. } = slot.text()
        {
            slot.clear(text.len());
        }
        let stop = Arc::new(Event::latch().map_err(failed)?);
        Ok(Self {
            endpoint: endpoint.clone(),
            slot,
            event,
            room,
            stop,
            overwritten: false,
            counters: Counters::default(),
            faults: Faults::default(),
            nobody: Arc::new(Peer::UNKNOWN),
            _claim: claim,
            options,
        })
    }

    /// Takes what is in the slot after the event was set.
    fn take(&mut self) -> io::Result<Option<Message>> {
        // What says that a text is there may be an event that stays set.
        self.event.reset()?;
        let Text::Whole { text, changed } = self.slot.text() else {
            self.cut(ErrorKind::Malformed, "a program kept changing its text while it was read");
            return Ok(None);
        };
        // Each text has an event, so one of the two says how many were there: an event without a text,
        // or a text that changed and whose event is yet to come.
        let missed = text.is_empty() && !std::mem::take(&mut self.overwritten);
        self.counters.lost += u64::from(changed || missed);
        self.overwritten |= changed && !text.is_empty();
        if text.is_empty() {
            return Ok(None);
        }
        self.slot.clear(text.len());
        self.room.set()?;
        Ok(self.admit(text))
    }

    fn admit(&mut self, text: Vec<u8>) -> Option<Message> {
        let (length, max) = (text.len(), self.options.max);
        if length > max {
            let why = format!("a text of {length} bytes was dropped, {max} are allowed");
            self.cut(ErrorKind::TooLarge, &why);
            return None;
        }
        self.counters.received += 1;
        Some(Message::new(text, Arc::clone(&self.nobody)))
    }

    fn cut(&mut self, kind: ErrorKind, why: &str) {
        self.counters.cut += 1;
        self.faults.note(self.endpoint.error(kind, Operation::Recv, why));
    }

    fn failed(&self, cause: io::Error) -> Error {
        failed(&self.endpoint, Operation::Recv, cause)
    }

    fn error(&self, kind: ErrorKind, why: &str) -> Error {
        self.endpoint.error(kind, Operation::Recv, why)
    }
}

/// Becomes the one server of samebox, waiting a moment for clients that look whether there is one.
fn claim(objects: &Objects<'_>, endpoint: &Endpoint) -> Result<Claim> {
    let mut backoff = Backoff::until(Deadline::after(MmfInbox::PATIENCE));
    loop {
        match objects.claim()? {
            Some(claim) => return Ok(claim),
            None if backoff.pause() => {}
            None => {
                let why = "a live server has this name";
                return Err(endpoint.error(ErrorKind::AddressInUse, Operation::Bind, why));
            }
        }
    }
}

pub(super) fn failed(endpoint: &Endpoint, operation: Operation, cause: io::Error) -> Error {
    let why = format!("the memory and its event: {cause}");
    endpoint.error(ErrorKind::Io, operation, why).with_source(cause)
}

impl Inbox for MmfInbox {
    fn recv(&mut self, deadline: Deadline) -> Result<Message> {
        let stop = Arc::clone(&self.stop);
        loop {
            let woken = wait_any(&[&stop, &self.event], deadline.remaining());
            match woken.map_err(|cause| self.failed(cause))? {
                Some(0) => return Err(self.error(ErrorKind::Stopped, "the server was stopped")),
                Some(_) => {
                    let taken = self.take();
                    if let Some(message) = taken.map_err(|cause| self.failed(cause))? {
                        return Ok(message);
                    }
                }
                None if deadline.has_passed() => {
                    return Err(self.error(ErrorKind::TimedOut, "no message came in time"));
                }
                None => {}
            }
        }
    }

    fn stopper(&self) -> Stopper {
        let stop = Arc::clone(&self.stop);
        // It cannot fail: the event is there as long as this holds it.
        Stopper::new(move || drop(stop.set()))
    }

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn counters(&self) -> Counters {
        self.counters
    }

    fn take_fault(&mut self) -> Option<Error> {
        self.faults.take()
    }
}
