use super::assembly::{Assembly, Progress, Wrong};
use super::claim::Claim;
use super::delivery::{DONE, REFUSED, TAKEN, WINDOW};
use super::display::Display;
use super::options::Options;
use super::pending::Pending;
use super::record::{self, Record};
use super::trouble::Trouble;
use super::wire::{Bell, at_least};
use samebox_core::{
    Bytes, Counters, Deadline, Endpoint, Error, ErrorKind, Faults, Inbox, Message, Operation, Peer,
    Receipt, Result, Stopper,
};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use x11rb::connection::{Connection, RequestConnection};
use x11rb::cookie::Cookie;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt, EventMask, GetPropertyReply,
    Property, Window,
};
use x11rb::x11_utils::TryParse;
use x11rb::{NONE, protocol};

/// The server's half: owns the title, and takes what its clients' windows hold for it.
pub struct WindowInbox {
    endpoint: Endpoint,
    max: usize,
    claim: Claim,
    /// Windows with something to take: clients', and the own one after another program's.
    pending: Pending,
    taking: Option<(Source, u64)>,
    ready: VecDeque<Arrived>,
    assembly: Assembly,
    counters: Counters,
    faults: Faults,
    stopper: Stopper,
    nobody: Arc<Peer>,
}

/// Whose property is being read.
#[derive(Clone, Copy)]
enum Source {
    Client(Window),
    Plain,
}

/// A whole message, and the client and number to confirm, if it waits for that.
struct Arrived {
    from: Option<(Window, u32)>,
    payload: Bytes,
}

impl WindowInbox {
    /// How long the X server may take to set everything up.
    const BINDING: Duration = Duration::from_secs(10);
    /// How long the X server may take to give what is there, whatever the deadline.
    const TAKING: Duration = Duration::from_millis(50);
    /// How many steps a passed deadline leaves: to hear of a message, and to take it.
    const LATE: usize = 4;
    /// How many events are looked at between two messages.
    const EVENTS: usize = 4096;

    pub(crate) fn bind(endpoint: &Endpoint, options: &Options) -> Result<Self> {
        let (bell, stopper) = Bell::new().map_err(|cause| {
            let why = "the system gives no sockets";
            endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(cause)
        })?;
        let claim = claim(endpoint, options, &bell)?;
        Ok(Self {
            endpoint: endpoint.clone(),
            max: options.max,
            claim,
            pending: Pending::default(),
            taking: None,
            ready: VecDeque::new(),
            assembly: Assembly::new(options.max),
            counters: Counters::default(),
            faults: Faults::default(),
            stopper,
            nobody: Arc::new(Peer::UNKNOWN),
        })
    }

    fn display(&self) -> &Arc<Display> {
        &self.claim.display
    }

    /// Does one thing that may bring messages.
    fn advance(&mut self, deadline: Deadline) -> Result<(), Trouble> {
        if self.taking.is_some() || self.begin_taking()? {
            self.display().wire().wait_until(at_least(deadline, Self::TAKING));
            self.finish_taking()?;
            return self.look_around();
        }
        let stall = self.assembly.next_stall();
        let until = stall.map_or(deadline, |(at, _)| deadline.earlier(Deadline::at(at)));
        self.display().wire().wait_until(until);
        match self.display().wait() {
            Ok((event, sequence)) => self.hear(&event, sequence),
            Err(trouble) => match (trouble, stall) {
                (Trouble::Late, Some((at, client))) if Deadline::at(at).has_passed() => {
                    self.cut(client, &Wrong(ErrorKind::TimedOut, "its message stalled".into()));
                    self.admit()
                }
                (trouble, _) => Err(trouble),
            },
        }
    }

    /// Asks for the next property that is to be read, if there is one.
    fn begin_taking(&mut self) -> Result<bool, Trouble> {
        let Some(window) = self.pending.take() else { return Ok(false) };
        let Display { conn, atoms, .. } = &*self.claim.display;
        let (source, property, kind, most) = if window == self.claim.window {
            (Source::Plain, atoms._SAMEBOX_MESSAGE, NONE, self.max + 3)
        } else {
            (Source::Client(window), atoms._SAMEBOX_RECORDS, atoms._SAMEBOX_RECORDS, WINDOW)
        };
        let words = u32::try_from(most / 4).unwrap_or(u32::MAX);
        let cookie = conn.get_property(true, window, property, kind, 0, words)?;
        self.taking = Some((source, asked(cookie)));
        Ok(true)
    }

    fn finish_taking(&mut self) -> Result<(), Trouble> {
        let Some((source, sequence)) = self.taking else { return Ok(()) };
        let reply = self.display().reply(sequence);
        if !matches!(reply, Err(Trouble::Late)) {
            self.taking = None;
        }
        let reply = match reply {
            Ok(reply) => reply,
            Err(Trouble::Refused(_)) => {
                if let Source::Client(client) = source {
                    self.assembly.forget(client);
                }
                return self.admit();
            }
            Err(trouble) => return Err(trouble),
        };
        let property = GetPropertyReply::try_parse(&reply);
        let (property, _) = property.map_err(|error| Trouble::Lost(error.to_string()))?;
        match source {
            _ if property.type_ == NONE => Ok(()),
            Source::Plain => self.take_plain(property),
            Source::Client(client) => self.take_records(client, sequence, property),
        }
    }

    /// Takes text that another program set.
    fn take_plain(&mut self, property: GetPropertyReply) -> Result<(), Trouble> {
        let wrong = if property.bytes_after > 0 {
            let Display { conn, atoms, .. } = &**self.display();
            conn.delete_property(self.claim.window, atoms._SAMEBOX_MESSAGE)?;
            // At once, or it would hit what comes next.
            conn.flush()?;
            Some(property.value.len().saturating_add(property.bytes_after as usize))
        } else {
            Some(property.value.len()).filter(|length| *length > self.max)
        };
        if let Some(length) = wrong {
            let why = format!("a property of {length} bytes was dropped, {} are allowed", self.max);
            self.note(ErrorKind::TooLarge, why);
        } else if property.format != 8 {
            let why = format!("a property of {}-bit values is no message", property.format);
            self.note(ErrorKind::Malformed, why);
        } else {
            self.ready.push_back(Arrived { from: None, payload: property.value.into() });
        }
        Ok(())
    }

    fn take_records(
        &mut self,
        client: Window,
        asked: u64,
        property: GetPropertyReply,
    ) -> Result<(), Trouble> {
        let records = self.display().atoms._SAMEBOX_RECORDS;
        if property.type_ != records || property.format != 8 || property.bytes_after > 0 {
            let why = "its property is of another type, or larger than any client's";
            self.cut(client, &Wrong::malformed(why));
            return self.admit();
        }
        let was_known = self.assembly.is_waiting_for(client);
        let mut bytes = Bytes::from(property.value);
        while let Some(record) = record::take(&mut bytes) {
            if let Err((number, wrong)) = self.take_record(client, asked, record) {
                self.cut(client, &wrong);
                self.answer(client, number, REFUSED, 0)?;
                break;
            }
        }
        if !was_known && self.assembly.is_waiting_for(client) {
            self.watch(client)?;
        }
        if let Some(progress) = self.assembly.progress(client) {
            self.confirm(progress)?;
        }
        self.admit()
    }

    fn take_record(
        &mut self,
        client: Window,
        asked: u64,
        record: Result<Record, &'static str>,
    ) -> Result<(), (u32, Wrong)> {
        match record.map_err(|why| (u32::MAX, Wrong::malformed(why)))? {
            Record::GivenUp => self.assembly.forget(client),
            Record::Part(part) => {
                let number = part.number;
                let whole =
                    self.assembly.add(client, asked, part).map_err(|wrong| (number, wrong))?;
                let from = Some((client, number));
                self.ready.extend(whole.map(|payload| Arrived { from, payload }));
            }
        }
        Ok(())
    }

    /// Learns of the end of a client whose message is unfinished.
    fn watch(&self, client: Window) -> Result<(), Trouble> {
        let aux = ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
        self.display().conn.change_window_attributes(client, &aux)?;
        Ok(())
    }

    /// Lets those go on who were held and find room now.
    fn admit(&mut self) -> Result<(), Trouble> {
        while let Some(progress) = self.assembly.admit() {
            self.confirm(progress)?;
        }
        self.display().flush()
    }

    fn confirm(&self, progress: Progress) -> Result<(), Trouble> {
        let Progress { client, number, offset } = progress;
        self.answer(client, number, TAKEN, u32::try_from(offset).unwrap_or(u32::MAX))
    }

    fn answer(&self, client: Window, number: u32, how: u32, offset: u32) -> Result<(), Trouble> {
        let kind = self.display().atoms._SAMEBOX_ANSWER;
        self.display().tell(client, kind, [self.claim.window, number, how, offset, 0])
    }

    /// Hears all that came meanwhile, so that it is never kept unread.
    fn look_around(&mut self) -> Result<(), Trouble> {
        for _ in 0..Self::EVENTS {
            let Some((event, sequence)) = self.display().look()? else { break };
            self.hear(&event, sequence)?;
        }
        Ok(())
    }

    fn hear(&mut self, event: &Event, sequence: u64) -> Result<(), Trouble> {
        let atoms = &self.claim.display.atoms;
        match event {
            Event::ClientMessage(message) if message.type_ == atoms._SAMEBOX_RECORDS => {
                self.hear_client(message);
            }
            Event::PropertyNotify(change)
                if change.atom == atoms._SAMEBOX_MESSAGE && change.state == Property::NEW_VALUE =>
            {
                self.pending.put_surely(self.claim.window);
            }
            Event::SelectionClear(clear) if clear.selection == self.claim.selection => {
                let why = "another X client has taken the title; new clients find that one";
                let fault = self.endpoint.error(ErrorKind::AddressInUse, Operation::Recv, why);
                self.faults.note(fault);
            }
            Event::DestroyNotify(end) if end.window == self.claim.window => {
                return Err(Trouble::Lost("another X client has destroyed the window".into()));
            }
            Event::DestroyNotify(end) => return self.lose(end.window, sequence),
            Event::Error(error) if error.error_kind == protocol::ErrorKind::Window => {
                return self.lose(error.bad_value, sequence);
            }
            _ => {}
        }
        Ok(())
    }

    fn hear_client(&mut self, message: &ClientMessageEvent) {
        let client = message.data.as_data32()[0];
        if message.format == 32 && !self.pending.put(client) {
            self.note(ErrorKind::Full, "more windows announce messages than a display has".into());
        }
    }

    /// Forgets a client that is gone; one that came later may have a window of the same number.
    fn lose(&mut self, client: Window, sequence: u64) -> Result<(), Trouble> {
        if self.assembly.had_begun(client, sequence) {
            let why = "its window is gone in the middle of a message";
            self.cut(client, &Wrong(ErrorKind::Disconnected, why.into()));
            self.admit()?;
        }
        Ok(())
    }

    fn cut(&mut self, client: Window, wrong: &Wrong) {
        self.assembly.forget(client);
        self.note(wrong.0, format!("the client of window {client:#x} is cut off: {}", wrong.1));
    }

    fn note(&mut self, kind: ErrorKind, why: String) {
        self.counters.cut += 1;
        self.faults.note(self.endpoint.error(kind, Operation::Recv, why));
    }

    fn message(&mut self, arrived: Arrived) -> Message {
        self.counters.received += 1;
        let message = Message::new(arrived.payload, Arc::clone(&self.nobody));
        let Some((client, number)) = arrived.from else { return message };
        let (display, server) = (Arc::clone(self.display()), self.claim.window);
        message.with_receipt(Receipt::new(move || {
            let kind = display.atoms._SAMEBOX_ANSWER;
            // A client that is gone needs no answer, and a lost X server is told by `recv`.
            let _ = display.tell(client, kind, [server, number, DONE, 0, 0]);
            let _ = display.flush();
        }))
    }

    fn failed(&self, trouble: &Trouble) -> Error {
        let failed = |kind, why: String| self.endpoint.error(kind, Operation::Recv, why);
        match trouble {
            _ if self.display().wire().is_rung() => {
                failed(ErrorKind::Stopped, "the server was stopped".into())
            }
            Trouble::Late => failed(ErrorKind::TimedOut, "no message came in time".into()),
            trouble => failed(ErrorKind::Disconnected, trouble.words())
                .with_advice("bind again when the X server is back"),
        }
    }
}

/// Keeps a question whose answer is waited for later; a cookie that is dropped has it thrown away.
fn asked(cookie: Cookie<'_, impl RequestConnection, GetPropertyReply>) -> u64 {
    let sequence = cookie.sequence_number();
    std::mem::forget(cookie);
    sequence
}

/// Opens the display and becomes the owner of the title on it.
fn claim(endpoint: &Endpoint, options: &Options, bell: &Bell) -> Result<Claim> {
    let deadline = Deadline::after(WindowInbox::BINDING);
    let mut attempts = 3;
    loop {
        attempts -= 1;
        let display = Display::open(options, Some(bell), deadline);
        let display =
            display.map_err(|why| why.into_error(endpoint, Operation::Bind, ErrorKind::Io))?;
        match Claim::take(display, options) {
            Ok(Some(claim)) => return Ok(claim),
            Ok(None) => {
                let why = "a live window of this display owns the title";
                return Err(endpoint.error(ErrorKind::AddressInUse, Operation::Bind, why));
            }
            // An X server that has lost its last client starts over, and drops who came then.
            Err(Trouble::Lost(_)) if attempts > 0 => {}
            Err(trouble) => {
                return Err(endpoint.error(ErrorKind::Io, Operation::Bind, trouble.words()));
            }
        }
    }
}

impl Inbox for WindowInbox {
    fn recv(&mut self, deadline: Deadline) -> Result<Message> {
        let mut late = 0;
        loop {
            if self.display().wire().is_rung() {
                return Err(self.failed(&Trouble::Late));
            }
            if let Some(arrived) = self.ready.pop_front() {
                return Ok(self.message(arrived));
            }
            late += usize::from(deadline.has_passed());
            if late > Self::LATE {
                return Err(self.failed(&Trouble::Late));
            }
            self.advance(deadline).map_err(|trouble| self.failed(&trouble))?;
        }
    }

    fn stopper(&self) -> Stopper {
        self.stopper.clone()
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
