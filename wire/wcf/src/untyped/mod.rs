//! Bodies of operations whose contract nobody has: values as they come, and as a person writes them.
//!
//! What goes out takes the shape that a `[DataContract]` reader expects of such a value; what comes in
//! is told apart by its records and by the names that .NET gives to lists and dictionaries.

mod read;
mod write;

pub use read::{read_members, read_value};
pub use write::write_members;

/// The namespace of items of simple types.
const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";

/// The namespace of `nil`.
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// What a body has at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Values within values.
    pub nodes: usize,
    /// Bytes of names, namespaces and text.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { nodes: 1_000_000, bytes: 64 << 20 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionary::Received;
    use crate::nbfx::{self, Event, Memory, Reader, Writer};
    use samebox_data::{Structure, Value};

    fn there_and_back(value: Value) -> Value {
        let mut document = Vec::new();
        let mut writer = Writer::new(&mut document, None);
        writer.start("", "Echo");
        writer.xmlns("", "http://tempuri.org/");
        write_members(&mut writer, &[("v".to_owned(), value)]).unwrap();
        writer.end();
        let (words, mut memory) = (Received::new(0), Memory::default());
        let mut reader = Reader::new(&document, &words, nbfx::Limits::default(), &mut memory);
        assert!(matches!(reader.next(), Ok(Some(Event::Start(_)))));
        let [(name, value)] =
            <[_; 1]>::try_from(read_members(&mut reader, Limits::default()).unwrap()).unwrap();
        assert_eq!(name, "v");
        value
    }

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    fn class(members: Vec<(String, Value)>) -> Value {
        let namespace = Some("urn:x".into());
        Value::Structure(Structure { name: None, namespace, members })
    }

    #[test]
    fn simple_values_come_back() {
        for value in [
            Value::Null,
            Value::Bool(true),
            Value::Int(-70_000),
            Value::UInt(u64::MAX),
            Value::Double(2.5),
            text(""),
            text("héllo"),
            Value::Bytes(vec![1; 1000]),
        ] {
            assert_eq!(there_and_back(value.clone()), value);
        }
    }

    #[test]
    fn lists_are_told_by_the_names_of_their_items() {
        for items in [
            vec![Value::Int(1)],
            vec![Value::Int(1), Value::Int(1 << 40)],
            vec![text("a"), Value::Null, text("")],
            vec![Value::List(vec![Value::Int(1)]), Value::List(vec![Value::Int(2)])],
        ] {
            let list = Value::List(items);
            assert_eq!(there_and_back(list.clone()), list);
        }
    }

    #[test]
    fn objects_within_objects_keep_their_namespaces() {
        let inner = class(vec![("Id".into(), Value::Int(7)), ("No".into(), Value::Null)]);
        let outer = class(vec![("Inner".into(), inner), ("Name".into(), text("n"))]);
        assert_eq!(there_and_back(outer.clone()), outer);
    }

    #[test]
    fn an_object_without_a_namespace_has_that_of_the_object_around_it() {
        let bare = |name: Option<&str>| {
            let members = vec![("Id".into(), Value::Int(7)), ("No".into(), Value::Null)];
            Value::Structure(Structure { name: name.map(Into::into), namespace: None, members })
        };
        let kids = Value::List(vec![bare(Some("Node")), Value::Null, bare(Some("Node"))]);
        let outer = class(vec![("Inner".into(), bare(None)), ("Kids".into(), kids)]);
        let Value::Structure(outer) = there_and_back(outer) else { panic!("no object") };
        let [(_, inner), (_, Value::List(kids))] = &*outer.members else { panic!("{outer:?}") };
        for one in [inner, &kids[0], &kids[2]] {
            let Value::Structure(one) = one else { panic!("{one:?}") };
            assert_eq!(one.namespace.as_deref(), Some("urn:x"));
        }
    }

    #[test]
    fn a_list_of_objects_needs_the_name_of_their_class() {
        let mut writer_out = Vec::new();
        let mut writer = Writer::new(&mut writer_out, None);
        let list = Value::List(vec![class(Vec::new())]);
        let refused = write_members(&mut writer, &[("v".to_owned(), list)]).unwrap_err();
        assert!(refused.to_string().contains("@name"), "{refused}");
    }

    #[test]
    fn values_of_several_kinds_are_no_list() {
        let mut writer_out = Vec::new();
        let mut writer = Writer::new(&mut writer_out, None);
        let list = Value::List(vec![text("a"), Value::Int(1)]);
        assert!(write_members(&mut writer, &[("v".to_owned(), list)]).is_err());
    }

    #[test]
    fn what_is_kept_has_limits() {
        let flat = [b"\x40\x01n".to_vec(), b"\x40\x01n\x01".repeat(50), vec![1]].concat();
        let (words, mut memory) = (Received::new(0), Memory::default());
        for (limits, fits) in [
            (Limits { nodes: 50, bytes: 50 }, true),
            (Limits { nodes: 49, bytes: 50 }, false),
            (Limits { nodes: 50, bytes: 49 }, false),
        ] {
            let mut reader = Reader::new(&flat, &words, nbfx::Limits::default(), &mut memory);
            reader.next().unwrap();
            assert_eq!(read_value(&mut reader, limits).is_ok(), fits, "{limits:?}");
        }
    }
}
