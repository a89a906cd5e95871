use super::answer::Answer;
use super::broadcast;
use super::options::{LARGEST, Options, is_broadcast};
use super::target::{Reaction, Target};
use samebox_core::{
    Backoff, Deadline, Endpoint, Error, ErrorKind, Operation, Outbox, Outgoing, Overflow, Peer,
    Result,
};
use samebox_sys::windows::window::{Patience, Unsent};
use std::borrow::Cow;
use std::time::Duration;

/// The sending half: finds a window, and sends to it as long as it is there.
#[derive(Debug)]
pub struct WindowOutbox {
    endpoint: Endpoint,
    options: Options,
    aim: Aim,
}

#[derive(Debug)]
enum Aim {
    /// The window of the title, while it is known.
    One(Option<Target>),
    /// Every window of a class, or of this user.
    Every,
}

/// How one attempt to send ended.
enum Attempt {
    Done,
    /// The server is full.
    Full,
    /// The window is gone, or about to go.
    Gone,
}

/// What even a deadline that has passed leaves for the way to the other thread and back.
const LEAST: Duration = Duration::from_millis(200);

/// The time that a window has until `deadline`.
pub(super) fn time(deadline: Deadline) -> Option<Duration> {
    deadline.remaining().map(|left| left.max(LEAST))
}

impl WindowOutbox {
    pub(crate) fn connect(
        endpoint: &Endpoint,
        options: Options,
        deadline: Deadline,
    ) -> Result<Self> {
        let endpoint = endpoint.clone();
        if is_broadcast(&endpoint) {
            broadcast::check(&endpoint, &options)?;
            return Ok(Self { endpoint, options, aim: Aim::Every });
        }
        let mut backoff = Backoff::until(deadline);
        loop {
            let found = Target::find(&endpoint, &options, Operation::Connect)?;
            if found.is_some() {
                return Ok(Self { endpoint, options, aim: Aim::One(found) });
            }
            if !backoff.pause() {
                let why = "no window has this title";
                return Err(endpoint.error(ErrorKind::NotListening, Operation::Connect, why));
            }
        }
    }

    /// The bytes that a message travels as.
    fn encode<'a>(&self, message: Outgoing<'a>) -> Result<Cow<'a, [u8]>> {
        message.check_properties(&self.endpoint, Operation::Send, &[])?;
        self.check_size(message.payload.len(), self.options.max)?;
        let bytes = self.options.encoding.encode(message.payload);
        let bytes = bytes.map_err(|why| {
            let error = self.error(ErrorKind::Malformed, why);
            error.with_advice("leave out ?encoding= to send any bytes")
        })?;
        self.check_size(bytes.len(), LARGEST)?;
        Ok(bytes)
    }

    fn check_size(&self, length: usize, max: usize) -> Result<()> {
        if length <= max {
            return Ok(());
        }
        let why = format!("the message has {length} bytes, {max} are allowed");
        let error = self.error(ErrorKind::TooLarge, why);
        Err(match length <= LARGEST {
            true => error,
            false => error.with_advice("use pipe: or shm:, which carry up to 1 GiB"),
        })
    }

    /// The window of the title, looked for again where it is gone.
    fn target(&mut self) -> Result<Option<&Target>> {
        let Aim::One(target) = &mut self.aim else { return Ok(None) };
        if !target.as_mut().is_some_and(Target::is_current) {
            *target = Target::find(&self.endpoint, &self.options, Operation::Send)?;
        }
        Ok(target.as_ref())
    }

    fn deliver(&mut self, bytes: &[u8], length: usize, deadline: Deadline) -> Result<()> {
        let mut absence = None;
        let mut met = false;
        loop {
            match self.attempt(bytes, length, deadline)? {
                Some(Attempt::Done) => return Ok(()),
                Some(Attempt::Full) => {
                    self.check_room(deadline)?;
                    (absence, met) = (None, true);
                    continue;
                }
                Some(Attempt::Gone) => {
                    self.aim = Aim::One(None);
                    // There may be the next one already.
                    if !std::mem::replace(&mut met, true) {
                        continue;
                    }
                }
                None => {}
            }
            let until = || Deadline::after(self.options.wait).earlier(deadline);
            if !absence.get_or_insert_with(|| Backoff::until(until())).pause() {
                return Err(self.gone(met));
            }
        }
    }

    /// Sends once; `None` when there is no window.
    fn attempt(
        &mut self,
        bytes: &[u8],
        length: usize,
        deadline: Deadline,
    ) -> Result<Option<Attempt>> {
        let id = self.options.id.unwrap_or_default();
        let Some(target) = self.target()? else { return Ok(None) };
        let max = target.max;
        // Nothing but the system's opinion would end a wait for a foreign program that never ends.
        let unless_hung = max.is_none() && deadline == Deadline::NEVER;
        let patience = Patience { time: time(deadline), unless_hung };
        if max.is_some_and(|max| length > max) {
            return self.check_size(length, max.unwrap_or_default()).map(|()| None);
        }
        match target.send(id, bytes, patience) {
            Ok(Reaction::Took) => Ok(Some(Attempt::Done)),
            Ok(Reaction::False) if max.is_none() && !self.options.confirm => {
                Ok(Some(Attempt::Done))
            }
            Ok(Reaction::False) => Err(self.not_taken()),
            Ok(Reaction::Refused(answer)) => self.refused(answer).map(Some),
            Err(unsent) => self.unsent(unsent, max.is_some()).map(Some),
        }
    }

    fn check_room(&self, deadline: Deadline) -> Result<()> {
        let (kind, why) = match self.options.overflow {
            Overflow::Reject => (ErrorKind::Full, "the server has no room"),
            _ if deadline.has_passed() => (ErrorKind::TimedOut, "the server had no room in time"),
            _ => return Ok(()),
        };
        Err(self.error(kind, why))
    }

    fn refused(&self, answer: Answer) -> Result<Attempt> {
        let (kind, why) = match answer {
            Answer::Taken => return Ok(Attempt::Done),
            Answer::Full => return Ok(Attempt::Full),
            Answer::Closed => return Ok(Attempt::Gone),
            Answer::Rejected => (ErrorKind::Full, "the server has no room"),
            Answer::OtherId => {
                let error = self.error(ErrorKind::Mismatch, "the server takes another dwdata");
                return Err(error.with_advice("give both sides the same ?dwdata="));
            }
            Answer::TooLarge => (ErrorKind::TooLarge, "the message is above the server's `max`"),
            Answer::Malformed => (ErrorKind::Malformed, "it is not text in the server's encoding"),
        };
        let error = self.error(kind, why);
        Err(match kind {
            ErrorKind::Malformed => error.with_advice("give both sides the same ?encoding="),
            _ => error,
        })
    }

    fn unsent(&mut self, unsent: Unsent, is_samebox: bool) -> Result<Attempt> {
        match unsent {
            Unsent::Missing => Ok(Attempt::Gone),
            Unsent::Died => {
                Err(self.error(ErrorKind::Disconnected, "the window went away with the message"))
            }
            Unsent::TimedOut if is_samebox => {
                Err(self.error(ErrorKind::TimedOut, "the server did not answer in time"))
            }
            Unsent::TimedOut => {
                let why = "the window's program does not look at its messages";
                let error = self.error(ErrorKind::TimedOut, why);
                Err(error.with_advice("allow more time, or check whether the program hangs"))
            }
            Unsent::Denied => {
                let why = "Windows keeps this process from sending to the window, whose program \
                           has a higher integrity level: it was started as administrator, say";
                let advice = "start both alike, or have that program allow WM_COPYDATA by \
                              ChangeWindowMessageFilterEx";
                Err(self.error(ErrorKind::Denied, why).with_advice(advice))
            }
            Unsent::Failed(cause) => {
                let error = self.error(ErrorKind::Io, format!("WM_COPYDATA: {cause}"));
                Err(error.with_source(cause))
            }
        }
    }

    fn not_taken(&self) -> Error {
        let error = self.error(ErrorKind::Fault, "the receiver answered that it did not take it");
        error.with_advice("check dwdata and encoding; without ?confirm=yes the answer is ignored")
    }

    fn gone(&self, met: bool) -> Error {
        if met {
            return self.error(ErrorKind::Disconnected, "the server went away");
        }
        self.error(ErrorKind::NotListening, "no window has this title any more")
    }

    fn error(&self, kind: ErrorKind, why: impl Into<String>) -> Error {
        self.endpoint.error(kind, Operation::Send, why)
    }
}

impl Outbox for WindowOutbox {
    fn send(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        let bytes = self.encode(message)?;
        match self.aim {
            Aim::One(_) => self.deliver(&bytes, message.payload.len(), deadline),
            Aim::Every => broadcast::send(&self.endpoint, &self.options, &bytes, deadline),
        }
    }

    fn send_many(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        for (sent, message) in batch.iter().enumerate() {
            self.send(*message, deadline).map_err(|error| error.with_completed(sent))?;
        }
        Ok(())
    }

    /// What was sent is with the receiver already.
    fn flush(&mut self, _: Deadline) -> Result<()> {
        Ok(())
    }

    fn peer(&self) -> Option<&Peer> {
        match &self.aim {
            Aim::One(target) => target.as_ref().map(|target| &target.peer),
            Aim::Every => None,
        }
    }
}
