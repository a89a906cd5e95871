use super::{ARRAYS, INSTANCE, Limits};
use crate::Error;
use crate::error::Limited;
use crate::nbfx::{Content, Element, Event, Reader, Text};
use samebox_data::{Structure, Value};

/// Reads the elements within the one that was just entered, as names and values, up to its end.
///
/// # Errors
/// What breaks the rules of the wire.
pub fn read_members(
    reader: &mut Reader<'_, '_>,
    limits: Limits,
) -> Result<Vec<(String, Value)>, Error> {
    match Room::new(limits).read_inside(reader)? {
        Inside::Members(members) => {
            Ok(members.into_iter().map(|member| (member.name, member.value)).collect())
        }
        Inside::Text(_) => Ok(Vec::new()),
    }
}

/// Reads the value of the element that was just entered, up to its end.
///
/// # Errors
/// What breaks the rules of the wire.
pub fn read_value(reader: &mut Reader<'_, '_>, limits: Limits) -> Result<Value, Error> {
    Room::new(limits).read_value(reader)
}

/// What may still be kept.
struct Room {
    used: Limits,
    limits: Limits,
}

impl Room {
    const fn new(limits: Limits) -> Self {
        Self { used: Limits { nodes: 0, bytes: 0 }, limits }
    }

    fn take(&mut self, nodes: usize, bytes: usize) -> Result<(), Error> {
        self.used.nodes += nodes;
        self.used.bytes += bytes;
        Error::bound(Limited::Nodes, self.used.nodes, self.limits.nodes)?;
        Error::bound(Limited::Text, self.used.bytes, self.limits.bytes)
    }

    fn read_value(&mut self, reader: &mut Reader<'_, '_>) -> Result<Value, Error> {
        let nil = reader.attribute(INSTANCE, "nil").is_some_and(|nil| nil.to_bool() == Ok(true));
        if nil {
            reader.skip()?;
            return Ok(Value::Null);
        }
        Ok(match self.read_inside(reader)? {
            Inside::Text(None) => Value::Text(String::new()),
            Inside::Text(Some(value)) => value,
            Inside::Members(members) if is_map(&members) => map(members),
            Inside::Members(members) if is_list(&members) => {
                Value::List(members.into_iter().map(|member| member.value).collect())
            }
            Inside::Members(members) => structure(members),
        })
    }

    /// White space between elements is no text.
    fn read_inside(&mut self, reader: &mut Reader<'_, '_>) -> Result<Inside, Error> {
        let mut members = Vec::new();
        let mut text: Option<Value> = None;
        loop {
            match reader.next()? {
                Some(Event::Start(Element { name, namespace, .. })) => {
                    self.take(1, name.text.len() + namespace.len())?;
                    let (name, namespace) = (name.text.to_owned(), namespace.to_owned());
                    members.push(Member { name, namespace, value: self.read_value(reader)? });
                }
                Some(Event::Text(more)) => {
                    let value = match text.take() {
                        None => of_text(more),
                        Some(before) => joined(before, more),
                    };
                    self.take(0, length(more))?;
                    text = Some(value);
                }
                Some(Event::End) | None => break,
            }
        }
        Ok(if members.is_empty() { Inside::Text(text) } else { Inside::Members(members) })
    }
}

/// What an element holds.
enum Inside {
    Text(Option<Value>),
    Members(Vec<Member>),
}

struct Member {
    name: String,
    namespace: String,
    value: Value,
}

/// How many bytes a text brings.
fn length(text: Text<'_>) -> usize {
    match text {
        Text::Bytes(bytes) => bytes.len(),
        Text::Chars(text) => text.len(),
        Text::Bool(_) | Text::Int(_) | Text::UInt(_) | Text::Float(_) | Text::Double(_) => 8,
        other => other.to_str().len(),
    }
}

fn of_text(text: Text<'_>) -> Value {
    match text {
        Text::Bool(value) => Value::Bool(value),
        Text::Int(value) => Value::Int(value),
        Text::UInt(value) => i64::try_from(value).map_or(Value::UInt(value), Value::Int),
        Text::Float(value) => Value::Double(value.into()),
        Text::Double(value) => Value::Double(value),
        Text::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
        other => Value::Text(other.to_str().into_owned()),
    }
}

/// A value that stands in several records.
fn joined(before: Value, more: Text<'_>) -> Value {
    match (before, more) {
        (Value::Bytes(mut bytes), Text::Bytes(more)) => {
            bytes.extend_from_slice(more);
            Value::Bytes(bytes)
        }
        (before, more) => Value::Text(text_of(before) + &more.to_str()),
    }
}

fn text_of(value: Value) -> String {
    match value {
        Value::Text(text) => text,
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::UInt(value) => value.to_string(),
        Value::Double(value) => Text::Double(value).to_str().into_owned(),
        Value::Bytes(bytes) => Content::Bytes(bytes).into_str().into_owned(),
        Value::Null | Value::List(_) | Value::Structure(_) => String::new(),
    }
}

/// .NET names the items of lists alike, and those of simple types in a namespace of their own.
fn is_list(members: &[Member]) -> bool {
    let [first, rest @ ..] = members else { return false };
    let alike = rest.iter().all(|m| (&m.name, &m.namespace) == (&first.name, &first.namespace));
    alike && (!rest.is_empty() || first.namespace == ARRAYS)
}

/// .NET's dictionaries are lists of keys and values, with a name that says so.
fn is_map(members: &[Member]) -> bool {
    members.iter().all(|m| {
        m.namespace == ARRAYS && m.name.starts_with("KeyValueOf") && entry(&m.value).is_some()
    })
}

fn entry(value: &Value) -> Option<(&Value, &Value)> {
    let Value::Structure(Structure { members, .. }) = value else { return None };
    match &members[..] {
        [(key, a), (value, b)] if key == "Key" && value == "Value" => match a {
            Value::List(_) | Value::Structure(_) => None,
            _ => Some((a, b)),
        },
        _ => None,
    }
}

fn map(members: Vec<Member>) -> Value {
    let entries = members.iter().filter_map(|member| entry(&member.value));
    let members = entries.map(|(key, value)| (text_of(key.clone()), value.clone())).collect();
    Value::Structure(Structure { members, ..Structure::default() })
}

fn structure(members: Vec<Member>) -> Value {
    let namespace = members.first().map(|member| member.namespace.clone());
    let members = members.into_iter().map(|member| (member.name, member.value)).collect();
    Value::Structure(Structure { name: None, namespace, members })
}
