use crate::{Error, Framing, Kind};
use std::io::Write;

/// Bytes of a call's number behind the length word.
pub(crate) const CALL_NUMBER: usize = 8;

/// The bytes before a payload, on the stack.
///
/// ```text
/// length framing, little-endian
///  0        4                12
/// +--------+----------------+---------
/// | word   | call number    | payload     word = kind << 30 | bytes behind the word
/// +--------+----------------+---------
///            kinds 1, 2, 3 only           kind: 0 message, 1 call, 2 reply, 3 fault
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Head {
    bytes: [u8; Self::ROOM],
    length: usize,
}

impl Head {
    /// `Content-Length: ` and twenty digits and two line breaks are the longest head.
    const ROOM: usize = 40;

    fn new(bytes: &[u8]) -> Self {
        let mut head = Self { bytes: [0; Self::ROOM], length: bytes.len() };
        head.bytes[..bytes.len()].copy_from_slice(bytes);
        head
    }

    /// The bytes to write before the payload.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// The bytes that stand before and after `payload` on the wire.
///
/// # Errors
/// `TooLarge` above `max` or above [`Framing::LARGEST`], `LineBreak` for a line with `\n` in it or
/// `\r` at its end, `Empty` for an empty payload that would be a connection of nothing, `Violation`
/// for a kind that the framing cannot carry.
#[inline]
pub fn encode(
    framing: Framing,
    kind: Kind,
    payload: &[u8],
    max: usize,
) -> Result<(Head, &'static [u8]), Error> {
    if payload.len() > max.min(Framing::LARGEST) {
        return Err(Error::TooLarge { length: payload.len(), max: max.min(Framing::LARGEST) });
    }
    if kind != Kind::Message && !framing.has_kinds() {
        return Err(Error::Violation("this framing has no room for the kind of a frame"));
    }
    match framing {
        Framing::Length => Ok((length_head(kind, payload.len()), b"")),
        // A receiver takes `\r` before `\n` for a part of the line end.
        Framing::Line if payload.contains(&b'\n') || payload.ends_with(b"\r") => {
            Err(Error::LineBreak)
        }
        Framing::Line => Ok((Head::new(b""), b"\n")),
        Framing::Eof if payload.is_empty() => Err(Error::Empty),
        Framing::Eof => Ok((Head::new(b""), b"")),
        Framing::Header => Ok((header_head(payload.len()), b"")),
    }
}

#[inline]
fn length_head(kind: Kind, payload: usize) -> Head {
    let (code, number) = match kind {
        Kind::Message => (0, None),
        Kind::Call(number) => (1, Some(number)),
        Kind::Reply(number) => (2, Some(number)),
        Kind::Fault(number) => (3, Some(number)),
    };
    // `encode` has bounded the payload, so the sum stays below 30 bits.
    let length = payload + number.map_or(0, |_| CALL_NUMBER);
    let word = (code << 30) | length as u32;
    let mut head = Head { bytes: [0; Head::ROOM], length: 4 };
    head.bytes[..4].copy_from_slice(&word.to_le_bytes());
    if let Some(number) = number {
        head.bytes[4..12].copy_from_slice(&number.to_le_bytes());
        head.length = 12;
    }
    head
}

fn header_head(payload: usize) -> Head {
    let mut head = Head::new(b"");
    let mut room = &mut head.bytes[..];
    // Twenty digits at most, so it always fits.
    let _ = write!(room, "Content-Length: {payload}\r\n\r\n");
    head.length = Head::ROOM - room.len();
    head
}
