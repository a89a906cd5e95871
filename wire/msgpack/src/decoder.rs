use crate::ext;
use crate::levels::{Kind, Levels};
use crate::token::{Token, skip};
use rmp::Marker;
use rust_decimal::Decimal;
use samebox_data::{Enumeration, Error, Reader, Result, Shape, Struct, Timestamp};
use std::borrow::Cow;
use uuid::Uuid;

/// Reads values from MessagePack.
///
/// It gives one value, or the members of a structure that [`Decoder::parts`] begins. Nothing is
/// allocated but what values themselves hold.
#[derive(Debug)]
pub struct Decoder<'a> {
    rest: &'a [u8],
    levels: Levels,
    /// A value is announced and not yet read.
    due: bool,
}

impl<'a> Decoder<'a> {
    /// Reads from `bytes`, in which values may be nested `depth` deep; [`DEPTH`](crate::DEPTH) is usual.
    pub fn new(bytes: &'a [u8], depth: usize) -> Self {
        Self { rest: bytes, levels: Levels::new(depth), due: true }
    }

    /// Begins a structure without a type: the arguments of a call, or its result.
    ///
    /// [`Reader::member`] gives the parts; those from `count` on are skipped.
    ///
    /// # Errors
    /// As [`Reader::null`].
    pub fn parts(&mut self, count: usize) -> Result<()> {
        self.begin_array(Kind::Structure, count, "a structure").map(drop)
    }

    /// Makes sure that nothing follows the value; one that was not read is skipped.
    ///
    /// # Errors
    /// `Malformed`, when something follows or the value was not read to its end.
    pub fn finish(mut self) -> Result<()> {
        if !self.levels.is_empty() {
            return Err(Error::Malformed("the value was not read to its end".into()));
        }
        self.settle()?;
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Error::Malformed("bytes follow the value".into()))
        }
    }

    fn token(&mut self) -> Result<Token<'a>> {
        if !std::mem::take(&mut self.due) {
            return Err(Error::Malformed("a value is read that was not announced".into()));
        }
        Token::next(&mut self.rest)
    }

    /// Skips a value that was announced and not read.
    fn settle(&mut self) -> Result<()> {
        if std::mem::take(&mut self.due) { skip(&mut self.rest) } else { Ok(()) }
    }

    fn begin(&mut self, kind: Kind, total: usize, known: usize) -> Result<()> {
        // Every part takes a byte at least.
        if total > self.rest.len() {
            return Err(Error::Truncated);
        }
        self.levels.push(kind, total, known)
    }

    fn begin_array(&mut self, kind: Kind, known: usize, expected: &'static str) -> Result<usize> {
        match self.token()? {
            Token::Array(length) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                self.begin(kind, length, known)?;
                Ok(length)
            }
            other => Err(unexpected(expected, &other)),
        }
    }

    /// Goes to the next part of the innermost level, or leaves it behind the last one.
    fn part(&mut self, kind: Kind) -> Result<Option<usize>> {
        self.settle()?;
        let level = self.levels.top_of(kind)?;
        if level.done == level.total {
            self.levels.pop();
            return Ok(None);
        }
        level.done += 1;
        self.due = true;
        Ok(Some(level.done - 1))
    }

    fn whole(&mut self, expected: &'static str) -> Result<Whole> {
        match self.token()? {
            Token::Int(value) => Ok(Whole::Signed(value)),
            Token::Uint(value) => Ok(Whole::Unsigned(value)),
            other => Err(unexpected(expected, &other)),
        }
    }

    fn extension(&mut self, kind: i8, expected: &'static str) -> Result<&'a [u8]> {
        match self.token()? {
            Token::Ext(found, bytes) if found == kind => Ok(bytes),
            other => Err(unexpected(expected, &other)),
        }
    }
}

/// A whole number in one of its two forms.
enum Whole {
    Signed(i64),
    Unsigned(u64),
}

fn unexpected(expected: &'static str, found: &Token<'_>) -> Error {
    match found {
        Token::Nil => Error::Null { expected },
        other => Error::Unexpected { expected, found: other.name().into() },
    }
}

/// The number itself, if it is exactly one of double precision.
fn exact(value: i128) -> Option<f64> {
    let float = value as f64;
    (float as i128 == value).then_some(float)
}

impl Reader for Decoder<'_> {
    fn null(&mut self) -> Result<bool> {
        let null = *self.rest.first().ok_or(Error::Truncated)? == Marker::Null.to_u8();
        if null {
            self.token()?;
        }
        Ok(null)
    }

    fn bool(&mut self) -> Result<bool> {
        match self.token()? {
            Token::Bool(value) => Ok(value),
            other => Err(unexpected("a bool", &other)),
        }
    }

    fn int(&mut self) -> Result<i64> {
        match self.whole("an integer")? {
            Whole::Signed(value) => Ok(value),
            Whole::Unsigned(value) => {
                value.try_into().map_err(|_| Error::OutOfRange { expected: "an i64" })
            }
        }
    }

    fn uint(&mut self) -> Result<u64> {
        match self.whole("an integer")? {
            Whole::Signed(value) => {
                value.try_into().map_err(|_| Error::OutOfRange { expected: "a u64" })
            }
            Whole::Unsigned(value) => Ok(value),
        }
    }

    fn float(&mut self) -> Result<f32> {
        let out_of_range = Error::OutOfRange { expected: "an f32" };
        let value = match self.token()? {
            Token::Float(value) => return Ok(value),
            Token::Double(value) => value,
            Token::Int(value) => exact(value.into()).ok_or(out_of_range.clone())?,
            Token::Uint(value) => exact(value.into()).ok_or(out_of_range.clone())?,
            other => return Err(unexpected("an f32", &other)),
        };
        let single = value as f32;
        if f64::from(single) == value || value.is_nan() { Ok(single) } else { Err(out_of_range) }
    }

    fn double(&mut self) -> Result<f64> {
        let out_of_range = Error::OutOfRange { expected: "an f64" };
        match self.token()? {
            Token::Float(value) => Ok(value.into()),
            Token::Double(value) => Ok(value),
            Token::Int(value) => exact(value.into()).ok_or(out_of_range),
            Token::Uint(value) => exact(value.into()).ok_or(out_of_range),
            other => Err(unexpected("an f64", &other)),
        }
    }

    fn char(&mut self) -> Result<char> {
        u32::try_from(self.uint()?)
            .ok()
            .and_then(char::from_u32)
            .ok_or(Error::OutOfRange { expected: "a char" })
    }

    fn text(&mut self) -> Result<Cow<'_, str>> {
        match self.token()? {
            Token::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(text.into()),
                Err(_) => Err(Error::Malformed("a string is not UTF-8".into())),
            },
            other => Err(unexpected("a string", &other)),
        }
    }

    fn bytes(&mut self) -> Result<Cow<'_, [u8]>> {
        match self.token()? {
            Token::Bytes(bytes) => Ok(bytes.into()),
            other => Err(unexpected("bytes", &other)),
        }
    }

    fn timestamp(&mut self) -> Result<Timestamp> {
        ext::timestamp(self.extension(ext::TIMESTAMP, "a date")?)
    }

    fn time_span(&mut self) -> Result<i64> {
        self.int()
    }

    fn guid(&mut self) -> Result<Uuid> {
        let bytes = self.extension(ext::GUID, "a GUID")?;
        Uuid::from_slice(bytes).map_err(|_| Error::Malformed("a GUID has not 16 bytes".into()))
    }

    fn decimal(&mut self) -> Result<Decimal> {
        ext::decimal(self.extension(ext::DECIMAL, "a decimal")?)
    }

    fn variant(&mut self, of: &'static Enumeration) -> Result<usize> {
        let number = self.int()?;
        of.variants
            .iter()
            .position(|variant| variant.value == number)
            .ok_or_else(|| Error::UnknownVariant { of: of.name, found: number.to_string() })
    }

    fn list(&mut self, _: &'static Shape) -> Result<usize> {
        self.begin_array(Kind::List, 0, "a list")
    }

    fn item(&mut self) -> Result<bool> {
        Ok(self.part(Kind::List)?.is_some())
    }

    fn map(&mut self, _: &'static Shape, _: &'static Shape) -> Result<usize> {
        match self.token()? {
            Token::Map(length) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                self.begin(Kind::Map, length.saturating_mul(2), 0)?;
                Ok(length)
            }
            other => Err(unexpected("a map", &other)),
        }
    }

    fn key(&mut self) -> Result<bool> {
        // The value of the entry before was not asked for.
        if !self.levels.top_of(Kind::Map)?.done.is_multiple_of(2) {
            self.value()?;
        }
        Ok(self.part(Kind::Map)?.is_some())
    }

    fn value(&mut self) -> Result<()> {
        if self.levels.top_of(Kind::Map)?.done.is_multiple_of(2) {
            return Err(Error::Malformed("a value is asked for without its key".into()));
        }
        self.part(Kind::Map).map(drop)
    }

    fn structure(&mut self, of: &'static Struct) -> Result<()> {
        self.begin_array(Kind::Structure, of.members.len(), of.name).map(drop)
    }

    fn member(&mut self) -> Result<Option<usize>> {
        while let Some(index) = self.part(Kind::Structure)? {
            if self.levels.top()?.known > index {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }
}
