//! The type of a value that goes where any may: in a variant.

use samebox_data::{Structure, Value};

/// The signature of a value in a variant; `None` for no value, which D-Bus does not have.
pub(super) fn infer(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => "b".into(),
        Value::Int(number) if i32::try_from(*number).is_ok() => "i".into(),
        Value::Int(_) => "x".into(),
        Value::UInt(_) => "t".into(),
        Value::Double(_) => "d".into(),
        Value::Text(_) => "s".into(),
        Value::Bytes(_) => "ay".into(),
        Value::List(items) => format!("a{}", infer_item(items)?),
        Value::Structure(structure) => match typed(structure) {
            Some((signature, _)) => signature.into(),
            None => "a{sv}".into(),
        },
    })
}

/// One type for all items of a list, or a variant for each.
fn infer_item(items: &[Value]) -> Option<String> {
    let mut types = items.iter().map(infer);
    let Some(first) = types.next() else { return Some("v".into()) };
    let first = first?;
    for other in types {
        if other? != first {
            return Some("v".into());
        }
    }
    Some(first)
}

/// The value of a structure that stands for it with its type: one member named `@SIGNATURE`.
pub(super) fn typed(structure: &Structure) -> Option<(&str, &Value)> {
    match structure.members.as_slice() {
        [(name, value)] => name.strip_prefix('@').map(|signature| (signature, value)),
        _ => None,
    }
}
