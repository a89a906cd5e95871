use rmp::Marker;
use samebox_data::{Error, Result};

/// One value, or the head of a list or a map.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Token<'a> {
    Nil,
    Bool(bool),
    Int(i64),
    /// A whole number above the largest `i64`, or any other of an unsigned form.
    Uint(u64),
    Float(f32),
    Double(f64),
    Text(&'a [u8]),
    Bytes(&'a [u8]),
    Ext(i8, &'a [u8]),
    Array(u32),
    Map(u32),
}

impl<'a> Token<'a> {
    /// Takes one from the front of `rest`.
    pub(crate) fn next(rest: &mut &'a [u8]) -> Result<Self> {
        let [marker] = number(rest)?;
        Ok(match Marker::from_u8(marker) {
            Marker::FixPos(value) => Self::Uint(value.into()),
            Marker::FixNeg(value) => Self::Int(value.into()),
            Marker::Null => Self::Nil,
            Marker::False => Self::Bool(false),
            Marker::True => Self::Bool(true),
            Marker::U8 => Self::Uint(u8::from_be_bytes(number(rest)?).into()),
            Marker::U16 => Self::Uint(u16::from_be_bytes(number(rest)?).into()),
            Marker::U32 => Self::Uint(u32::from_be_bytes(number(rest)?).into()),
            Marker::U64 => Self::Uint(u64::from_be_bytes(number(rest)?)),
            Marker::I8 => Self::Int(i8::from_be_bytes(number(rest)?).into()),
            Marker::I16 => Self::Int(i16::from_be_bytes(number(rest)?).into()),
            Marker::I32 => Self::Int(i32::from_be_bytes(number(rest)?).into()),
            Marker::I64 => Self::Int(i64::from_be_bytes(number(rest)?)),
            Marker::F32 => Self::Float(f32::from_be_bytes(number(rest)?)),
            Marker::F64 => Self::Double(f64::from_be_bytes(number(rest)?)),
            Marker::Reserved => return Err(Error::Malformed("no value begins with C1".into())),
            other => return Self::sized(other, rest),
        })
    }

    fn sized(marker: Marker, rest: &mut &'a [u8]) -> Result<Self> {
        Ok(match marker {
            Marker::FixArray(length) => Self::Array(length.into()),
            Marker::Array16 => Self::Array(u16::from_be_bytes(number(rest)?).into()),
            Marker::Array32 => Self::Array(u32::from_be_bytes(number(rest)?)),
            Marker::FixMap(length) => Self::Map(length.into()),
            Marker::Map16 => Self::Map(u16::from_be_bytes(number(rest)?).into()),
            Marker::Map32 => Self::Map(u32::from_be_bytes(number(rest)?)),
            Marker::FixStr(length) => Self::Text(take(rest, length.into())?),
            Marker::Str8 | Marker::Str16 | Marker::Str32 => Self::Text(long(marker, rest)?),
            Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => Self::Bytes(long(marker, rest)?),
            other => return Self::extension(other, rest),
        })
    }

    fn extension(marker: Marker, rest: &mut &'a [u8]) -> Result<Self> {
        let length = match marker {
            Marker::FixExt1 => 1,
            Marker::FixExt2 => 2,
            Marker::FixExt4 => 4,
            Marker::FixExt8 => 8,
            Marker::FixExt16 => 16,
            other => length(other, rest)?,
        };
        let kind = i8::from_be_bytes(number(rest)?);
        Ok(Self::Ext(kind, take(rest, length)?))
    }

    /// What it is, in words for people.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Nil => "nil",
            Self::Bool(_) => "a bool",
            Self::Int(_) | Self::Uint(_) => "an integer",
            Self::Float(_) | Self::Double(_) => "a float",
            Self::Text(_) => "a string",
            Self::Bytes(_) => "bytes",
            Self::Ext(..) => "an extension type",
            Self::Array(_) => "an array",
            Self::Map(_) => "a map",
        }
    }
}

/// Skips one value with everything in it.
pub(crate) fn skip(rest: &mut &[u8]) -> Result<()> {
    let mut due = 1_u64;
    while due > 0 {
        let more = match Token::next(rest)? {
            Token::Array(length) => u64::from(length),
            Token::Map(length) => 2 * u64::from(length),
            _ => 0,
        };
        due = due - 1 + more;
        if due > rest.len() as u64 {
            return Err(Error::Truncated);
        }
    }
    Ok(())
}

fn long<'a>(marker: Marker, rest: &mut &'a [u8]) -> Result<&'a [u8]> {
    let length = length(marker, rest)?;
    take(rest, length)
}

/// The length behind a marker that has one of 1, 2 or 4 bytes.
fn length(marker: Marker, rest: &mut &[u8]) -> Result<usize> {
    let length = match marker {
        Marker::Str8 | Marker::Bin8 | Marker::Ext8 => u8::from_be_bytes(number(rest)?).into(),
        Marker::Str16 | Marker::Bin16 | Marker::Ext16 => u16::from_be_bytes(number(rest)?).into(),
        _ => u32::from_be_bytes(number(rest)?),
    };
    // What does not fit is certainly longer than the bytes that are there.
    Ok(usize::try_from(length).unwrap_or(usize::MAX))
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length).ok_or(Error::Truncated)?;
    *rest = left;
    Ok(taken)
}

fn number<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N]> {
    let (taken, left) = rest.split_first_chunk().ok_or(Error::Truncated)?;
    *rest = left;
    Ok(*taken)
}
