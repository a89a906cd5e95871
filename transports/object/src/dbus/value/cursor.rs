//! Bytes of D-Bus values being read; nothing of them is trusted.

use super::signature::{alignment, first_type};
use super::{DEPTH, LONGEST_ARRAY};
use samebox_data::{Error, Result};
use std::str;

/// Where reading has come to in the body of a message.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    is_big_endian: bool,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], is_big_endian: bool) -> Self {
        Self { bytes, at: 0, is_big_endian }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Goes to the end of an array that has been found to be within the body.
    pub(super) fn go_to(&mut self, end: usize) {
        self.at = end;
    }

    pub(super) fn align(&mut self, code: u8) -> Result<()> {
        self.align_to(alignment(code))
    }

    fn align_to(&mut self, alignment: usize) -> Result<()> {
        let padding = self.at.next_multiple_of(alignment) - self.at;
        if self.take(padding)?.iter().any(|byte| *byte != 0) {
            return Err(Error::Malformed("the bytes between two values are not zero".into()));
        }
        Ok(())
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(length).ok_or(Error::Truncated)?;
        let bytes = self.bytes.get(self.at..end).ok_or(Error::Truncated)?;
        self.at = end;
        Ok(bytes)
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    /// A number of so many bytes, little-endian.
    pub(super) fn number<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.align_to(N)?;
        let mut bytes = *self.take(N)?.first_chunk::<N>().ok_or(Error::Truncated)?;
        if self.is_big_endian {
            bytes.reverse();
        }
        Ok(bytes)
    }

    /// A whole number of that type.
    pub(super) fn whole(&mut self, code: u8) -> Result<i128> {
        Ok(match code {
            b'y' => self.byte()?.into(),
            b'n' => i16::from_le_bytes(self.number()?).into(),
            b'q' => u16::from_le_bytes(self.number()?).into(),
            b'i' => i32::from_le_bytes(self.number()?).into(),
            b'u' => u32::from_le_bytes(self.number()?).into(),
            b'x' => i64::from_le_bytes(self.number()?).into(),
            _ => u64::from_le_bytes(self.number()?).into(),
        })
    }

    pub(super) fn bool(&mut self) -> Result<bool> {
        match u32::from_le_bytes(self.number()?) {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Error::Malformed("a truth value is neither 0 nor 1".into())),
        }
    }

    pub(super) fn double(&mut self) -> Result<f64> {
        Ok(f64::from_le_bytes(self.number()?))
    }

    /// Text of one of the three types of it.
    pub(super) fn text(&mut self, code: u8) -> Result<&'a str> {
        let length = match code {
            b'g' => self.byte()?.into(),
            _ => self.length()?,
        };
        let (text, end) = (self.take(length)?, self.byte()?);
        if end != 0 || text.contains(&0) {
            return Err(Error::Malformed("the only NUL of a text is not at its end".into()));
        }
        str::from_utf8(text).map_err(|_| Error::Malformed("a text is not UTF-8".into()))
    }

    fn length(&mut self) -> Result<usize> {
        let length = u32::from_le_bytes(self.number()?);
        usize::try_from(length).map_err(|_| Error::Truncated)
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = self.length()?;
        self.take(length)
    }

    /// Begins an array of items of that type; gives where it ends.
    pub(super) fn array(&mut self, item: u8) -> Result<usize> {
        let length = self.length()?;
        if length > LONGEST_ARRAY {
            return Err(Error::Malformed("an array has more than 64 MiB".into()));
        }
        self.align(item)?;
        let end = self.at + length;
        if end > self.bytes.len() { Err(Error::Truncated) } else { Ok(end) }
    }

    /// The type of the value in a variant, which follows.
    pub(super) fn variant(&mut self) -> Result<&'a [u8]> {
        let signature = self.text(b'g')?.as_bytes();
        if first_type(signature) == Some(signature.len()) {
            Ok(signature)
        } else {
            Err(Error::Malformed("a variant does not hold exactly one value".into()))
        }
    }

    /// Passes over a value of that type.
    pub(super) fn skip(&mut self, of: &[u8]) -> Result<()> {
        self.skip_within(of, 0)
    }

    fn skip_within(&mut self, of: &[u8], depth: usize) -> Result<()> {
        if depth > DEPTH {
            return Err(Error::TooDeep { limit: DEPTH });
        }
        match *of.first().ok_or(Error::Truncated)? {
            b'b' => self.bool().map(drop),
            b'd' => self.double().map(drop),
            b'h' => self.whole(b'u').map(drop),
            code @ (b's' | b'o' | b'g') => self.text(code).map(drop),
            b'a' => {
                let end = self.array(*of.get(1).ok_or(Error::Truncated)?)?;
                self.go_to(end);
                Ok(())
            }
            b'v' => {
                let inner = self.variant()?;
                self.skip_within(inner, depth + 1)
            }
            b'(' => {
                self.align(b'(')?;
                let mut rest = inside(of);
                while let Some(length) = first_type(rest) {
                    self.skip_within(&rest[..length], depth + 1)?;
                    rest = &rest[length..];
                }
                Ok(())
            }
            code => self.whole(code).map(drop),
        }
    }
}

/// What stands between the parentheses of the type of a structure.
pub(super) fn inside(structure: &[u8]) -> &[u8] {
    structure.get(1..structure.len().saturating_sub(1)).unwrap_or_default()
}
