use super::{ARRAYS, INSTANCE};
use crate::nbfx::{Text, Writer};
use samebox_data::{Error, Result, Struct, Structure, Value};

/// Prefixes of elements by depth: an element's own prefix is never declared anew on it.
const PREFIXES: [&str; 4] = ["b", "c", "d", "e"];

/// Writes an element per member into the current one, in the namespace that has no prefix there.
///
/// A structure without a namespace has that of the structure around it, as classes of one program
/// mostly do; without one around it, that of a class outside of all namespaces.
///
/// # Errors
/// What has no shape in XML: a list of objects without a name.
pub fn write_members(writer: &mut Writer<'_>, members: &[(String, Value)]) -> Result<()> {
    for (name, value) in members {
        writer.start("", name.as_str());
        write_value(writer, value, 0, Struct::DEFAULT_NAMESPACE)?;
        writer.end();
    }
    Ok(())
}

/// Writes what goes into an element that was just begun; `around` is the namespace of structures that
/// say none.
fn write_value(writer: &mut Writer<'_>, value: &Value, level: usize, around: &str) -> Result<()> {
    match value {
        Value::Null => {
            writer.attribute("i", "nil", Text::Bool(true));
            writer.xmlns("i", INSTANCE);
        }
        Value::Bool(value) => writer.text(Text::Bool(*value)),
        Value::Int(value) => writer.text(Text::Int(*value)),
        Value::UInt(value) => writer.text(Text::UInt(*value)),
        Value::Double(value) => writer.text(Text::Double(*value)),
        Value::Text(text) if text.is_empty() => {}
        Value::Text(text) => writer.text(Text::Chars(text)),
        Value::Bytes(bytes) if bytes.is_empty() => {}
        Value::Bytes(bytes) => writer.text(Text::Bytes(bytes)),
        Value::List(items) => return write_list(writer, items, level, around),
        Value::Structure(structure) => return write_structure(writer, structure, level, around),
    }
    Ok(())
}

fn write_structure(
    writer: &mut Writer<'_>,
    structure: &Structure,
    level: usize,
    around: &str,
) -> Result<()> {
    let prefix = PREFIXES[level % PREFIXES.len()];
    let namespace = structure.namespace.as_deref().unwrap_or(around);
    writer.xmlns(prefix, namespace);
    for (name, value) in &structure.members {
        writer.start(prefix, name.as_str());
        write_value(writer, value, level + 1, namespace)?;
        writer.end();
    }
    Ok(())
}

fn write_list(writer: &mut Writer<'_>, items: &[Value], level: usize, around: &str) -> Result<()> {
    let Some(name) = item_name(items)? else { return Ok(()) };
    let prefix = PREFIXES[level % PREFIXES.len()];
    let namespace = items.iter().find_map(|item| match item {
        Value::Structure(structure) => structure.namespace.as_deref(),
        _ => None,
    });
    let of_classes = items.iter().any(|item| matches!(item, Value::Structure(_)));
    let namespace = namespace.unwrap_or(if of_classes { around } else { ARRAYS });
    writer.xmlns(prefix, namespace);
    for item in items {
        writer.start(prefix, name.as_str());
        write_value(writer, item, level + 1, if of_classes { namespace } else { around })?;
        writer.end();
    }
    Ok(())
}

/// What .NET calls the items of such a list; nothing for an empty one.
fn item_name(items: &[Value]) -> Result<Option<String>> {
    let mut name: Option<String> = None;
    for item in items {
        let next = match item {
            Value::Null => continue,
            Value::Bool(_) => "boolean".into(),
            Value::Int(value) if i32::try_from(*value).is_ok() => "int".into(),
            Value::Int(_) => "long".into(),
            Value::UInt(_) => "unsignedLong".into(),
            Value::Double(_) => "double".into(),
            Value::Text(_) => "string".into(),
            Value::Bytes(_) => "base64Binary".into(),
            Value::List(inner) => {
                format!("ArrayOf{}", item_name(inner)?.unwrap_or_else(|| "anyType".into()))
            }
            Value::Structure(structure) => {
                structure.name.clone().ok_or(Error::Missing { name: "@name".into() })?
            }
        };
        name = Some(match name {
            Some(name) if name != next => wider(&name, &next)?,
            _ => next,
        });
    }
    Ok(name.or_else(|| (!items.is_empty()).then(|| "string".into())))
}

/// The name of the items of a list whose items are of both kinds.
fn wider(one: &str, other: &str) -> Result<String> {
    let rank =
        |name| ["int", "long", "unsignedLong", "double"].iter().position(|kind| *kind == name);
    match (rank(one), rank(other)) {
        (Some(one_rank), Some(other_rank)) => {
            Ok(if one_rank > other_rank { one } else { other }.to_owned())
        }
        _ => Err(Error::Unexpected {
            expected: "a list of values of one kind",
            found: format!("{one} beside {other}").into(),
        }),
    }
}
