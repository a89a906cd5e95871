//! Bytes of D-Bus values being written.

use super::LONGEST_ARRAY;
use super::signature::alignment;
use samebox_data::{Error, Result};

/// The bytes of values, little-endian, as they stand in the body of a message.
pub(super) struct Buffer<'a>(&'a mut Vec<u8>);

/// Where the bytes of an array begin.
#[derive(Clone, Copy)]
pub(super) struct ArrayStart {
    /// Where its length stands.
    length: usize,
    /// Where its first item stands.
    items: usize,
}

impl<'a> Buffer<'a> {
    /// A body in place of what `out` holds.
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        out.clear();
        Self(out)
    }

    /// Fills up to where a value of that type may stand.
    pub(super) fn align(&mut self, code: u8) {
        let length = self.0.len().next_multiple_of(alignment(code));
        self.0.resize(length, 0);
    }

    pub(super) fn byte(&mut self, value: u8) {
        self.0.push(value);
    }

    /// A number of as many bytes as it has.
    pub(super) fn number<const N: usize>(&mut self, bytes: [u8; N]) {
        let length = self.0.len().next_multiple_of(N);
        self.0.resize(length, 0);
        self.0.extend_from_slice(&bytes);
    }

    /// A whole number in the width of that type.
    pub(super) fn whole(&mut self, code: u8, value: i128) -> Result<()> {
        fn fit<T: TryFrom<i128>>(value: i128, expected: &'static str) -> Result<T> {
            T::try_from(value).map_err(|_| Error::OutOfRange { expected })
        }
        match code {
            b'y' => self.byte(fit(value, "a number of 8 bits")?),
            b'n' => self.number(fit::<i16>(value, "a signed number of 16 bits")?.to_le_bytes()),
            b'q' => self.number(fit::<u16>(value, "a number of 16 bits")?.to_le_bytes()),
            b'i' => self.number(fit::<i32>(value, "a signed number of 32 bits")?.to_le_bytes()),
            b'u' => self.number(fit::<u32>(value, "a number of 32 bits")?.to_le_bytes()),
            b'x' => self.number(fit::<i64>(value, "a signed number of 64 bits")?.to_le_bytes()),
            _ => self.number(fit::<u64>(value, "a number of 64 bits")?.to_le_bytes()),
        }
        Ok(())
    }

    pub(super) fn bool(&mut self, value: bool) {
        self.number(u32::from(value).to_le_bytes());
    }

    pub(super) fn text(&mut self, value: &str) -> Result<()> {
        if value.contains('\0') {
            let why = "the text has a NUL in it, which D-Bus cannot carry; send it as bytes";
            return Err(Error::Malformed(why.into()));
        }
        self.length(value.len())?;
        self.0.extend_from_slice(value.as_bytes());
        self.byte(0);
        Ok(())
    }

    /// A signature, as it stands before the value of a variant.
    pub(super) fn signature(&mut self, value: &str) -> Result<()> {
        let length = u8::try_from(value.len());
        self.byte(length.map_err(|_| Error::OutOfRange { expected: "a signature" })?);
        self.0.extend_from_slice(value.as_bytes());
        self.byte(0);
        Ok(())
    }

    pub(super) fn bytes(&mut self, value: &[u8]) -> Result<()> {
        self.length(value.len())?;
        self.0.extend_from_slice(value);
        Ok(())
    }

    fn length(&mut self, length: usize) -> Result<()> {
        let length = u32::try_from(length).ok().filter(|_| length <= LONGEST_ARRAY);
        self.number(length.ok_or_else(too_long)?.to_le_bytes());
        Ok(())
    }

    /// Begins an array of items of that type.
    pub(super) fn begin_array(&mut self, item: u8) -> ArrayStart {
        self.number([0; 4]);
        let length = self.0.len() - 4;
        self.align(item);
        ArrayStart { length, items: self.0.len() }
    }

    pub(super) fn end_array(&mut self, start: ArrayStart) -> Result<()> {
        let length = self.0.len() - start.items;
        let length = u32::try_from(length).ok().filter(|_| length <= LONGEST_ARRAY);
        let bytes = length.ok_or_else(too_long)?.to_le_bytes();
        self.0[start.length..start.length + 4].copy_from_slice(&bytes);
        Ok(())
    }
}

fn too_long() -> Error {
    Error::Malformed("an array or a text has more than 64 MiB, the most that D-Bus carries".into())
}
