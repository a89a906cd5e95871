//! What stands in the property of a client's window: parts of messages, one after the other.
//!
//! ```text
//! 0        4        8        12       16
//! +--------+--------+--------+--------+----------
//! | number | total  | offset | length | bytes ..
//! +--------+--------+--------+--------+----------
//! ```
//!
//! Numbers are 32 bits, lowest byte first. `number` is that of the message, one more for each of its
//! client's; `total` its length; `offset` and `length` say which of its bytes follow.

use samebox_core::{Buf, Bytes};

/// The bytes before those of a message.
pub(crate) const HEADER: usize = 16;

/// A `total` that no message has: the client gives up what it has not sent to the end.
const GIVEN_UP: u32 = u32::MAX;

/// A part of a message, or all of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) number: u32,
    pub(crate) total: usize,
    pub(crate) offset: usize,
    pub(crate) bytes: Bytes,
}

/// One record.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Record {
    Part(Part),
    /// What came of an unfinished message is to be forgotten.
    GivenUp,
}

impl Part {
    /// Whether this is all of its message.
    pub(crate) fn is_whole(&self) -> bool {
        self.bytes.len() == self.total
    }
}

/// Writes the part of a message that begins at `offset` and has the bytes given.
pub(crate) fn put(into: &mut Vec<u8>, number: u32, total: usize, offset: usize, bytes: &[u8]) {
    let field = |size: usize| u32::try_from(size).expect("`max` is below 4 GiB");
    put_header(into, [number, field(total), field(offset), field(bytes.len())]);
    into.extend_from_slice(bytes);
}

/// Writes that the client gives up what it has begun.
pub(crate) fn put_given_up(into: &mut Vec<u8>) {
    put_header(into, [0, GIVEN_UP, 0, 0]);
}

fn put_header(into: &mut Vec<u8>, fields: [u32; 4]) {
    fields.iter().for_each(|field| into.extend_from_slice(&field.to_le_bytes()));
}

/// Takes the first record; `None` when there is nothing left.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub(crate) fn take(from: &mut Bytes) -> Option<Result<Record, &'static str>> {
    (!from.is_empty()).then(|| take_one(from))
}

fn take_one(from: &mut Bytes) -> Result<Record, &'static str> {
    if from.len() < HEADER {
        return Err("it wrote a record without a whole header");
    }
    let [number, total, offset, length] = [(); 4].map(|()| from.get_u32_le());
    if total == GIVEN_UP {
        return Ok(Record::GivenUp);
    }
    let (total, offset, length) = (total as usize, offset as usize, length as usize);
    if length > from.len() {
        return Err("it wrote a record that ends early");
    }
    if offset.saturating_add(length) > total || (length == 0 && total > 0) {
        return Err("it wrote a record that does not fit into its message");
    }
    Ok(Record::Part(Part { number, total, offset, bytes: from.split_to(length) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<Result<Record, &'static str>> {
        let mut bytes = Bytes::copy_from_slice(bytes);
        let mut records = Vec::new();
        while let Some(record) = take(&mut bytes) {
            let failed = record.is_err();
            records.push(record);
            if failed {
                break;
            }
        }
        records
    }

    fn part(number: u32, total: usize, offset: usize, bytes: &'static [u8]) -> Record {
        Record::Part(Part { number, total, offset, bytes: Bytes::from_static(bytes) })
    }

    #[test]
    fn what_is_put_is_taken() {
        let mut bytes = Vec::new();
        put(&mut bytes, 1, 0, 0, b"");
        put(&mut bytes, 2, 5, 3, b"lo");
        put_given_up(&mut bytes);
        let expected = [Ok(part(1, 0, 0, b"")), Ok(part(2, 5, 3, b"lo")), Ok(Record::GivenUp)];
        assert_eq!(all(&bytes), expected);
    }

    #[test]
    fn a_record_that_is_cut_short_anywhere_is_refused() {
        let mut bytes = Vec::new();
        put(&mut bytes, 7, 3, 0, b"abc");
        for end in 1..bytes.len() {
            assert!(all(&bytes[..end])[0].is_err(), "{end} bytes");
        }
    }

    #[test]
    fn a_record_that_lies_about_its_place_is_refused() {
        for fields in [[1, 2, 0, 3], [1, 2, 1, 2], [1, 2, u32::MAX, 2], [1, 9, 0, 0]] {
            let mut bytes = Vec::new();
            put_header(&mut bytes, fields);
            bytes.extend_from_slice(b"abc");
            assert!(all(&bytes)[0].is_err(), "{fields:?}");
        }
    }
}
