//! Values of calls whose contract nobody has.

use super::object::{WHOLE, pairs};
use super::{DEPTH, Node, scalar};
use samebox_data::{Error, Result, Structure, Value};
use samebox_sys::windows::com::{Apartment, Remote, Variant};

/// How many members an object may have whose type nobody knows.
const MOST: usize = 1 << 12;

pub(crate) fn from_value(value: &Value) -> Node {
    Node::Scalar(match value {
        Value::Null => Variant::Null,
        Value::Bool(value) => Variant::Bool(*value),
        Value::Int(value) => scalar::from_int(*value),
        Value::UInt(value) => scalar::from_uint(*value),
        Value::Double(value) => Variant::R8(*value),
        Value::Text(text) => Variant::Text(text.clone()),
        Value::Bytes(bytes) => Variant::Bytes(bytes.clone()),
        Value::List(items) => return Node::List(items.iter().map(from_value).collect()),
        Value::Structure(of) => {
            let entry = |(name, value): &(String, Value)| (name.clone(), from_value(value));
            return Node::Record(of.members.iter().map(entry).collect());
        }
    })
}

/// What came, as far as it can be told.
///
/// # Errors
/// What an object cannot be asked for, or that values lie too deep in others.
pub(crate) fn to_value(apartment: &Apartment, value: Variant) -> Result<Value> {
    value_at(apartment, value, DEPTH)
}

fn value_at(apartment: &Apartment, value: Variant, depth: usize) -> Result<Value> {
    let depth = depth.checked_sub(1).ok_or(Error::TooDeep { limit: DEPTH })?;
    Ok(match value {
        Variant::Empty | Variant::Null | Variant::Missing | Variant::Object(None) => Value::Null,
        Variant::Bool(value) => Value::Bool(value),
        Variant::U8(value) => i64::try_from(value).map_or(Value::UInt(value), Value::Int),
        Variant::R4(_) | Variant::R8(_) => number(&value)?,
        Variant::I1(_)
        | Variant::U1(_)
        | Variant::I2(_)
        | Variant::U2(_)
        | Variant::I4(_)
        | Variant::U4(_)
        | Variant::I8(_) => Value::Int(scalar::int(&value)?),
        Variant::Currency(_) | Variant::Decimal(_) => {
            Value::Text(scalar::decimal(&value)?.to_string())
        }
        Variant::Date(_) => {
            let moment = scalar::timestamp(&value)?.naive()?;
            Value::Text(moment.format("%Y-%m-%dT%H:%M:%S%.f").to_string())
        }
        Variant::Text(text) => Value::Text(text),
        Variant::Bytes(bytes) => Value::Bytes(bytes),
        Variant::List(items) => {
            let items = items.into_iter().map(|item| value_at(apartment, item, depth));
            Value::List(items.collect::<Result<_>>()?)
        }
        Variant::Object(Some(object)) => {
            let members = members(apartment, &object)?;
            let entry = |(name, value)| Ok((name, value_at(apartment, value, depth)?));
            let members = members.into_iter().map(entry).collect::<Result<_>>()?;
            Value::Structure(Structure { name: None, namespace: None, members })
        }
        other => return Err(scalar::unexpected("a value", &other)),
    })
}

/// A whole number where it is one: scripts have no others.
fn number(value: &Variant) -> Result<Value> {
    let double = scalar::double(value)?;
    let is_whole = double.fract() == 0.0 && double.abs() <= (1i64 << 53) as f64;
    Ok(if is_whole { Value::Int(double as i64) } else { Value::Double(double) })
}

/// What an object says of itself.
fn members(apartment: &Apartment, object: &Remote) -> Result<Vec<(String, Variant)>> {
    let unread =
        |failure| Error::Malformed(format!("an object's members cannot be read: {failure}").into());
    if let Ok(whole) = object.member(apartment, WHOLE)
        && let Variant::List(items) = object.invoke(apartment, whole, &[]).map_err(unread)?
        && let Some(pairs) = pairs(&items)
    {
        // One by one, since those that lie in others tell what they are only as objects.
        let value = |(name, value): (String, Variant)| match value {
            Variant::List(_) => {
                let member = object.member(apartment, &name).map_err(unread)?;
                Ok((name, object.property(apartment, member).map_err(unread)?))
            }
            value => Ok((name, value)),
        };
        return pairs.into_iter().map(value).collect();
    }
    let names = object.names(apartment, MOST).map_err(unread)?;
    let hidden = || Error::Malformed("the object that came does not tell its members".into());
    let value = |name: String| {
        let member = object.member(apartment, &name).map_err(unread)?;
        Ok((name, object.property(apartment, member).map_err(unread)?))
    };
    names.ok_or_else(hidden)?.into_iter().map(value).collect()
}
