use super::arrival::{Arrival, Kind, Spare};
use super::inbound::{Bytes, Inbound, NoRecord};
use super::state::Ended;
use super::{Session, lock};
use crate::faults;
use samebox_core::Deadline;
use samebox_stream::Duplex;
use samebox_wcf_wire as wire;
use samebox_wcf_wire::Limited;
use samebox_wcf_wire::dictionary::{Received, SESSION_BYTES};
use samebox_wcf_wire::framing::{Fault, Limits, Record, decode};
use std::sync::Arc;

/// What belongs to whoever reads.
pub(super) struct Reading {
    inbound: Inbound,
    words: Arc<Received>,
    has_words: bool,
    limits: Limits,
}

/// What came.
enum Came {
    Message(Arrival),
    End,
    Fault(String),
}

/// Nothing came in time.
pub(super) struct Late;

impl Reading {
    pub(super) fn new(inbound: Inbound, max: usize, has_words: bool) -> Self {
        let words = Arc::new(Received::new(SESSION_BYTES));
        Self { inbound, words, has_words, limits: Limits { message: max, ..Limits::default() } }
    }

    /// The next record; its memory comes from `spare`.
    fn next(
        &mut self,
        link: &dyn Duplex,
        by: Deadline,
        spare: impl FnOnce() -> Spare,
    ) -> Result<Came, NoRecord> {
        let length = self.inbound.record(link, &self.limits, by)?;
        let (record, _) = decode(self.inbound.bytes(), &self.limits).map_err(NoRecord::Wrong)?;
        match record {
            Record::SizedEnvelope(envelope) => {
                let before = length - envelope.len();
                let Spare { bytes, memory } = spare();
                let bytes = self.inbound.take(length, before, bytes);
                let arrival = Arrival::new(bytes, &mut self.words, self.has_words, memory);
                Ok(Came::Message(arrival.map_err(NoRecord::Wrong)?))
            }
            Record::UnsizedEnvelope => {
                self.inbound.pass(length);
                self.chunks(link).map(Came::Message)
            }
            Record::End => {
                self.inbound.pass(length);
                Ok(Came::End)
            }
            Record::Fault(uri) => Ok(Came::Fault(uri.into())),
            _ => Err(NoRecord::Wrong(wire::Error::Violation {
                at: 0,
                why: "this record does not belong between messages",
            })),
        }
    }

    /// Takes in an envelope that comes in chunks, as fast as records must come.
    fn chunks(&mut self, link: &dyn Duplex) -> Result<Arrival, NoRecord> {
        let mut memory = Vec::new();
        let by = self.inbound.stall().map_or(Deadline::NEVER, Deadline::after);
        loop {
            let left = self.limits.message - memory.len();
            let length = self.inbound.chunk(link, left, by).map_err(|none| match none {
                NoRecord::Late => NoRecord::Stalled,
                other => other,
            })?;
            let (chunk, _) =
                wire::framing::chunk(self.inbound.bytes(), left).map_err(NoRecord::Wrong)?;
            let is_last = chunk.is_empty();
            memory.extend_from_slice(chunk);
            self.inbound.pass(length);
            if is_last {
                break;
            }
        }
        let bytes = Bytes { memory, start: 0 };
        let memory = Default::default();
        Arrival::new(bytes, &mut self.words, self.has_words, memory).map_err(NoRecord::Wrong)
    }
}

/// Where what came belongs.
enum Routed {
    Call(Arrival),
    Answer(Option<u64>, Arrival),
    /// An answer that nobody waits for.
    Stray(Arrival),
    /// Nothing comes any more.
    Over(Ended),
    /// Nothing came in time, and more may come.
    Late,
}

impl Session {
    /// Reads once for all, with the right to, and gives that up; what came is where it belongs then.
    pub(super) fn read(&self, by: Deadline) -> Result<(), Late> {
        let routed = {
            let mut reading = lock(&self.reading);
            match reading.next(self.link(), by, || self.state().spare()) {
                Ok(came) => self.route(came),
                Err(NoRecord::Late) => Routed::Late,
                Err(none) => Routed::Over(self.over(none)),
            }
        };
        let mut state = self.state();
        state.read();
        match routed {
            Routed::Call(call) => state.queue(call),
            Routed::Answer(number, answer) => {
                if let Some(stray) = state.answer(number, answer) {
                    state.keep(stray);
                }
            }
            Routed::Stray(stray) => state.keep(stray),
            Routed::Over(ended) => state.end(ended),
            Routed::Late => {
                state.wake_a_reader();
                return Err(Late);
            }
        }
        Ok(())
    }

    fn route(&self, came: Came) -> Routed {
        match came {
            Came::Message(mut message) => match message.kind(self.series) {
                Ok(Kind::Call) => Routed::Call(message),
                Ok(Kind::Answer(number)) => Routed::Answer(number, message),
                Ok(Kind::Stray) => Routed::Stray(message),
                Err(error) => Routed::Over(self.over(NoRecord::Wrong(error))),
            },
            Came::End => Routed::Over(faults::ended(self.side)),
            Came::Fault(uri) => Routed::Over(faults::of_session(&uri)),
        }
    }

    /// Why the session is over without a record; tells the other side what it can be told.
    fn over(&self, none: NoRecord) -> Ended {
        if let NoRecord::Wrong(wire::Error::TooLarge { what: Limited::Message, .. }) = &none {
            self.refuse(Fault::MaxMessageSizeExceeded);
        }
        faults::without_record(none, self.side)
    }

    /// What is left for the next session on this connection.
    pub(super) fn take_inbound(&self) -> Inbound {
        let mut reading = lock(&self.reading);
        std::mem::replace(&mut reading.inbound, Inbound::new(None))
    }
}
