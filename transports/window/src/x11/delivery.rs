use super::record::{self, HEADER};
use super::station::{Server, Station};
use super::trouble::Trouble;
use samebox_core::{Deadline, Outgoing};
use std::collections::VecDeque;
use std::time::Duration;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::ClientMessageEvent;

/// Bytes that a client has in its property at most: sent, and not confirmed.
pub(crate) const WINDOW: usize = 4 * CHUNK;
/// Bytes that go into the property at once: every X server takes requests of 256 KiB.
const CHUNK: usize = 240 << 10;
/// Messages that are under way at once.
const MESSAGES: usize = 256;

/// What a server answers: the message was handled.
pub(crate) const DONE: u32 = 0;
/// What a server answers: the message has come up to that offset.
pub(crate) const TAKEN: u32 = 1;
/// What a server answers: what came does not follow the rules, and was dropped.
pub(crate) const REFUSED: u32 = 2;

/// Why messages did not all get through.
#[derive(Debug)]
pub(crate) enum Undelivered {
    /// The server's window is gone.
    ServerGone,
    /// The server dropped what was sent.
    Refused,
    Trouble(Trouble),
}

impl From<Trouble> for Undelivered {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// Some messages on their way from one client to its server.
pub(crate) struct Delivery<'a> {
    station: &'a Station,
    server: Server,
    batch: &'a [Outgoing<'a>],
    /// The number of the first message.
    first: u32,
    /// The message that is written next, and from where.
    next: usize,
    offset: usize,
    /// Which messages have been handled; all those before `completed`.
    handled: Vec<bool>,
    pub(crate) completed: usize,
    marks: VecDeque<Mark>,
    unconfirmed: usize,
}

/// One record that the server may not have taken yet.
struct Mark {
    message: usize,
    end: usize,
    size: usize,
}

impl<'a> Delivery<'a> {
    /// How long a server that says nothing is left alone before it is told again.
    const SILENCE: Duration = Duration::from_secs(1);

    pub(crate) fn new(
        station: &'a Station,
        server: Server,
        batch: &'a [Outgoing<'a>],
        first: u32,
    ) -> Self {
        let handled = vec![false; batch.len()];
        let (next, offset, completed, marks, unconfirmed) = Default::default();
        Self { station, server, batch, first, next, offset, handled, completed, marks, unconfirmed }
    }

    /// Sends all and waits until all are handled.
    ///
    /// # Errors
    /// What is in the way; what the server has not taken by then is taken back.
    pub(crate) fn run(&mut self, deadline: Deadline) -> Result<(), Undelivered> {
        let outcome = self.send_all(deadline);
        if outcome.is_err() && (self.unconfirmed > 0 || self.offset > 0) {
            // Where even this fails there is no property left.
            let _ = self.take_back();
        }
        outcome
    }

    fn send_all(&mut self, deadline: Deadline) -> Result<(), Undelivered> {
        let display = &self.station.display;
        loop {
            self.pump()?;
            if self.completed == self.batch.len() {
                return Ok(());
            }
            display.flush()?;
            display.wire().wait_until(deadline.earlier(Deadline::after(Self::SILENCE)));
            match display.wait() {
                Ok((event, sequence)) => self.hear(&event, sequence)?,
                Err(Trouble::Late) if !display.wire().is_broken() && !deadline.has_passed() => {
                    self.station.announce(self.server)?;
                }
                Err(trouble) => return Err(trouble.into()),
            }
        }
    }

    /// Writes as much as the server has room for.
    fn pump(&mut self) -> Result<(), Trouble> {
        while self.next < self.batch.len()
            && self.next < self.completed + MESSAGES
            && self.unconfirmed <= WINDOW - CHUNK
        {
            let is_first = self.unconfirmed == 0;
            let records = self.records();
            self.station.write(&records, is_first)?;
            self.station.announce(self.server)?;
        }
        Ok(())
    }

    /// The next records, as many as go into the property at once; a message that fits is not split.
    fn records(&mut self) -> Vec<u8> {
        let mut records = Vec::new();
        while self.next < self.batch.len() && self.next < self.completed + MESSAGES {
            let payload = self.batch[self.next].payload;
            let rest = &payload[self.offset..];
            let room = CHUNK.saturating_sub(records.len() + HEADER);
            if !records.is_empty() && rest.len() > room {
                break;
            }
            let part = &rest[..rest.len().min(room)];
            let number = self.first.wrapping_add(self.next as u32);
            record::put(&mut records, number, payload.len(), self.offset, part);
            self.mark(part.len());
            if self.offset == payload.len() {
                self.next += 1;
                self.offset = 0;
            }
        }
        records
    }

    fn mark(&mut self, length: usize) {
        self.offset += length;
        let size = HEADER + length;
        self.unconfirmed += size;
        self.marks.push_back(Mark { message: self.next, end: self.offset, size });
    }

    fn hear(&mut self, event: &Event, sequence: u64) -> Result<(), Undelivered> {
        if self.server.ends_with(event, sequence) {
            return Err(Undelivered::ServerGone);
        }
        match event {
            Event::ClientMessage(answer) => self.hear_answer(answer),
            event => self.station.trouble(event).map_or(Ok(()), |trouble| Err(trouble.into())),
        }
    }

    fn hear_answer(&mut self, answer: &ClientMessageEvent) -> Result<(), Undelivered> {
        let [server, number, how, offset, _] = answer.data.as_data32();
        let is_answer = answer.type_ == self.station.display.atoms._SAMEBOX_ANSWER;
        if !is_answer || answer.format != 32 || server != self.server.window {
            return Ok(());
        }
        let message = number.wrapping_sub(self.first) as usize;
        match how {
            // An answer to what an earlier send gave up is for nobody.
            DONE if message < self.next => self.done(message),
            TAKEN if message <= self.next => self.confirm(message, offset as usize),
            REFUSED if number == u32::MAX || message <= self.next => {
                return Err(Undelivered::Refused);
            }
            _ => {}
        }
        Ok(())
    }

    fn done(&mut self, message: usize) {
        self.confirm(message, usize::MAX);
        self.handled[message] = true;
        let handled = self.handled[self.completed..].iter();
        self.completed += handled.take_while(|handled| **handled).count();
    }

    /// Counts what the server has taken: all up to that place, since it takes in order.
    fn confirm(&mut self, message: usize, end: usize) {
        while let Some(mark) = self.marks.front() {
            if (mark.message, mark.end) > (message, end) {
                break;
            }
            self.unconfirmed -= mark.size;
            self.marks.pop_front();
        }
    }

    /// Takes back what the server has not taken, and has it forget what it has of a message.
    fn take_back(&self) -> Result<(), Trouble> {
        let mut record = Vec::with_capacity(HEADER);
        record::put_given_up(&mut record);
        self.station.write(&record, true)?;
        self.station.announce(self.server)?;
        self.station.display.flush()
    }
}
