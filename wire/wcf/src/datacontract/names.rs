//! What .NET calls types, and the namespaces that it puts them in.

use super::digest;
use samebox_data::Shape;

/// Attributes such as `nil`.
pub(super) const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Items of lists and maps of simple types.
pub(super) const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";
const SERIALIZATION: &str = "http://schemas.microsoft.com/2003/10/Serialization/";
const SYSTEM: &str = "http://schemas.datacontract.org/2004/07/System";

/// The shape without `Option`.
pub(super) fn bare(shape: &'static Shape) -> &'static Shape {
    match shape {
        Shape::Option(inner) => bare(inner()),
        other => other,
    }
}

/// The type whose name .NET gives to a `Nullable` of a value, or `None` for what may be null anyway.
fn nullable(shape: &'static Shape) -> Option<&'static Shape> {
    let Shape::Option(inner) = shape else { return None };
    let inner = bare(inner());
    let reference = matches!(
        inner,
        Shape::String | Shape::Bytes | Shape::List(_) | Shape::Map(..) | Shape::Struct(_)
    );
    if reference { None } else { Some(inner) }
}

/// The namespace of a type.
pub(super) fn namespace(shape: &'static Shape) -> &'static str {
    if nullable(shape).is_some() {
        return SYSTEM;
    }
    match bare(shape) {
        Shape::Struct(of) => of.namespace,
        Shape::Enum(of) => of.namespace,
        Shape::List(item) => items_namespace(item()),
        Shape::Map(..) => ARRAYS,
        Shape::Char | Shape::TimeSpan | Shape::Guid => SERIALIZATION,
        _ => SCHEMA,
    }
}

/// The namespace of the items of a list, and of the list's own type.
pub(super) fn items_namespace(item: &'static Shape) -> &'static str {
    let own = namespace(item);
    if is_built_in(own) { ARRAYS } else { own }
}

fn is_built_in(namespace: &str) -> bool {
    namespace == SCHEMA || namespace == SERIALIZATION
}

/// The namespace that an element must declare for what is in it; none for simple values.
pub(super) fn content_namespace(shape: &'static Shape) -> Option<&'static str> {
    let shape = bare(shape);
    matches!(shape, Shape::Struct(_) | Shape::List(_) | Shape::Map(..)).then(|| namespace(shape))
}

/// The namespace of an element that is named for its type and stands by itself.
pub(super) fn root_namespace(shape: &'static Shape) -> &'static str {
    let own = namespace(bare(shape));
    if is_built_in(own) { SERIALIZATION } else { own }
}

/// Appends the name of a type.
pub(super) fn append(shape: &'static Shape, name: &mut String) {
    if let Some(inner) = nullable(shape) {
        name.push_str("NullableOf");
        append(inner, name);
        return generic(&[inner], name);
    }
    match bare(shape) {
        Shape::List(item) => {
            name.push_str("ArrayOf");
            append(item(), name);
        }
        Shape::Map(key, value) => {
            name.push_str("ArrayOf");
            entry(key(), value(), name);
        }
        other => name.push_str(simple(other)),
    }
}

/// Appends the name of a map's entries.
pub(super) fn entry(key: &'static Shape, value: &'static Shape, name: &mut String) {
    name.push_str("KeyValueOf");
    append(key, name);
    append(value, name);
    generic(&[key, value], name);
}

/// Appends the digest that tells generic types apart whose parameters have namespaces of their own.
fn generic(parameters: &[&'static Shape], name: &mut String) {
    if parameters.iter().all(|parameter| is_built_in(namespace(parameter))) {
        return;
    }
    let mut text = format!(" {}", parameters.len());
    for parameter in parameters {
        text.push(' ');
        text.push_str(namespace(parameter));
    }
    digest::append(&text, name);
}

const fn simple(shape: &Shape) -> &'static str {
    match shape {
        Shape::Bool => "boolean",
        Shape::I8 => "byte",
        Shape::I16 => "short",
        Shape::I32 => "int",
        Shape::I64 => "long",
        Shape::U8 => "unsignedByte",
        Shape::U16 => "unsignedShort",
        Shape::U32 => "unsignedInt",
        Shape::U64 => "unsignedLong",
        Shape::F32 => "float",
        Shape::F64 => "double",
        Shape::Char => "char",
        Shape::String => "string",
        Shape::Bytes => "base64Binary",
        Shape::Timestamp => "dateTime",
        Shape::TimeSpan => "duration",
        Shape::Guid => "guid",
        Shape::Decimal => "decimal",
        Shape::Struct(of) => of.name,
        Shape::Enum(of) => of.name,
        Shape::Unit | Shape::Option(_) | Shape::List(_) | Shape::Map(..) => "anyType",
    }
}

/// Whether a list of such items is one Array record.
pub(super) const fn is_array_item(shape: &Shape) -> bool {
    matches!(
        shape,
        Shape::Bool
            | Shape::I32
            | Shape::I64
            | Shape::F32
            | Shape::F64
            | Shape::Timestamp
            | Shape::Decimal
    )
}

/// Whether .NET writes a parameter of that type without its DataContractSerializer.
pub(super) fn is_primitive(shape: &'static Shape) -> bool {
    match shape {
        Shape::Unit | Shape::String | Shape::Bytes => true,
        Shape::List(item) => is_array_item(item()),
        Shape::Option(inner) => is_primitive(inner()) && nullable(shape).is_none(),
        other => is_array_item(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use samebox_data::Encode;
    use std::collections::BTreeMap;

    fn name<T: Encode>() -> String {
        let mut name = String::new();
        append(T::shape(), &mut name);
        name
    }

    #[test]
    fn names_are_those_of_dotnet() {
        assert_eq!(name::<i32>(), "int");
        assert_eq!(name::<Vec<Vec<i32>>>(), "ArrayOfArrayOfint");
        assert_eq!(name::<Vec<u8>>(), "base64Binary");
        assert_eq!(name::<BTreeMap<i32, String>>(), "ArrayOfKeyValueOfintstring");
        assert_eq!(
            name::<BTreeMap<String, Vec<String>>>(),
            "ArrayOfKeyValueOfstringArrayOfstringty7Ep6D1"
        );
        assert_eq!(
            name::<BTreeMap<String, Option<i32>>>(),
            "ArrayOfKeyValueOfstringNullableOfintU6ho3Bhd"
        );
        assert_eq!(namespace(<Vec<Option<i32>>>::shape()), SYSTEM);
        assert_eq!(namespace(<Vec<Option<String>>>::shape()), ARRAYS);
    }
}
