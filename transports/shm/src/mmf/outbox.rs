use super::SETTLED;
use super::inbox::failed;
use super::objects::Objects;
use super::options::Options;
use super::slot::Slot;
use samebox_core::{
    Backoff, Deadline, Endpoint, Error, ErrorKind, Operation, Outbox, Outgoing, Overflow, Peer,
    Result,
};
use samebox_sys::windows::event::{Event, wait_any};
use samebox_sys::windows::mutex::{Claim, NamedMutex, Turn};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The sending half: fills the slot whenever it is free, and sets the event.
#[derive(Debug)]
pub struct MmfOutbox {
    endpoint: Endpoint,
    options: Options,
    slot: Slot,
    event: Event,
    room: Event,
    turn: Arc<NamedMutex>,
    /// Whether the receiver is one of samebox.
    samebox: bool,
    /// Since when the event was seen not to be set although there is a text in the slot.
    woken: Option<Instant>,
    /// Whether something was sent that nobody may have received yet.
    pending: bool,
}

/// Whether the slot can be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    /// Nobody was woken for the text in it, or its receiver will clear it.
    Full,
    /// Somebody is reading it, and will not clear it.
    Settling,
    /// There is a text in it and no receiver any more, or neither.
    Deserted,
}

impl MmfOutbox {
    /// How long a receiver that has died goes unnoticed.
    const GLANCE: Duration = Duration::from_millis(20);

    /// How often to look whether a program has been woken, which it does not say.
    const PACE: Duration = Duration::from_millis(2);

    /// After what time a text that nobody was woken for needs another wake.
    const STUCK: Duration = Duration::from_millis(500);

    pub(super) fn connect(
        endpoint: &Endpoint,
        options: Options,
        deadline: Deadline,
    ) -> Result<Self> {
        let names = &options.names;
        let mut backoff = Backoff::until(deadline);
        while !Claim::is_taken(&names.claim) && !Event::exists(&names.event) {
            if !backoff.pause() {
                let why = format!("nobody waits for the event `{}`", names.event);
                return Err(endpoint.error(ErrorKind::NotListening, Operation::Connect, why));
            }
        }
        let objects = Objects::of(endpoint, &options, Operation::Connect)?;
        let (slot, event, room) = (objects.slot()?, objects.event()?, objects.room()?);
        let turn = Arc::new(objects.turn()?);
        let samebox = Claim::is_taken(&names.claim);
        let endpoint = endpoint.clone();
        Ok(Self {
            endpoint,
            slot,
            event,
            room,
            turn,
            samebox,
            woken: None,
            pending: false,
            options,
        })
    }

    fn check(&self, message: Outgoing<'_>) -> Result<()> {
        message.check_properties(&self.endpoint, Operation::Send, &[])?;
        let (text, longest) = (message.payload, self.options.longest());
        let (kind, why, advice) = if text.is_empty() {
            let why = "an empty message cannot be told from an empty slot";
            (ErrorKind::Unsupported, why.into(), "send at least one byte")
        } else if text.contains(&0) {
            let why = "a message with a zero byte in it would end there";
            (ErrorKind::Malformed, why.into(), "send text, or use shm: without layout=mmf")
        } else if text.len() > longest {
            let why = format!("the message has {} bytes, {longest} are allowed", text.len());
            let advice = "send less at once, or set ?capacity= and ?max= higher on both sides";
            (ErrorKind::TooLarge, why, advice)
        } else {
            return Ok(());
        };
        Err(self.error(kind, &why).with_advice(advice))
    }

    fn state(&mut self) -> Result<State> {
        let live = Claim::is_taken(&self.options.names.claim);
        if self.samebox && !live {
            return Ok(State::Deserted);
        }
        self.samebox = live;
        if self.slot.is_empty() {
            self.woken = None;
            return Ok(State::Free);
        }
        if self.event.is_set().map_err(|cause| self.failed(cause))? {
            self.woken = None;
            return Ok(State::Full);
        }
        let woken = self.woken.get_or_insert_with(Instant::now).elapsed();
        if live && woken >= Self::STUCK {
            // Who put the text there died before it told, and the receiver does not look by itself.
            self.woken = None;
            self.event.set().map_err(|cause| self.failed(cause))?;
        }
        Ok(match live {
            true => State::Full,
            false if woken >= SETTLED => State::Free,
            false => State::Settling,
        })
    }

    /// Waits until the slot may have changed.
    fn pause(&self, state: State, deadline: Deadline) -> Result<()> {
        let pause = if state == State::Full && self.samebox { Self::GLANCE } else { Self::PACE };
        let pause = deadline.remaining().map_or(pause, |left| left.min(pause));
        let waited = wait_any(&[&self.room], Some(pause));
        waited.map(drop).map_err(|cause| self.failed(cause))
    }

    /// Waits for the turn of this client among those of samebox.
    fn turn<'a>(&self, turn: &'a NamedMutex, deadline: Deadline) -> Result<Turn<'a>> {
        let locked = turn.lock(deadline.remaining());
        let locked = locked.map_err(|cause| self.failed(cause))?;
        locked.ok_or_else(|| self.error(ErrorKind::TimedOut, "other clients were before this one"))
    }

    fn wait_for_room(&mut self, deadline: Deadline) -> Result<()> {
        let (mut met, mut absence) = (false, None);
        if !self.samebox {
            // Another client may have filled the slot since.
            self.woken = None;
        }
        loop {
            let state = self.state()?;
            let rejects = self.options.overflow == Overflow::Reject;
            match state {
                State::Free => return Ok(()),
                State::Full if rejects => {
                    let why = "the message before it has not been read yet";
                    return Err(self.error(ErrorKind::Full, why));
                }
                State::Deserted => {
                    let wait = self.options.wait;
                    let until = *absence.get_or_insert_with(|| Deadline::after(wait));
                    if until.earlier(deadline).has_passed() {
                        return Err(self.deserted(met));
                    }
                }
                State::Full | State::Settling => (met, absence) = (true, None),
            }
            if deadline.has_passed() {
                let why = "the message before it was not read in time";
                return Err(self.error(ErrorKind::TimedOut, why));
            }
            self.pause(state, deadline)?;
        }
    }

    fn deserted(&self, met: bool) -> Error {
        if met {
            let why = "the server went away before there was room for the message";
            return self.error(ErrorKind::Disconnected, why);
        }
        self.error(ErrorKind::NotListening, "the server went away")
    }

    fn failed(&self, cause: io::Error) -> Error {
        failed(&self.endpoint, Operation::Send, cause)
    }

    fn error(&self, kind: ErrorKind, why: &str) -> Error {
        self.endpoint.error(kind, Operation::Send, why)
    }
}

impl Outbox for MmfOutbox {
    fn send(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        self.check(message)?;
        let turn = Arc::clone(&self.turn);
        let _turn = self.turn(&turn, deadline)?;
        self.wait_for_room(deadline)?;
        self.slot.put(message.payload);
        (self.woken, self.pending) = (None, true);
        self.event.set().map_err(|cause| self.failed(cause))
    }

    fn send_many(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        for (completed, message) in batch.iter().enumerate() {
            self.send(*message, deadline).map_err(|error| error.with_completed(completed))?;
        }
        Ok(())
    }

    /// Returns at once when the server is one of samebox, which keeps the memory until it has read it.
    ///
    /// Other programs may open the memory only when they are woken, and it is gone with its last user, so
    /// one of them is waited for until it has been woken and has had time to read.
    fn flush(&mut self, deadline: Deadline) -> Result<()> {
        while self.pending {
            let state = self.state()?;
            match state {
                _ if self.slot.is_empty() => self.pending = false,
                State::Free => self.pending = false,
                State::Full if self.samebox => return Ok(()),
                State::Deserted => {
                    self.pending = false;
                    let why = "the server went away with the last message unread";
                    return Err(self.error(ErrorKind::Disconnected, why));
                }
                _ if deadline.has_passed() => {
                    let why = "the last message was not read in time";
                    return Err(self.error(ErrorKind::TimedOut, why));
                }
                _ => self.pause(state, deadline)?,
            }
        }
        Ok(())
    }

    /// Always `None`: nobody can tell who waits for an event.
    fn peer(&self) -> Option<&Peer> {
        None
    }
}
