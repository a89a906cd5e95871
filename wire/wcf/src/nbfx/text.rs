use super::cursor::Cursor;
use super::{Word, letter};
use crate::Error;
use crate::value::{DateTime, Decimal, Guid, TimeSpan};

/// A text record: a value in one of the forms that the wire has.
///
/// Two are equal when they have the same form and value; the `to_` functions compare across forms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Text<'a> {
    /// True or false.
    Bool(bool),
    /// Any whole number that fits.
    Int(i64),
    /// A whole number, above `i64` as .NET writes it.
    UInt(u64),
    /// A number of single precision.
    Float(f32),
    /// A number of double precision.
    Double(f64),
    /// A decimal number.
    Decimal(Decimal),
    /// A moment.
    DateTime(DateTime),
    /// A length of time.
    TimeSpan(TimeSpan),
    /// An id.
    Guid(Guid),
    /// An id that reads `urn:uuid:..` as text.
    UniqueId(Guid),
    /// Characters.
    Chars(&'a str),
    /// Characters as UTF-16.
    Utf16(Utf16<'a>),
    /// Characters out of a dictionary.
    Word(Word<'a>),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A name with a prefix of one letter.
    QName {
        /// The prefix.
        prefix: &'static str,
        /// The local name.
        name: Word<'a>,
    },
    /// Several values, separated by spaces as text.
    List(List<'a>),
}

/// UTF-16 with all its surrogates in pairs, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utf16<'a>(&'a [u8]);

/// The values of a List record.
#[derive(Clone, Copy, Debug)]
pub struct List<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Text<'a> {
    /// Reads the payload of the record with the even `code`.
    // Inlined, or else the result is copied from one enum into the next, which costs more than reading.
    #[inline(always)]
    pub(super) fn read(code: u8, cursor: &mut Cursor<'a>) -> Result<Self, Error> {
        let at = cursor.at;
        match code {
            0x80 => Ok(Self::Int(0)),
            0x82 => Ok(Self::Int(1)),
            0x84 => Ok(Self::Bool(false)),
            0x86 => Ok(Self::Bool(true)),
            0x88 => Ok(Self::Int(i8::from_le_bytes(cursor.array()?).into())),
            0x8A => Ok(Self::Int(i16::from_le_bytes(cursor.array()?).into())),
            0x8C => Ok(Self::Int(i32::from_le_bytes(cursor.array()?).into())),
            0x8E => Ok(Self::Int(i64::from_le_bytes(cursor.array()?))),
            0x98 | 0x9A | 0x9C => {
                let length = length(code - 0x98, cursor)?;
                Ok(Self::Chars(cursor.text(length)?))
            }
            0x9E | 0xA0 | 0xA2 => {
                let length = length(code - 0x9E, cursor)?;
                Ok(Self::Bytes(cursor.take(length)?))
            }
            0xA4 => Ok(Self::List(List::read(cursor)?)),
            0xA8 => Ok(Self::Chars("")),
            0xAA => Ok(Self::Word(cursor.word()?)),
            0xB6 | 0xB8 | 0xBA => {
                let length = length(code - 0xB6, cursor)?;
                Utf16::new(cursor.take(length)?, at).map(Self::Utf16)
            }
            0xBC => {
                let prefix = letter(cursor.byte()?);
                let prefix = prefix.ok_or(Error::violation(at, "a prefix is no letter"))?;
                Ok(Self::QName { prefix, name: cursor.word()? })
            }
            _ => Self::read_wide(code, cursor),
        }
    }

    fn read_wide(code: u8, cursor: &mut Cursor<'a>) -> Result<Self, Error> {
        let at = cursor.at;
        let wrong = |why| Error::violation(at, why);
        match code {
            0x90 => Ok(Self::Float(f32::from_le_bytes(cursor.array()?))),
            0x92 => Ok(Self::Double(f64::from_le_bytes(cursor.array()?))),
            0x94 => Decimal::from_wire(cursor.array()?)
                .map(Self::Decimal)
                .ok_or(wrong("a decimal number is out of range")),
            0x96 => DateTime::from_wire(u64::from_le_bytes(cursor.array()?))
                .map(Self::DateTime)
                .ok_or(wrong("a moment is after the year 9999")),
            0xAC => Ok(Self::UniqueId(Guid(cursor.array()?))),
            0xAE => Ok(Self::TimeSpan(TimeSpan(i64::from_le_bytes(cursor.array()?)))),
            0xB0 => Ok(Self::Guid(Guid(cursor.array()?))),
            0xB2 => Ok(Self::UInt(u64::from_le_bytes(cursor.array()?))),
            0xB4 => Ok(Self::Bool(cursor.byte()? != 0)),
            _ => Err(wrong("no text starts with this byte")),
        }
    }
}

/// A length of one, two or four bytes, as the record's place among its three says.
fn length(place: u8, cursor: &mut Cursor<'_>) -> Result<usize, Error> {
    match place {
        0 => cursor.byte().map(usize::from),
        2 => Ok(u16::from_le_bytes(cursor.array()?).into()),
        _ => {
            let at = cursor.at;
            let length = i32::from_le_bytes(cursor.array()?);
            usize::try_from(length).map_err(|_| Error::violation(at, "a length is negative"))
        }
    }
}

impl<'a> Utf16<'a> {
    fn new(bytes: &'a [u8], at: usize) -> Result<Self, Error> {
        let text = Self(bytes);
        let whole = bytes.len().is_multiple_of(2);
        if !whole || char::decode_utf16(text.units()).any(|unit| unit.is_err()) {
            return Err(Error::violation(at, "a text is not UTF-16"));
        }
        Ok(text)
    }

    fn units(self) -> impl Iterator<Item = u16> + 'a {
        self.0.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
    }

    /// Its characters.
    pub fn chars(self) -> impl Iterator<Item = char> + 'a {
        // `new` has seen that none is half.
        char::decode_utf16(self.units()).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

impl<'a> List<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Error> {
        let start = cursor.at;
        loop {
            let at = cursor.at;
            match cursor.byte()? {
                0xA6 => {
                    let bytes = &cursor.bytes[start..at];
                    return Ok(Self { cursor: Cursor { bytes, at: 0, ..*cursor } });
                }
                0xA4 => return Err(Error::violation(at, "a list is within a list")),
                code if code & 1 == 1 => {
                    return Err(Error::violation(at, "an element ends within a list"));
                }
                code => Text::read(code, cursor)?,
            };
        }
    }

    /// Its values.
    pub fn values(self) -> impl Iterator<Item = Text<'a>> {
        let mut cursor = self.cursor;
        std::iter::from_fn(move || {
            let code = cursor.byte().ok()?;
            Text::read(code, &mut cursor).ok()
        })
    }
}

impl PartialEq for List<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.values().eq(other.values())
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self::Chars(text)
    }
}

impl<'a> From<&'a [u8]> for Text<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

macro_rules! from {
    ($($type:ty => $variant:ident,)*) => {
        $(impl From<$type> for Text<'_> {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        })*
    };
}

from! {
    bool => Bool, i8 => Int, u8 => Int, i16 => Int, u16 => Int, i32 => Int, u32 => Int, i64 => Int,
    u64 => UInt, f32 => Float, f64 => Double, Decimal => Decimal, DateTime => DateTime,
    TimeSpan => TimeSpan, Guid => Guid,
}
