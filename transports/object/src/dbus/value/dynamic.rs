//! Values whose types are known at run time only, from a signature.

use super::DEPTH;
use super::body::Types;
use super::infer::{infer, typed};
use super::node::Node;
use super::signature::complete_types;
use super::text::quoted;
use samebox_data::{Error, Result, Structure, Value};
use zbus::wire::{ObjectPath, Signature};

/// How many values are read from one message, at most: each takes more room than its bytes.
const MOST_VALUES: usize = 1 << 20;

/// Values of the types of a signature.
///
/// # Errors
/// A value is not of its type.
pub(crate) fn write_values(types: &Types, values: &[&Value]) -> Result<Vec<Node<'static>>> {
    types.iter().zip(values).map(|(of, value)| write(of, value, 0)).collect()
}

fn write(of: &Signature, value: &Value, depth: usize) -> Result<Node<'static>> {
    if depth > DEPTH {
        return Err(Error::TooDeep { limit: DEPTH });
    }
    match of {
        Signature::Variant => write_variant(value, depth),
        Signature::Array(item) if matches!(**item, Signature::U8) => write_bytes(value),
        Signature::Array(item) => {
            let Value::List(items) = value else { return Err(not_of("a list", value)) };
            let items = items.iter().map(|one| write(item, one, depth + 1));
            items.collect::<Result<_>>().map(Node::List)
        }
        Signature::Dict { key, value: of } => {
            let Value::Structure(entries) = value else { return Err(not_of("a map", value)) };
            let entries = entries.members.iter().map(|(name, value)| {
                let key = write_basic(key, &Value::Text(name.clone()))?;
                Ok((key, write(of, value, depth + 1)?))
            });
            entries.collect::<Result<_>>().map(Node::Map)
        }
        Signature::Structure(fields) => {
            let members: Vec<&Value> = match value {
                Value::List(items) => items.iter().collect(),
                Value::Structure(one) => one.members.iter().map(|(_, value)| value).collect(),
                other => return Err(not_of("a structure", other)),
            };
            let (given, wanted) = (members.len(), fields.len());
            if given != wanted {
                let why = format!("a structure has {given} members instead of {wanted}");
                return Err(Error::Malformed(why.into()));
            }
            let members = fields.iter().zip(members);
            let members = members.map(|(of, value)| write(of, value, depth + 1));
            members.collect::<Result<_>>().map(Node::Structure)
        }
        simple => write_basic(simple, value),
    }
}

/// A value in a variant: of the type that it says, or of one that it may have.
fn write_variant(value: &Value, depth: usize) -> Result<Node<'static>> {
    let said = match value {
        Value::Structure(structure) => typed(structure),
        _ => None,
    };
    let (signature, inner) = match said {
        Some((signature, inner)) => (signature.to_owned(), inner),
        None => (infer(value).ok_or(Error::Null { expected: "a variant" })?, value),
    };
    let mut types = complete_types(&signature).unwrap_or_default();
    let (Some(of), true) = (types.pop(), types.is_empty()) else {
        let found = format!("`@{signature}`").into();
        return Err(Error::Unexpected { expected: "the type of a variant", found });
    };
    let inner = write(&of, inner, depth + 1)?;
    Ok(Node::Variant(Box::new((of, inner))))
}

fn write_bytes(value: &Value) -> Result<Node<'static>> {
    let byte = |one: &Value| as_whole(one).and_then(|byte| u8::try_from(byte).ok());
    Ok(Node::Bytes(match value {
        Value::Bytes(bytes) => bytes.clone().into(),
        Value::Text(text) => text.as_bytes().to_vec().into(),
        Value::List(items) => {
            let bytes: Option<Vec<u8>> = items.iter().map(byte).collect();
            bytes.ok_or(Error::OutOfRange { expected: "bytes" })?.into()
        }
        other => return Err(not_of("bytes", other)),
    }))
}

/// Writes a value that holds no others; text is read as what it stands for.
fn write_basic(of: &Signature, value: &Value) -> Result<Node<'static>> {
    let expected = match (of, value) {
        (Signature::Str, Value::Text(text)) => return Node::of_text(text),
        (Signature::ObjectPath, Value::Text(text))
            if ObjectPath::try_from(text.as_str()).is_ok() =>
        {
            return Node::of_text(text);
        }
        (Signature::Signature, Value::Text(text)) if Signature::try_from(text.as_str()).is_ok() => {
            return Node::of_text(text);
        }
        (Signature::Bool, Value::Bool(value)) => return Ok(Node::Bool(*value)),
        (Signature::Bool, Value::Text(text)) if text == "true" || text == "false" => {
            return Ok(Node::Bool(text == "true"));
        }
        (Signature::F64, _) => match as_double(value) {
            Some(number) => return Ok(Node::F64(number)),
            None => "a number",
        },
        (Signature::Str, _) => "text",
        (Signature::Bool, _) => "a truth value",
        (Signature::ObjectPath, _) => "the path of an object",
        (Signature::Signature, _) => "a signature",
        (Signature::Fd, _) => return Err(Error::Malformed("open files cannot be sent".into())),
        (whole, _) => match as_whole(value) {
            Some(number) => return Node::of_whole(whole, number),
            None => "a whole number",
        },
    };
    Err(not_of(expected, value))
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

/// What the values of a message are for programs that know nothing of their types.
///
/// # Errors
/// They are too many.
pub(crate) fn read_values(values: Vec<Node<'_>>) -> Result<Vec<Value>> {
    let mut left = MOST_VALUES;
    values.into_iter().map(|value| read(value, &mut left)).collect()
}

/// Reads a value, while so many may be `left`.
fn read(value: Node<'_>, left: &mut usize) -> Result<Value> {
    let fewer = left.checked_sub(1);
    *left = fewer.ok_or(Error::Malformed("it holds more than a million values".into()))?;
    Ok(match value {
        Node::Bool(value) => Value::Bool(value),
        Node::F64(value) => Value::Double(value),
        Node::Text(text) => Value::Text(text.into_owned()),
        Node::Bytes(bytes) => Value::Bytes(bytes.into_owned()),
        Node::List(items) | Node::Structure(items) => {
            Value::List(items.into_iter().map(|item| read(item, left)).collect::<Result<_>>()?)
        }
        Node::Map(entries) => {
            let members = entries.into_iter().map(|(key, value)| {
                let name = match read(key, left)? {
                    Value::Text(name) => name,
                    Value::Bool(flag) => flag.to_string(),
                    Value::Int(number) => number.to_string(),
                    Value::UInt(number) => number.to_string(),
                    Value::Double(number) => number.to_string(),
                    other => return Err(not_of("a key", &other)),
                };
                Ok((name, read(value, left)?))
            });
            let members = members.collect::<Result<_>>()?;
            Value::Structure(Structure { members, ..Structure::default() })
        }
        Node::Variant(inner) => read(inner.1, left)?,
        Node::U64(number) => i64::try_from(number).map_or(Value::UInt(number), Value::Int),
        whole => {
            let number = whole.as_whole().and_then(|number| i64::try_from(number).ok());
            Value::Int(number.ok_or(Error::OutOfRange { expected: "64 bits" })?)
        }
    })
}
