use super::inbound::Bytes;
use samebox_wcf_wire as wire;
use samebox_wcf_wire::dictionary::Received;
use samebox_wcf_wire::nbfx::{Limits, Memory, Reader};
use samebox_wcf_wire::soap::{Id, Incoming};
use std::sync::Arc;

/// A message that came, in memory of its own, so that reading goes on while it is handled.
pub(crate) struct Arrival {
    bytes: Bytes,
    /// Where in `bytes` the document starts.
    document: usize,
    /// The strings that the document may use; those that come later do no harm.
    words: Arc<Received>,
    memory: Memory,
}

/// Memory of messages that have been handled.
#[derive(Default)]
pub(super) struct Spare {
    pub(super) bytes: Vec<u8>,
    pub(super) memory: Memory,
}

/// What a message is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something is asked of this side.
    Call,
    /// The answer to the call of that number, or to one that it does not name.
    Answer(Option<u64>),
    /// The answer to a call that was not made here.
    Stray,
}

impl Arrival {
    /// An envelope whose strings, if it is of a session that has them, go into `words`.
    pub(super) fn new(
        bytes: Bytes,
        words: &mut Arc<Received>,
        has_words: bool,
        memory: Memory,
    ) -> Result<Self, wire::Error> {
        let envelope = bytes.envelope();
        let length = match envelope {
            _ if !has_words => envelope.len(),
            // Most have none, and who reads earlier messages keeps sharing the same strings.
            [0, document @ ..] => document.len(),
            _ => Arc::make_mut(words).absorb(envelope)?.len(),
        };
        let document = bytes.memory.len() - length;
        Ok(Self { bytes, document, words: words.clone(), memory })
    }

    /// How much memory it takes.
    pub(super) fn length(&self) -> usize {
        self.bytes.memory.len()
    }

    /// Gives its memory back.
    pub(super) fn into_spare(self) -> Spare {
        Spare { bytes: self.bytes.memory, memory: self.memory }
    }

    /// Reads headers and body.
    pub(crate) fn read<T>(
        &mut self,
        read: impl FnOnce(Incoming<'_>, &mut Reader<'_, '_>) -> T,
    ) -> Result<T, wire::Error> {
        let document = &self.bytes.memory[self.document..];
        let mut reader = Reader::new(document, &self.words, Limits::default(), &mut self.memory);
        let incoming = Incoming::read(&mut reader)?;
        Ok(read(incoming, &mut reader))
    }

    /// What it is, among messages of a side whose calls have `series` in their ids.
    pub(super) fn kind(&mut self, series: u64) -> Result<Kind, wire::Error> {
        self.read(|incoming, _| match incoming.relates_to {
            Some(Id::Guid(id)) => number(id.to_u128(), series)
                .map_or(Kind::Stray, |number| Kind::Answer(Some(number))),
            Some(Id::Text(_)) => Kind::Stray,
            // Mono's faults do not say what they answer.
            None if incoming.is_fault() => Kind::Answer(None),
            None => Kind::Call,
        })
    }
}

/// The id of a call.
pub(super) fn id(series: u64, number: u64) -> u128 {
    (u128::from(series) << 64) | u128::from(number)
}

fn number(id: u128, series: u64) -> Option<u64> {
    ((id >> 64) as u64 == series).then_some(id as u64)
}
