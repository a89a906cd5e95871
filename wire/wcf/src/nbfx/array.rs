use super::Text;
use super::cursor::Cursor;
use crate::value::{DateTime, Decimal, Guid, TimeSpan};
use crate::{Error, mb};

/// Values to be written as one Array record.
#[derive(Clone, Copy, Debug)]
pub enum Array<'a> {
    /// `bool`
    Bool(&'a [bool]),
    /// `short`
    I16(&'a [i16]),
    /// `int`
    I32(&'a [i32]),
    /// `long`
    I64(&'a [i64]),
    /// `float`
    F32(&'a [f32]),
    /// `double`
    F64(&'a [f64]),
    /// `decimal`
    Decimal(&'a [Decimal]),
    /// `DateTime`
    DateTime(&'a [DateTime]),
    /// `TimeSpan`
    TimeSpan(&'a [TimeSpan]),
    /// `Guid`
    Guid(&'a [Guid]),
}

impl Array<'_> {
    /// How many values there are.
    pub const fn len(&self) -> usize {
        match self {
            Self::Bool(values) => values.len(),
            Self::I16(values) => values.len(),
            Self::I32(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::Decimal(values) => values.len(),
            Self::DateTime(values) => values.len(),
            Self::TimeSpan(values) => values.len(),
            Self::Guid(values) => values.len(),
        }
    }

    /// Whether there are none; .NET writes no record then.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) const fn code(&self) -> u8 {
        match self {
            Self::Bool(_) => 0xB5,
            Self::I16(_) => 0x8B,
            Self::I32(_) => 0x8D,
            Self::I64(_) => 0x8F,
            Self::F32(_) => 0x91,
            Self::F64(_) => 0x93,
            Self::Decimal(_) => 0x95,
            Self::DateTime(_) => 0x97,
            Self::TimeSpan(_) => 0xAF,
            Self::Guid(_) => 0xB1,
        }
    }

    /// Hands the bytes of each value to `put`.
    pub(super) fn each(&self, mut put: impl FnMut(&[u8])) {
        match self {
            Self::Bool(values) => values.iter().for_each(|value| put(&[u8::from(*value)])),
            Self::I16(values) => values.iter().for_each(|value| put(&value.to_le_bytes())),
            Self::I32(values) => values.iter().for_each(|value| put(&value.to_le_bytes())),
            Self::I64(values) => values.iter().for_each(|value| put(&value.to_le_bytes())),
            Self::F32(values) => values.iter().for_each(|value| put(&value.to_le_bytes())),
            Self::F64(values) => values.iter().for_each(|value| put(&value.to_le_bytes())),
            Self::Decimal(values) => values.iter().for_each(|value| put(&value.to_wire())),
            Self::DateTime(values) => {
                values.iter().for_each(|value| put(&value.to_wire().to_le_bytes()));
            }
            Self::TimeSpan(values) => values.iter().for_each(|value| put(&value.0.to_le_bytes())),
            Self::Guid(values) => values.iter().for_each(|value| put(&value.0)),
        }
    }
}

/// The values of an Array record as read: all of one kind and one width.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    code: u8,
    width: usize,
    bytes: Cursor<'a>,
}

impl<'a> Values<'a> {
    /// Reads kind and count, and takes as many values as are said to follow.
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Error> {
        let at = cursor.at;
        let code = cursor.byte()?;
        let width = match code {
            0xB5 => 1,
            0x8B => 2,
            0x8D | 0x91 => 4,
            0x8F | 0x93 | 0x97 | 0xAF => 8,
            0x95 | 0xB1 => 16,
            _ => return Err(Error::violation(at, "an array has values of no known kind")),
        };
        let count = cursor.integer()? as usize;
        if count == 0 {
            return Err(Error::violation(at, "an array has no values"));
        }
        let bytes = count.checked_mul(width).ok_or_else(|| cursor.cut())?;
        let bytes = Cursor { bytes: cursor.take(bytes)?, at: 0, ..*cursor };
        let values = Self { code: code - 1, width, bytes };
        // A moment or a decimal may be out of range; so it is said here and not value by value.
        if matches!(code, 0x95 | 0x97) {
            for place in 0..values.len() {
                values
                    .text(place)
                    .map_err(|error| error.moved(cursor.at - values.bytes.bytes.len()))?;
            }
        }
        Ok(values)
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.bytes.bytes.len() / self.width
    }

    /// Never: an array has at least one value.
    pub const fn is_empty(&self) -> bool {
        self.bytes.bytes.is_empty()
    }

    /// The value at `place`.
    pub fn get(&self, place: usize) -> Option<Text<'a>> {
        if place < self.len() { self.text(place).ok() } else { None }
    }

    fn text(&self, place: usize) -> Result<Text<'a>, Error> {
        let mut cursor = Cursor { at: place * self.width, ..self.bytes };
        Text::read(self.code, &mut cursor)
    }

    /// The code of the record that each value would be by itself.
    pub const fn code(&self) -> u8 {
        self.code
    }

    /// The count and the bytes as they stand.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.code + 1);
        mb::encode(self.len() as u32, out);
        out.extend_from_slice(self.bytes.bytes);
    }
}
