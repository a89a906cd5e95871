//! Values in the bodies of messages.

use super::cursor::{Cursor, inside};
use super::decode::Decoder;
use super::signature::{complete_types, first_type};
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, SerializeTuple, Serializer};
use std::cell::Cell;
use zbus::message::{EndianSig, Message};
use zbus::wire::{DynamicType, Signature};

/// The types of the values of a body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Types {
    text: String,
    /// A structure whose fields they are: a lone structure would be taken for its fields.
    tree: Signature,
}

impl Types {
    /// The types of a signature; `None` when it is none.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let fields = complete_types(text)?.into_iter().map(|one| Signature::try_from(one).ok());
        let fields = fields.collect::<Option<Vec<_>>>()?;
        let tree = if fields.is_empty() { Signature::Unit } else { Signature::structure(fields) };
        Some(Self { text: text.into(), tree })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

/// Values that have been written, for a message to be built with.
pub(crate) struct Body<'a> {
    pub(crate) types: &'a Types,
    /// As the encoder wrote them.
    pub(crate) bytes: &'a [u8],
}

impl DynamicType for Body<'_> {
    fn signature(&self) -> Signature {
        self.types.tree.clone()
    }
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let from = Cell::new(Cursor::new(self.bytes, false));
        let types = complete_types(&self.types.text).unwrap_or_default();
        if types.is_empty() {
            return to.serialize_unit();
        }
        let mut values = to.serialize_tuple(types.len())?;
        for one in types {
            values.serialize_element(&Part { from: &from, of: one.as_bytes() })?;
        }
        values.end()
    }
}

/// The next of the values that have been written.
struct Part<'a> {
    from: &'a Cell<Cursor<'a>>,
    of: &'a [u8],
}

impl<'a> Part<'a> {
    /// The next value, of that type.
    fn next(&self, of: &'a [u8]) -> Self {
        Self { from: self.from, of }
    }

    fn read<T, E: serde::ser::Error>(
        &self,
        read: impl FnOnce(&mut Cursor<'a>) -> samebox_data::Result<T>,
    ) -> Result<T, E> {
        let mut from = self.from.get();
        let value = read(&mut from).map_err(E::custom)?;
        self.from.set(from);
        Ok(value)
    }

    /// Begins an array; gives where it ends.
    fn array<E: serde::ser::Error>(&self, item: u8) -> Result<usize, E> {
        self.read(|from| from.array(item))
    }

    fn is_before(&self, end: usize) -> bool {
        self.from.get().at() < end
    }
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match *self.of {
            [b'b'] => to.serialize_bool(self.read(Cursor::bool)?),
            [b'd'] => to.serialize_f64(self.read(Cursor::double)?),
            [b'y'] => to.serialize_u8(self.read(Cursor::byte)?),
            [b'n'] => to.serialize_i16(i16::from_le_bytes(self.read(Cursor::number)?)),
            [b'q'] => to.serialize_u16(u16::from_le_bytes(self.read(Cursor::number)?)),
            [b'i'] => to.serialize_i32(i32::from_le_bytes(self.read(Cursor::number)?)),
            [b'u'] => to.serialize_u32(u32::from_le_bytes(self.read(Cursor::number)?)),
            [b'x'] => to.serialize_i64(i64::from_le_bytes(self.read(Cursor::number)?)),
            [b't'] => to.serialize_u64(u64::from_le_bytes(self.read(Cursor::number)?)),
            [code @ (b's' | b'o' | b'g')] => to.serialize_str(self.read(|from| from.text(code))?),
            [b'a', b'y'] => to.serialize_bytes(self.read(Cursor::bytes)?),
            [b'a', b'{', ref key, ref value @ .., b'}'] => {
                let end = self.array(b'{')?;
                let mut map = to.serialize_map(None)?;
                while self.is_before(end) {
                    self.read(|from| from.align(b'{'))?;
                    map.serialize_entry(&self.next(std::slice::from_ref(key)), &self.next(value))?;
                }
                map.end()
            }
            [b'a', ref item @ ..] => {
                let end = self.array(item.first().copied().unwrap_or_default())?;
                let mut list = to.serialize_seq(None)?;
                while self.is_before(end) {
                    list.serialize_element(&self.next(item))?;
                }
                list.end()
            }
            [b'v'] => {
                let of = self.read(Cursor::variant)?;
                let signature = str::from_utf8(of).map_err(S::Error::custom)?;
                let mut variant = to.serialize_tuple(2)?;
                variant.serialize_element(signature)?;
                variant.serialize_element(&self.next(of))?;
                variant.end()
            }
            [b'(', ..] => {
                self.read(|from| from.align(b'('))?;
                let mut rest = inside(self.of);
                let mut members = to.serialize_tuple(0)?;
                while let Some(length) = first_type(rest) {
                    members.serialize_element(&self.next(&rest[..length]))?;
                    rest = &rest[length..];
                }
                members.end()
            }
            _ => Err(S::Error::custom("a value of this type cannot be sent")),
        }
    }
}

/// The values of a message that came.
pub(crate) struct Received {
    types: String,
    body: zbus::message::Body,
    is_big_endian: bool,
}

/// The values of a message; whether a lone structure is meant where that cannot be told from its
/// members, which then stand alone.
pub(crate) fn arguments_of(message: &Message, is_one_structure: bool) -> Received {
    let body = message.body();
    let types = match body.signature() {
        lone @ Signature::Structure(fields) if is_one_structure || fields.len() == 1 => {
            lone.to_string()
        }
        several => several.to_string_no_parens(),
    };
    let is_big_endian = message.primary_header().endian_sig() == EndianSig::Big;
    Received { types, body, is_big_endian }
}

impl Received {
    /// The types of the values.
    pub(crate) fn types(&self) -> &str {
        &self.types
    }

    pub(super) fn cursor(&self) -> Cursor<'_> {
        Cursor::new(self.body.data().bytes(), self.is_big_endian)
    }

    /// A reader of the values, of which `known` are known.
    pub(crate) fn decoder(&self, known: usize) -> Decoder<'_> {
        Decoder::parts(self.cursor(), self.types.as_bytes(), known)
    }
}
