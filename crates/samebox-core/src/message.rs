use crate::{Deadline, Endpoint, Error, ErrorKind, Operation, Peer, Property, Result};
use bytes::Bytes;
use std::fmt;
use std::str::Utf8Error;
use std::sync::Arc;
use std::time::Duration;

/// One message as its receiver sees it: payload, sender, properties and a way to answer.
pub struct Message {
    content: Content,
    /// What few mechanisms have, so that a message without it stays small.
    beside: Option<Box<Beside>>,
    answer: Option<Box<dyn Answer>>,
}

/// What a message may carry beside its payload.
#[derive(Default)]
struct Beside {
    properties: Properties,
    /// Dropped with the message; kept for that alone.
    _receipt: Option<Receipt>,
}

/// Runs once, when the message that carries it is dropped: its receiver is done with it.
///
/// A transport whose `send` means `handled` tells the sender so from here.
pub struct Receipt(Option<Box<dyn FnOnce() + Send>>);

impl Receipt {
    /// A receipt that runs `handled`, on whichever thread drops the message; it must not block.
    pub fn new(handled: impl FnOnce() + Send + 'static) -> Self {
        Self(Some(Box::new(handled)))
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        if let Some(handled) = self.0.take() {
            handled();
        }
    }
}

/// A payload and its sender.
enum Content {
    Whole { payload: Bytes, peer: Arc<Peer> },
    Part(Part),
}

/// Bytes that came from one peer at once, and that many messages share.
#[derive(Debug)]
pub struct Chunk {
    bytes: Vec<u8>,
    peer: Arc<Peer>,
}

/// A payload that shares its memory and its sender with others.
struct Part {
    chunk: Arc<Chunk>,
    start: usize,
    end: usize,
}

impl Chunk {
    /// No bytes yet, of `peer`.
    pub fn new(peer: Arc<Peer>) -> Self {
        Self { bytes: Vec::new(), peer }
    }

    /// Its bytes.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its bytes, while no message shares them.
    pub fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Who sent them.
    pub fn peer(&self) -> &Arc<Peer> {
        &self.peer
    }
}

impl AsRef<[u8]> for Part {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        &self.chunk.bytes[self.start..self.end]
    }
}

/// Carries one answer back to the caller; what a duplex transport puts into a [`Message`].
///
/// Dropping it unused tells the caller, where the wire can, that no answer will come.
pub trait Answer: Send {
    /// Sends the answer.
    ///
    /// # Errors
    /// `Disconnected` when the caller is gone, `TooLarge` above the caller's limit, `Full` when the
    /// caller does not read its answers.
    fn reply(self: Box<Self>, payload: &[u8], deadline: Deadline) -> Result<()>;

    /// Answers that the call failed, in words for the caller.
    ///
    /// # Errors
    /// As [`Answer::reply`]; `Unsupported` where the wire has no faults.
    fn fault(self: Box<Self>, reason: &str, deadline: Deadline) -> Result<()>;
}

impl Message {
    /// A message that cannot be answered.
    pub fn new(payload: impl Into<Bytes>, peer: Arc<Peer>) -> Self {
        let content = Content::Whole { payload: payload.into(), peer };
        Self { content, beside: None, answer: None }
    }

    /// A message whose payload is those bytes of a chunk, and whose sender is the chunk's.
    ///
    /// # Panics
    /// When they are not all there.
    #[inline]
    pub fn part(
        chunk: &Arc<Chunk>,
        bytes: std::ops::Range<usize>,
        answer: Option<Box<dyn Answer>>,
    ) -> Self {
        assert!(bytes.start <= bytes.end && bytes.end <= chunk.bytes.len(), "bytes of the chunk");
        let part = Part { chunk: Arc::clone(chunk), start: bytes.start, end: bytes.end };
        Self { content: Content::Part(part), beside: None, answer }
    }

    /// The same message, to be answered through `answer`.
    #[must_use]
    pub fn with_answer(mut self, answer: Box<dyn Answer>) -> Self {
        self.answer = Some(answer);
        self
    }

    /// The same message with properties.
    #[must_use]
    pub fn with_properties(mut self, properties: Properties) -> Self {
        self.beside.get_or_insert_default().properties = properties;
        self
    }

    /// The same message with a receipt that its sender waits for.
    #[must_use]
    pub fn with_receipt(mut self, receipt: Receipt) -> Self {
        self.beside.get_or_insert_default()._receipt = Some(receipt);
        self
    }

    /// The bytes the sender sent, no more and no less.
    #[inline]
    pub fn payload(&self) -> &[u8] {
        match &self.content {
            Content::Whole { payload, .. } => payload,
            Content::Part(part) => part.as_ref(),
        }
    }

    /// The payload as text.
    ///
    /// # Errors
    /// When the bytes are not UTF-8.
    pub fn text(&self) -> Result<&str, Utf8Error> {
        std::str::from_utf8(self.payload())
    }

    /// The payload itself, cheap to clone and to keep; the message counts as handled then.
    pub fn into_payload(self) -> Bytes {
        match self.content {
            Content::Whole { payload, .. } => payload,
            Content::Part(part) => Bytes::from_owner(part),
        }
    }

    /// Who sent it, as far as the operating system vouches.
    pub fn peer(&self) -> &Peer {
        match &self.content {
            Content::Whole { peer, .. } => peer,
            Content::Part(part) => &part.chunk.peer,
        }
    }

    /// The properties its mechanism carried; the default ones where it has none.
    pub fn properties(&self) -> &Properties {
        self.beside.as_ref().map_or(&Properties::NONE, |beside| &beside.properties)
    }

    /// Whether the sender can be answered.
    ///
    /// With a framing that has no room to say so (`line`, `eof`, `header`) this holds for every
    /// message of a duplex transport.
    pub fn can_reply(&self) -> bool {
        self.answer.is_some()
    }

    /// Answers the sender; takes the answer, so a second one is an error.
    ///
    /// The reply is written without waiting; what the caller does not read at once is buffered within
    /// a bound, and the server's `recv` goes on writing it.
    ///
    /// # Errors
    /// `Unsupported` when the sender does not expect an answer, `Disconnected` when it is gone,
    /// `TooLarge` above its limit, `Full` when it does not read what it asked for.
    pub fn reply(&mut self, payload: impl AsRef<[u8]>) -> Result<()> {
        self.take_answer()?.reply(payload.as_ref(), Deadline::past())
    }

    /// Answers the sender that its call failed, in words.
    ///
    /// # Errors
    /// As [`Message::reply`]; `Unsupported` where the wire has no faults.
    pub fn fault(&mut self, reason: &str) -> Result<()> {
        self.take_answer()?.fault(reason, Deadline::past())
    }

    fn take_answer(&mut self) -> Result<Box<dyn Answer>> {
        self.answer.take().ok_or_else(|| {
            let sender = self.peer().to_string();
            let why = "the sender does not wait for an answer, or has one already";
            Error::new(ErrorKind::Unsupported, Operation::Reply, sender, why)
                .with_advice("answer only messages for which `can_reply` holds, once")
        })
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("payload", &self.payload())
            .field("peer", self.peer())
            .field("properties", self.properties())
            .field("can_reply", &self.can_reply())
            .finish()
    }
}

/// What a mechanism may carry beside the payload.
///
/// Setting one that the transport lacks is `Unsupported`: see
/// [`Capabilities::properties`](crate::Capabilities::properties).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Properties {
    /// A short text beside the payload.
    pub label: Option<String>,
    /// Urgency, 0 (lowest) to 7.
    pub priority: Option<u8>,
    /// How long the message is worth delivering.
    pub time_to_live: Option<Duration>,
    /// Severity of a trace event, 1 (critical) to 5 (verbose).
    pub level: Option<u8>,
    /// Name of a trace event.
    pub event: Option<String>,
    /// The mechanism's own name for this message.
    pub id: Option<String>,
}

impl Properties {
    /// No properties.
    pub const NONE: Self = Self {
        label: None,
        priority: None,
        time_to_live: None,
        level: None,
        event: None,
        id: None,
    };

    /// The properties that are set.
    pub fn set(&self) -> impl Iterator<Item = Property> {
        [
            self.label.as_ref().map(|_| Property::Label),
            self.priority.map(|_| Property::Priority),
            self.time_to_live.map(|_| Property::TimeToLive),
            self.level.map(|_| Property::Level),
            self.event.as_ref().map(|_| Property::Event),
            self.id.as_ref().map(|_| Property::Id),
        ]
        .into_iter()
        .flatten()
    }
}

/// One message on its way out: borrowed bytes and, where the mechanism has them, properties.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The bytes to send.
    pub payload: &'a [u8],
    /// What goes beside them, if anything does.
    pub properties: Option<&'a Properties>,
}

impl Outgoing<'_> {
    /// Refuses a message with a property that is not among those its transport `can` carry.
    ///
    /// # Errors
    /// `Unsupported`, naming the property.
    #[inline]
    pub fn check_properties(
        &self,
        endpoint: &Endpoint,
        operation: Operation,
        can: &[Property],
    ) -> Result<()> {
        let lacking = |properties: &Properties| properties.set().find(|one| !can.contains(one));
        let Some(lacking) = self.properties.and_then(lacking) else { return Ok(()) };
        let why = format!("messages of {}: have no {lacking}", endpoint.scheme());
        Err(endpoint.error(ErrorKind::Unsupported, operation, why))
    }
}

impl<'a> From<&'a [u8]> for Outgoing<'a> {
    fn from(payload: &'a [u8]) -> Self {
        Self { payload, properties: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_without_a_way_back_refuses_to_reply() {
        let mut message = Message::new("x", Arc::new(Peer::UNKNOWN));
        assert_eq!(message.reply("y").unwrap_err().kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn a_receipt_runs_once_when_the_message_is_dropped_or_taken_apart() {
        let (told, heard) = std::sync::mpsc::channel();
        for number in 0..2 {
            let told = told.clone();
            let receipt = Receipt::new(move || told.send(number).expect("the test listens"));
            let message = Message::new("x", Arc::new(Peer::UNKNOWN)).with_receipt(receipt);
            assert!(heard.try_recv().is_err(), "it runs too early");
            if number == 0 {
                drop(message)
            } else {
                drop(message.into_payload())
            }
            assert_eq!(heard.try_recv(), Ok(number));
            assert!(heard.try_recv().is_err(), "it runs twice");
        }
    }

    #[test]
    fn only_properties_that_are_set_are_listed() {
        let properties = Properties { priority: Some(3), ..Properties::NONE };
        assert_eq!(properties.set().collect::<Vec<_>>(), [Property::Priority]);
    }
}
