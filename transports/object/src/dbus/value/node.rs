//! Values as trees, which zbus writes to messages and reads from them.

use samebox_data::{Error, Result};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, SerializeTuple, Serializer};
use std::borrow::Cow;
use std::fmt;
use zbus::wire::{DynamicType, Signature};

/// A value of D-Bus; the text and the bytes of one that was read lie in its message.
///
/// zbus has a tree of its own, in which each byte of an array is a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node<'a> {
    Bool(bool),
    U8(u8),
    I16(i16),
    U16(u16),
    I32(i32),
    U32(u32),
    I64(i64),
    U64(u64),
    F64(f64),
    /// Text, the path of an object or a signature.
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
    List(Vec<Node<'a>>),
    Map(Vec<(Node<'a>, Node<'a>)>),
    Structure(Vec<Node<'a>>),
    /// A value of the type that stands with it; one that was read stands for itself instead.
    Variant(Box<(Signature, Node<'a>)>),
}

impl Node<'_> {
    /// A whole number in the width of a type.
    ///
    /// # Errors
    /// `OutOfRange`.
    pub(super) fn of_whole(of: &Signature, value: i128) -> Result<Self> {
        fn fit<T: TryFrom<i128>>(value: i128, expected: &'static str) -> Result<T> {
            T::try_from(value).map_err(|_| Error::OutOfRange { expected })
        }
        Ok(match of {
            Signature::U8 => Self::U8(fit(value, "a number of 8 bits")?),
            Signature::I16 => Self::I16(fit(value, "a signed number of 16 bits")?),
            Signature::U16 => Self::U16(fit(value, "a number of 16 bits")?),
            Signature::I32 => Self::I32(fit(value, "a signed number of 32 bits")?),
            Signature::U32 => Self::U32(fit(value, "a number of 32 bits")?),
            Signature::I64 => Self::I64(fit(value, "a signed number of 64 bits")?),
            _ => Self::U64(fit(value, "a number of 64 bits")?),
        })
    }

    /// Text.
    ///
    /// # Errors
    /// It has a NUL, which texts of D-Bus cannot have.
    pub(super) fn of_text(value: &str) -> Result<Self> {
        if value.contains('\0') {
            let why = "the text has a NUL in it, which D-Bus cannot carry; send it as bytes";
            return Err(Error::Malformed(why.into()));
        }
        Ok(Self::Text(value.to_owned().into()))
    }

    /// The number that a whole number is.
    pub(super) fn as_whole(&self) -> Option<i128> {
        Some(match *self {
            Self::U8(value) => value.into(),
            Self::I16(value) => value.into(),
            Self::U16(value) => value.into(),
            Self::I32(value) => value.into(),
            Self::U32(value) => value.into(),
            Self::I64(value) => value.into(),
            Self::U64(value) => value.into(),
            _ => return None,
        })
    }

    /// What it is called in messages for people.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Bool(_) => "a truth value",
            Self::F64(_) => "a number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Structure(_) => "a structure",
            Self::Variant(_) => "a variant",
            _ => "a whole number",
        }
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => to.serialize_bool(*value),
            Self::U8(value) => to.serialize_u8(*value),
            Self::I16(value) => to.serialize_i16(*value),
            Self::U16(value) => to.serialize_u16(*value),
            Self::I32(value) => to.serialize_i32(*value),
            Self::U32(value) => to.serialize_u32(*value),
            Self::I64(value) => to.serialize_i64(*value),
            Self::U64(value) => to.serialize_u64(*value),
            Self::F64(value) => to.serialize_f64(*value),
            Self::Text(text) => to.serialize_str(text),
            Self::Bytes(bytes) => to.serialize_bytes(bytes),
            Self::List(items) => {
                let mut list = to.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Self::Map(entries) => {
                let mut map = to.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
            Self::Structure(members) => serialize_structure(members, to),
            Self::Variant(inner) => {
                let mut variant = to.serialize_tuple(2)?;
                variant.serialize_element(&inner.0)?;
                variant.serialize_element(&inner.1)?;
                variant.end()
            }
        }
    }
}

/// Writes the members of a structure, or all that a message has.
pub(super) fn serialize_structure<S: Serializer>(
    members: &[Node<'_>],
    to: S,
) -> Result<S::Ok, S::Error> {
    let mut structure = to.serialize_tuple(members.len())?;
    members.iter().try_for_each(|member| structure.serialize_element(member))?;
    structure.end()
}

/// Reads a value of its type.
pub(super) struct Of<'s>(pub(super) &'s Signature);

impl DynamicType for Of<'_> {
    fn signature(&self) -> Signature {
        self.0.clone()
    }
}

impl<'de> DeserializeSeed<'de> for Of<'_> {
    type Value = Node<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Node<'de>, D::Error> {
        match self.0 {
            Signature::Array(item) if matches!(**item, Signature::U8) => {
                from.deserialize_bytes(self)
            }
            Signature::Fd => Err(D::Error::custom("an open file came, which is not taken")),
            _ => from.deserialize_any(self),
        }
    }
}

/// What a visitor makes of values that hold no others.
macro_rules! simple {
    ($($method:ident($type:ty) $variant:ident,)*) => {$(
        fn $method<E: serde::de::Error>(self, value: $type) -> Result<Node<'de>, E> {
            Ok(Node::$variant(value))
        }
    )*};
}

impl<'de> Visitor<'de> for Of<'_> {
    type Value = Node<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value of the type {}", self.0)
    }

    simple! {
        visit_bool(bool) Bool,
        visit_u8(u8) U8,
        visit_i16(i16) I16,
        visit_u16(u16) U16,
        visit_i32(i32) I32,
        visit_u32(u32) U32,
        visit_i64(i64) I64,
        visit_u64(u64) U64,
        visit_f64(f64) F64,
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, value: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(value.into()))
    }

    fn visit_borrowed_bytes<E: serde::de::Error>(self, value: &'de [u8]) -> Result<Node<'de>, E> {
        Ok(Node::Bytes(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Node<'de>, A::Error> {
        let ended = || A::Error::custom("it ends too soon");
        match self.0 {
            Signature::Array(item) => {
                let mut items = Vec::new();
                while let Some(one) = from.next_element_seed(Of(item))? {
                    items.push(one);
                }
                Ok(Node::List(items))
            }
            Signature::Structure(fields) => {
                let members =
                    fields.iter().map(|of| from.next_element_seed(Of(of))?.ok_or_else(ended));
                members.collect::<Result<_, _>>().map(Node::Structure)
            }
            Signature::Variant => {
                let of = from.next_element::<Signature>()?.ok_or_else(ended)?;
                from.next_element_seed(Of(&of))?.ok_or_else(ended)
            }
            other => {
                Err(A::Error::custom(format!("several values came for one of the type {other}")))
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Node<'de>, A::Error> {
        let Signature::Dict { key, value } = self.0 else {
            return Err(A::Error::custom(format!("a map came for a value of the type {}", self.0)));
        };
        let mut entries = Vec::new();
        while let Some(entry) = from.next_entry_seed(Of(key), Of(value))? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }
}
