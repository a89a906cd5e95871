use super::Record;
use crate::error::Limited;
use crate::{Error, mb};

/// What [`decode`] takes at most, in bytes; the defaults are .NET's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of an address.
    pub via: usize,
    /// Of a content type.
    pub content_type: usize,
    /// Of a fault.
    pub fault: usize,
    /// Of the name of an upgrade.
    pub upgrade: usize,
    /// Of an envelope, its dictionary block counted.
    pub message: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { via: 2048, content_type: 256, fault: 256, upgrade: 256, message: 65_536 }
    }
}

/// Finds the record at the start of `bytes`, and how many bytes it takes.
///
/// [`Record::UnsizedEnvelope`] is one byte; its chunks are read with [`chunk`].
///
/// # Errors
/// `Incomplete` when more bytes may complete it; `TooLarge` as soon as its length is known to be over
/// the limit; `Violation` when no bytes could complete it.
pub fn decode<'a>(bytes: &'a [u8], limits: &Limits) -> Result<(Record<'a>, usize), Error> {
    let Some((code, rest)) = bytes.split_first() else {
        return Err(Error::Incomplete { needed: 1 });
    };
    let one = |record| Ok((record, 1));
    match code {
        0x00 => match rest {
            [major, minor, ..] => Ok((Record::Version { major: *major, minor: *minor }, 3)),
            _ => Err(Error::Incomplete { needed: 3 }),
        },
        0x01 => byte(rest, Record::Mode),
        0x02 => string(rest, Limited::Via, limits.via, Record::Via),
        0x03 => byte(rest, Record::KnownEncoding),
        0x04 => string(rest, Limited::ContentType, limits.content_type, Record::ExtensibleEncoding),
        0x05 => one(Record::UnsizedEnvelope),
        0x06 => {
            let (envelope, taken) = counted(rest, 1, Limited::Message, limits.message)?;
            Ok((Record::SizedEnvelope(envelope), 1 + taken))
        }
        0x07 => one(Record::End),
        0x08 => string(rest, Limited::Fault, limits.fault, Record::Fault),
        0x09 => string(rest, Limited::Upgrade, limits.upgrade, Record::UpgradeRequest),
        0x0A => one(Record::UpgradeResponse),
        0x0B => one(Record::PreambleAck),
        0x0C => one(Record::PreambleEnd),
        _ => Err(Error::violation(0, "no record of WCF framing starts with this byte")),
    }
}

/// Finds the chunk of an unsized envelope at the start of `bytes`, and how many bytes it takes.
///
/// An empty chunk ends the envelope. `max` is what the envelope may still have.
///
/// # Errors
/// As [`decode`].
pub fn chunk(bytes: &[u8], max: usize) -> Result<(&[u8], usize), Error> {
    counted(bytes, 0, Limited::Message, max)
}

fn byte<'a>(rest: &[u8], record: fn(u8) -> Record<'a>) -> Result<(Record<'a>, usize), Error> {
    match rest.first() {
        Some(byte) => Ok((record(*byte), 2)),
        None => Err(Error::Incomplete { needed: 2 }),
    }
}

fn string<'a>(
    rest: &'a [u8],
    what: Limited,
    max: usize,
    record: fn(&'a str) -> Record<'a>,
) -> Result<(Record<'a>, usize), Error> {
    let (bytes, taken) = counted(rest, 1, what, max)?;
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Error::violation(1 + taken - bytes.len(), "a string is not UTF-8"))?;
    Ok((record(text), 1 + taken))
}

/// Bytes behind their length; `before` bytes stand before `rest` in the caller's buffer.
fn counted(rest: &[u8], before: usize, what: Limited, max: usize) -> Result<(&[u8], usize), Error> {
    let (length, width) = mb::decode(rest).map_err(|error| error.moved(before))?;
    let length = length as usize;
    Error::bound(what, length, max)?;
    match rest.get(width..width + length) {
        Some(bytes) => Ok((bytes, width + length)),
        None => Err(Error::Incomplete { needed: before + width + length }),
    }
}
