use crate::encode::CALL_NUMBER;
use crate::{Error, Framing, Kind};
use std::ops::Range;

/// Finds frames in the bytes of one connection.
///
/// It keeps no bytes, only how far it has looked, so a long line arriving in pieces is scanned once.
#[derive(Clone, Debug)]
pub struct Decoder {
    framing: Framing,
    max: usize,
    scanned: usize,
}

/// One frame found at the start of a buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is for.
    pub kind: Kind,
    /// Where its payload stands in the buffer.
    pub payload: Range<usize>,
    /// How many bytes of the buffer it takes in all.
    pub consumed: usize,
}

/// The longest block of headers, all lines together with the blank one that ends it.
const HEADERS: usize = 8 << 10;

impl Decoder {
    /// A decoder for one connection that refuses payloads above `max` bytes.
    ///
    /// No `max` allows more than [`Framing::LARGEST`].
    pub const fn new(framing: Framing, max: usize) -> Self {
        let max = if max < Framing::LARGEST { max } else { Framing::LARGEST };
        Self { framing, max, scanned: 0 }
    }

    /// Finds the first frame in `buffer`, which starts where the last frame ended.
    ///
    /// Between two calls the buffer may only grow, except after a frame was found.
    ///
    /// # Errors
    /// `Incomplete` when more bytes may complete it; `TooLarge` as soon as its length is known to be
    /// over the limit; `Violation` when no bytes could complete it.
    pub fn next(&mut self, buffer: &[u8]) -> Result<Frame, Error> {
        let found = match self.framing {
            Framing::Length => self.length(buffer),
            Framing::Line => self.line(buffer),
            Framing::Eof => self
                .within_limit(buffer.len())
                .and(Err(Error::Incomplete { needed: buffer.len() + 1 })),
            Framing::Header => self.header(buffer),
        };
        if found.is_ok() {
            self.scanned = 0;
        }
        found
    }

    /// What the end of the stream makes of the rest `buffer`: with [`Framing::Eof`] a frame, else
    /// nothing when it is empty.
    ///
    /// # Errors
    /// `Truncated` when the rest is part of a frame.
    pub fn at_end(&self, buffer: &[u8]) -> Result<Option<Frame>, Error> {
        match self.framing {
            // A connection of nothing is somebody looking whether the server is there.
            Framing::Eof if !buffer.is_empty() => {
                self.within_limit(buffer.len())?;
                Ok(Some(frame(Kind::Message, 0..buffer.len(), buffer.len())))
            }
            _ if buffer.is_empty() => Ok(None),
            _ => Err(Error::Truncated),
        }
    }

    fn within_limit(&self, length: usize) -> Result<(), Error> {
        if length > self.max { Err(Error::TooLarge { length, max: self.max }) } else { Ok(()) }
    }

    fn length(&self, buffer: &[u8]) -> Result<Frame, Error> {
        let Some(word) = buffer.first_chunk::<4>() else {
            return Err(Error::Incomplete { needed: 4 });
        };
        let word_value = u32::from_le_bytes(*word);
        let (code, length) = (word_value >> 30, (word_value & 0x3FFF_FFFF) as usize);
        let numbered = if code == 0 { 0 } else { CALL_NUMBER };
        let Some(payload) = length.checked_sub(numbered) else {
            return Err(Error::Violation("a call is shorter than its own number"));
        };
        if payload > self.max {
            return Err(too_large(*word, payload, self.max));
        }
        if buffer.len() < 4 + length {
            return Err(Error::Incomplete { needed: 4 + length });
        }
        let number = buffer[4..].first_chunk().map_or(0, |number| u64::from_le_bytes(*number));
        let kind = match code {
            0 => Kind::Message,
            1 => Kind::Call(number),
            2 => Kind::Reply(number),
            _ => Kind::Fault(number),
        };
        Ok(frame(kind, 4 + numbered..4 + length, 4 + length))
    }

    fn line(&mut self, buffer: &[u8]) -> Result<Frame, Error> {
        let end = buffer[self.scanned..].iter().position(|byte| *byte == b'\n');
        let Some(end) = end.map(|end| self.scanned + end) else {
            self.scanned = buffer.len();
            // A \r at the end may belong to the line end and not to the payload.
            self.within_limit(buffer.len() - usize::from(buffer.ends_with(b"\r")))?;
            return Err(Error::Incomplete { needed: buffer.len() + 1 });
        };
        let payload = if end > 0 && buffer[end - 1] == b'\r' { end - 1 } else { end };
        self.within_limit(payload)?;
        Ok(frame(Kind::Message, 0..payload, end + 1))
    }

    fn header(&mut self, buffer: &[u8]) -> Result<Frame, Error> {
        // Only what may be headers is searched, so it does not matter in which pieces they arrive.
        let start = &buffer[..buffer.len().min(HEADERS)];
        let from = self.scanned.saturating_sub(3);
        let end = start[from..].windows(4).position(|four| four == b"\r\n\r\n");
        let Some(end) = end.map(|end| from + end) else {
            self.scanned = start.len();
            if start.len() == HEADERS {
                return Err(Error::Violation("the headers are longer than 8 KiB"));
            }
            return Err(Error::Incomplete { needed: buffer.len() + 1 });
        };
        let length = content_length(&buffer[..end])?;
        self.within_limit(length)?;
        let whole = end + 4 + length;
        if buffer.len() < whole {
            return Err(Error::Incomplete { needed: whole });
        }
        Ok(frame(Kind::Message, end + 4..whole, whole))
    }
}

fn frame(kind: Kind, payload: Range<usize>, consumed: usize) -> Frame {
    Frame { kind, payload, consumed }
}

/// Tells text, which reads as an enormous length, from a message that is only too large.
fn too_large(word: [u8; 4], length: usize, max: usize) -> Error {
    if word.iter().all(|byte| byte.is_ascii_graphic() || b" \r\n\t".contains(byte)) {
        return Error::Violation("the bytes read as text, not as length framing");
    }
    Error::TooLarge { length, max }
}

/// Reads `Content-Length` out of a block of headers; other headers are passed over.
fn content_length(headers: &[u8]) -> Result<usize, Error> {
    const WRONG: Error = Error::Violation("Content-Length is not a number");
    let headers = std::str::from_utf8(headers);
    let headers = headers.map_err(|_| Error::Violation("the headers are not text"))?;
    let mut found = None;
    for line in headers.split("\r\n") {
        let Some((name, value)) = line.split_once(':') else {
            return Err(Error::Violation("a header line has no colon"));
        };
        if !name.trim().eq_ignore_ascii_case("content-length") {
            continue;
        }
        let value = value.trim();
        if value.is_empty() || !value.bytes().all(|c| c.is_ascii_digit()) {
            return Err(WRONG);
        }
        // More digits than a machine word has is a length over any limit.
        let length = value.parse().unwrap_or(usize::MAX);
        if found.replace(length).is_some() {
            return Err(Error::Violation("Content-Length is given twice"));
        }
    }
    found.ok_or(Error::Violation("the headers lack Content-Length"))
}
