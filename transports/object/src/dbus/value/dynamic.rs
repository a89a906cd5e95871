//! Values whose types are known at run time only, from a signature.

use super::DEPTH;
use super::body::Received;
use super::buffer::Buffer;
use super::cursor::{Cursor, inside};
use super::decode::unexpected;
use super::infer::{infer, typed};
use super::signature::{complete_types, first_type};
use super::text::quoted;
use samebox_data::{Error, Result, Structure, Value};
use std::slice;
use zbus::wire::{ObjectPath, Signature};

/// How many values are read from one message, at most: each takes more room than its bytes.
const MOST_VALUES: usize = 1 << 20;

/// Writes values of the types of a signature in place of what `out` holds.
///
/// # Errors
/// A value is not of its type.
pub(crate) fn write_values(out: &mut Vec<u8>, types: &[&str], values: &[&Value]) -> Result<()> {
    let mut to = Buffer::new(out);
    for (of, value) in types.iter().zip(values) {
        write(&mut to, of, value, 0)?;
    }
    Ok(())
}

fn write(to: &mut Buffer<'_>, of: &str, value: &Value, depth: usize) -> Result<()> {
    if depth > DEPTH {
        return Err(Error::TooDeep { limit: DEPTH });
    }
    match of.as_bytes() {
        b"v" => {
            let (signature, inner) = match value {
                Value::Structure(structure) => typed(structure)
                    .map_or((infer(value), value), |(signature, inner)| {
                        (Some(signature.to_owned()), inner)
                    }),
                _ => (infer(value), value),
            };
            let signature = signature.ok_or(Error::Null { expected: "a variant" })?;
            if first_type(signature.as_bytes()) != Some(signature.len()) {
                let found = format!("`@{signature}`").into();
                return Err(Error::Unexpected { expected: "the type of a variant", found });
            }
            to.signature(&signature)?;
            write(to, &signature, inner, depth + 1)
        }
        b"ay" => write_bytes(to, value),
        [b'a', b'{', key, ..] => write_map(to, *key, &of[3..of.len() - 1], value, depth),
        [b'a', item, ..] => {
            let Value::List(items) = value else { return Err(not_of("a list", value)) };
            let start = to.begin_array(*item);
            items.iter().try_for_each(|one| write(to, &of[1..], one, depth + 1))?;
            to.end_array(start)
        }
        [b'(', ..] => write_structure(to, &of[1..of.len() - 1], value, depth),
        [code] => write_basic(to, *code, value),
        _ => Err(Error::Truncated),
    }
}

fn write_bytes(to: &mut Buffer<'_>, value: &Value) -> Result<()> {
    match value {
        Value::Bytes(bytes) => to.bytes(bytes),
        Value::Text(text) => to.bytes(text.as_bytes()),
        Value::List(items) => {
            let start = to.begin_array(b'y');
            items.iter().try_for_each(|one| write_basic(to, b'y', one))?;
            to.end_array(start)
        }
        other => Err(not_of("bytes", other)),
    }
}

fn write_map(to: &mut Buffer<'_>, key: u8, of: &str, value: &Value, depth: usize) -> Result<()> {
    let Value::Structure(entries) = value else { return Err(not_of("a map", value)) };
    let start = to.begin_array(b'{');
    for (name, value) in &entries.members {
        to.align(b'{');
        write_basic(to, key, &Value::Text(name.clone()))?;
        write(to, of, value, depth + 1)?;
    }
    to.end_array(start)
}

fn write_structure(to: &mut Buffer<'_>, of: &str, value: &Value, depth: usize) -> Result<()> {
    let types = complete_types(of).ok_or(Error::Truncated)?;
    let members: Vec<&Value> = match value {
        Value::List(items) => items.iter().collect(),
        Value::Structure(structure) => structure.members.iter().map(|(_, value)| value).collect(),
        other => return Err(not_of("a structure", other)),
    };
    if members.len() != types.len() {
        let why = format!("a structure has {} members instead of {}", members.len(), types.len());
        return Err(Error::Malformed(why.into()));
    }
    to.align(b'(');
    types.iter().zip(members).try_for_each(|(of, value)| write(to, of, value, depth + 1))
}

/// Writes a value that holds no others; text is read as what it stands for.
fn write_basic(to: &mut Buffer<'_>, code: u8, value: &Value) -> Result<()> {
    match (code, value) {
        (b's', Value::Text(text)) => to.text(text),
        (b'o', Value::Text(text)) if ObjectPath::try_from(text.as_str()).is_ok() => to.text(text),
        (b'g', Value::Text(text)) if Signature::try_from(text.as_str()).is_ok() => {
            to.signature(text)
        }
        (b'b', Value::Bool(value)) => {
            to.bool(*value);
            Ok(())
        }
        (b'b', Value::Text(text)) if text == "true" || text == "false" => {
            to.bool(text == "true");
            Ok(())
        }
        (b'd', _) => {
            let number = as_double(value).ok_or_else(|| not_of("a number", value))?;
            to.number(number.to_le_bytes());
            Ok(())
        }
        (b'y' | b'n' | b'q' | b'i' | b'u' | b'x' | b't', _) => {
            let number = as_whole(value).ok_or_else(|| not_of("a whole number", value))?;
            to.whole(code, number)
        }
        (b's', _) => Err(not_of("text", value)),
        (b'b', _) => Err(not_of("a truth value", value)),
        (b'o', _) => Err(not_of("the path of an object", value)),
        (b'g', _) => Err(not_of("a signature", value)),
        _ => Err(Error::Malformed("open files cannot be sent".into())),
    }
}

fn as_whole(value: &Value) -> Option<i128> {
    match value {
        Value::Int(number) => Some((*number).into()),
        Value::UInt(number) => Some((*number).into()),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss)]
fn as_double(value: &Value) -> Option<f64> {
    match value {
        Value::Double(number) => Some(*number),
        Value::Int(number) => Some(*number as f64),
        Value::UInt(number) => Some(*number as f64),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn not_of(expected: &'static str, value: &Value) -> Error {
    let found = match value {
        Value::Null => return Error::Null { expected },
        Value::Bool(_) => "a truth value".into(),
        Value::Int(_) | Value::UInt(_) => "a whole number".into(),
        Value::Double(_) => "a number".into(),
        Value::Text(text) => quoted(text).into(),
        Value::Bytes(_) => "bytes".into(),
        Value::List(_) => "a list".into(),
        Value::Structure(_) => "an object with members".into(),
    };
    Error::Unexpected { expected, found }
}

/// Reads the values of a message.
///
/// # Errors
/// They break the rules, or are too many.
pub(crate) fn read_values(received: &Received) -> Result<Vec<Value>> {
    read_from(received.cursor(), received.types())
}

pub(super) fn read_from(from: Cursor<'_>, types: &str) -> Result<Vec<Value>> {
    let mut from = Values { from, left: MOST_VALUES };
    let types = complete_types(types).ok_or(Error::Truncated)?;
    types.into_iter().map(|of| from.read(of.as_bytes(), 0)).collect()
}

/// Reads values while there may be more.
struct Values<'a> {
    from: Cursor<'a>,
    left: usize,
}

impl Values<'_> {
    fn read(&mut self, of: &[u8], depth: usize) -> Result<Value> {
        let left = self.left.checked_sub(1);
        self.left = left.ok_or(Error::Malformed("it holds more than a million values".into()))?;
        if depth > DEPTH {
            return Err(Error::TooDeep { limit: DEPTH });
        }
        Ok(match of {
            b"b" => Value::Bool(self.from.bool()?),
            b"d" => Value::Double(self.from.double()?),
            [code @ (b's' | b'o' | b'g')] => Value::Text(self.from.text(*code)?.into()),
            [code @ (b'y' | b'n' | b'q' | b'i' | b'u' | b'x' | b't')] => {
                whole(self.from.whole(*code)?)?
            }
            b"v" => {
                let inner = self.from.variant()?;
                self.read(inner, depth + 1)?
            }
            b"ay" => Value::Bytes(self.from.bytes()?.to_vec()),
            [b'a', b'{', key, value @ .., b'}'] => self.read_map(*key, value, depth)?,
            [b'a', item @ ..] => self.read_list(item, depth)?,
            [b'(', ..] => self.read_structure(of, depth)?,
            other => return Err(unexpected("a value", other)),
        })
    }

    fn read_list(&mut self, item: &[u8], depth: usize) -> Result<Value> {
        let end = self.from.array(*item.first().ok_or(Error::Truncated)?)?;
        let mut items = Vec::new();
        while self.goes_on(end)? {
            items.push(self.read(item, depth + 1)?);
        }
        Ok(Value::List(items))
    }

    fn read_map(&mut self, key: u8, value: &[u8], depth: usize) -> Result<Value> {
        let end = self.from.array(b'{')?;
        let mut members = Vec::new();
        while self.goes_on(end)? {
            self.from.align(b'{')?;
            let name = match self.read(slice::from_ref(&key), depth + 1)? {
                Value::Text(name) => name,
                Value::Bool(flag) => flag.to_string(),
                Value::Int(number) => number.to_string(),
                Value::UInt(number) => number.to_string(),
                Value::Double(number) => number.to_string(),
                _ => return Err(unexpected("a key", &[key])),
            };
            members.push((name, self.read(value, depth + 1)?));
        }
        Ok(Value::Structure(Structure { members, ..Structure::default() }))
    }

    fn read_structure(&mut self, of: &[u8], depth: usize) -> Result<Value> {
        self.from.align(b'(')?;
        let mut items = Vec::new();
        let mut rest = inside(of);
        while let Some(length) = first_type(rest) {
            items.push(self.read(&rest[..length], depth + 1)?);
            rest = &rest[length..];
        }
        Ok(Value::List(items))
    }

    fn goes_on(&self, end: usize) -> Result<bool> {
        if self.from.at() > end {
            return Err(Error::Malformed("an array ends within an item".into()));
        }
        Ok(self.from.at() < end)
    }
}

fn whole(value: i128) -> Result<Value> {
    let unsigned = || u64::try_from(value).map(Value::UInt);
    let value = i64::try_from(value).map(Value::Int).or_else(|_| unsigned());
    value.map_err(|_| Error::OutOfRange { expected: "64 bits" })
}
