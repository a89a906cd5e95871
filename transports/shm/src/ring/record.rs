//! One record of a ring: a header of 8 bytes, where needed a number and the place of a block, and the
//! payload, each aligned to 8 bytes.

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A message that wants no answer.
    Message,
    /// A question, and the number that its answer shall carry.
    Call(u64),
    /// The answer to a question.
    Reply(u64),
    /// A question failed; the payload says why.
    Fault(u64),
}

impl Kind {
    const fn code(self) -> u8 {
        match self {
            Self::Message => 1,
            Self::Call(_) => 2,
            Self::Reply(_) => 3,
            Self::Fault(_) => 4,
        }
    }

    const fn number(self) -> Option<u64> {
        match self {
            Self::Message => None,
            Self::Call(n) | Self::Reply(n) | Self::Fault(n) => Some(n),
        }
    }
}

/// The rest of the ring up to its end holds nothing.
const SKIP: u8 = 0x53;
/// The record has a number.
const WIDE: u8 = 1;
/// The payload is in a block, whose place stands in the record.
const BLOCK: u8 = 2;

/// Records begin at multiples of this.
pub(super) const ALIGNMENT: usize = 8;

/// The longest header: kind, number, place of a block.
pub(super) const LONGEST: usize = 24;

/// How a record is laid out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) wide: bool,
    pub(super) block: bool,
    /// Bytes of the payload.
    pub(super) length: usize,
}

impl Shape {
    /// Bytes before the payload, or before the end where that is in a block.
    pub(super) const fn header(self) -> usize {
        8 + if self.wide { 8 } else { 0 } + if self.block { 8 } else { 0 }
    }

    /// Bytes of the record in the ring.
    pub(super) const fn size(self) -> usize {
        let inline = if self.block { 0 } else { self.length };
        (self.header() + inline).next_multiple_of(ALIGNMENT)
    }

    /// The header's bytes, and how many of them count.
    pub(super) fn encode(self, kind: Kind, block: usize) -> ([u8; LONGEST], usize) {
        let flags = if self.wide { WIDE } else { 0 } | if self.block { BLOCK } else { 0 };
        let first = self.length as u64 | u64::from(kind.code()) << 32 | u64::from(flags) << 40;
        let mut bytes = [0; LONGEST];
        bytes[..8].copy_from_slice(&first.to_le_bytes());
        let mut at = 8;
        if self.wide {
            bytes[at..at + 8].copy_from_slice(&kind.number().unwrap_or(0).to_le_bytes());
            at += 8;
        }
        if self.block {
            bytes[at..at + 8].copy_from_slice(&(block as u64).to_le_bytes());
            at += 8;
        }
        (bytes, at)
    }
}

/// The header that leaves out the rest of the ring.
pub(super) fn skip() -> [u8; 8] {
    (u64::from(SKIP) << 32).to_le_bytes()
}

/// What a header says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Header {
    Skip,
    Record {
        kind: Kind,
        shape: Shape,
        /// Where the payload's block is, if it has one.
        block: u64,
    },
}

/// Reads a header from the beginning of `bytes`; `None` when it is none or not all there.
pub(super) fn decode(bytes: &[u8]) -> Option<Header> {
    let word = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
    let first = word(0)?;
    let (code, flags) = ((first >> 32) as u8, (first >> 40) as u8);
    if code == SKIP {
        return Some(Header::Skip);
    }
    if first >> 48 != 0 || flags & !(WIDE | BLOCK) != 0 {
        return None;
    }
    let shape =
        Shape { wide: flags & WIDE != 0, block: flags & BLOCK != 0, length: first as u32 as usize };
    let number = if shape.wide { word(8)? } else { 0 };
    let block = if shape.block { word(shape.header() - 8)? } else { 0 };
    let kind = match code {
        1 => Kind::Message,
        2 if shape.wide => Kind::Call(number),
        3 if shape.wide => Kind::Reply(number),
        4 if shape.wide => Kind::Fault(number),
        _ => return None,
    };
    Some(Header::Record { kind, shape, block })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_as_it_was_written() {
        for kind in [Kind::Message, Kind::Call(1), Kind::Reply(u64::MAX), Kind::Fault(7)] {
            for block in [false, true] {
                let shape = Shape { wide: kind.number().is_some(), block, length: 77 };
                let (bytes, length) = shape.encode(kind, 4096);
                assert_eq!(length, shape.header());
                let Some(Header::Record { kind: read, shape: found, block: at }) =
                    decode(&bytes[..length])
                else {
                    panic!("{kind:?} is no record")
                };
                assert_eq!((read, found.length, found.size()), (kind, 77, shape.size()));
                assert_eq!(at, if block { 4096 } else { 0 });
                assert!((0..length).all(|short| decode(&bytes[..short]).is_none()));
            }
        }
        assert!(matches!(decode(&skip()), Some(Header::Skip)));
    }

    #[test]
    fn headers_that_nobody_writes_are_refused() {
        for first in [0, 2 << 32, 5 << 32 | 1 << 40, 1 << 32 | 4 << 40, 1 << 32 | 1 << 48, u64::MAX]
        {
            assert!(decode(&u64::to_le_bytes(first)).is_none(), "{first:x}");
        }
    }
}
