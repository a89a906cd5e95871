//! The two directions of one framing session: envelopes out, envelopes in.

use crate::dictionary::{Received, SESSION_BYTES, Sent};
use crate::error::Limited;
use crate::framing::{Encoding, Record, encode_chunk};
use crate::nbfx::{self, Memory, Reader, Writer};
use crate::soap::Outgoing;
use crate::{Error, mb};

/// Bytes kept free before a document for what is known only after it.
const ROOM: usize = 16;

/// A buffer larger than this is not kept for the next message.
const KEPT: usize = 256 << 10;

/// Writes envelopes as records that are ready to be sent.
///
/// They must reach the peer in the order in which they were made, as each may use strings that an
/// earlier one brought. A message that was not made, for an error of the body or of the limit, leaves
/// no gap.
///
/// ```
/// use samebox_wcf_wire::framing::Encoding;
/// use samebox_wcf_wire::session::Encoder;
/// use samebox_wcf_wire::soap::Outgoing;
///
/// let mut encoder = Encoder::new(Encoding::BinarySession, 65_536);
/// let headers = Outgoing::one_way("http://tempuri.org/IPeer/Send", "net.tcp://localhost/peer");
/// let mut send = |text: &str| -> Result<usize, samebox_wcf_wire::Error> {
///     let record = encoder.message(&headers, |writer| {
///         writer.start("", "Send");
///         writer.xmlns("", "http://tempuri.org/");
///         writer.start("", "data");
///         writer.text(text);
///         writer.end();
///         writer.end();
///         Ok(())
///     })?;
///     Ok(record.len())
/// };
/// assert_eq!((send("first")?, send("again")?), (134, 48));
/// # Ok::<(), samebox_wcf_wire::Error>(())
/// ```
#[derive(Debug)]
pub struct Encoder {
    words: Option<Sent>,
    max: usize,
    buffer: Vec<u8>,
    head: Vec<u8>,
}

impl Encoder {
    /// An encoder of messages of at most `max` bytes, as the peer counts them.
    pub fn new(encoding: Encoding, max: usize) -> Self {
        let words = match encoding {
            Encoding::Binary => None,
            Encoding::BinarySession => Some(Sent::new(SESSION_BYTES)),
        };
        Self { words, max: max.min(mb::MAX as usize), buffer: Vec::new(), head: Vec::new() }
    }

    /// Starts a new session on the same connection.
    pub fn restart(&mut self) {
        if let Some(words) = &mut self.words {
            words.clear();
        }
    }

    /// Makes the record of one message: headers, and what `body` writes.
    ///
    /// With [`Encoding::Binary`] it is an unsized envelope of one chunk.
    ///
    /// # Errors
    /// What `body` says, or `TooLarge` above the limit.
    pub fn message<E: From<Error>>(
        &mut self,
        headers: &Outgoing<'_>,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), E>,
    ) -> Result<&[u8], E> {
        if self.buffer.capacity() > KEPT {
            self.buffer = Vec::new();
        }
        self.buffer.resize(ROOM, 0);
        let mut writer = Writer::new(&mut self.buffer, self.words.as_mut());
        headers.start(&mut writer);
        body(&mut writer)?;
        Outgoing::finish(&mut writer);
        Ok(self.record()?)
    }

    /// Puts the head before the document that is in the buffer.
    fn record(&mut self) -> Result<&[u8], Error> {
        let document = self.buffer.len() - ROOM;
        Error::bound(Limited::Message, block(self.words.as_ref()) + document, self.max)?;
        self.head.clear();
        head(document, self.words.as_mut(), &mut self.head);
        if self.words.is_none() {
            self.buffer.push(0);
        }
        if let Some(start) = ROOM.checked_sub(self.head.len()) {
            self.buffer[start..ROOM].copy_from_slice(&self.head);
            return Ok(&self.buffer[start..]);
        }
        self.buffer.splice(..ROOM, self.head.iter().copied());
        Ok(&self.buffer)
    }
}

/// Writes what stands before a document of that many bytes: its record's start, and the strings that it
/// is the first to use, which the peer knows from then on.
///
/// Without strings of a session it is the start of an unsized envelope, whose one chunk the document is;
/// an empty chunk must follow.
pub fn head(document: usize, words: Option<&mut Sent>, out: &mut Vec<u8>) {
    let Some(words) = words else {
        Record::UnsizedEnvelope.encode(out);
        return mb::encode(document as u32, out);
    };
    out.push(SIZED_ENVELOPE);
    mb::encode((block(Some(&*words)) + document) as u32, out);
    encode_chunk(words.news(), out);
    words.announced();
}

/// The code of the record whose envelope `head` starts.
const SIZED_ENVELOPE: u8 = 0x06;

/// How many bytes of an envelope its new strings take.
fn block(words: Option<&Sent>) -> usize {
    words.map_or(0, |words| mb::length(words.news().len() as u32) + words.news().len())
}

/// Reads the envelopes of one direction.
#[derive(Debug)]
pub struct Decoder {
    encoding: Encoding,
    words: Received,
    limits: nbfx::Limits,
    memory: Memory,
}

impl Decoder {
    /// A decoder of documents within `limits`.
    pub fn new(encoding: Encoding, limits: nbfx::Limits) -> Self {
        let words = Received::new(SESSION_BYTES);
        Self { encoding, words, limits, memory: Memory::default() }
    }

    /// Starts a new session on the same connection.
    pub fn restart(&mut self) {
        self.words.clear();
    }

    /// A reader of the document in `envelope`, the bytes of a sized envelope or of all chunks of an
    /// unsized one.
    ///
    /// # Errors
    /// Those of [`Received::absorb`]; the session is over then.
    pub fn reader<'a>(&'a mut self, envelope: &'a [u8]) -> Result<Reader<'a, 'a>, Error> {
        let document = match self.encoding {
            Encoding::Binary => envelope,
            Encoding::BinarySession => self.words.absorb(envelope)?,
        };
        Ok(Reader::new(document, &self.words, self.limits, &mut self.memory))
    }
}
