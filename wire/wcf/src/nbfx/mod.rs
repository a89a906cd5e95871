//! Binary XML (MC-NBFX): documents of elements, attributes and typed text.
//!
//! [`Writer`] appends to a `Vec<u8>` and writes what .NET's writer would, byte for byte. [`Reader`]
//! pulls events out of a `&[u8]` with namespaces resolved; [`Records`] below it gives the records as
//! they stand. Both are for whole documents: one that ends too early is a violation.
//!
//! | text record | [`Text`] | read it as |
//! |---|---|---|
//! | Zero, One, Int8 .. Int64 | `Int` | [`i64`](Text::to_i64), [`u64`](Text::to_u64), [`f64`](Text::to_f64), [`bool`](Text::to_bool) |
//! | UInt64 | `UInt` | the same |
//! | False, True, Bool | `Bool` | [`bool`](Text::to_bool) |
//! | Float, Double | `Float`, `Double` | [`f64`](Text::to_f64) |
//! | Decimal, DateTime, TimeSpan, Uuid, UniqueId | the same | its own type |
//! | Chars, UnicodeChars, DictionaryText, Empty | `Chars`, `Utf16`, `Word` | any of them, and [`str`](Text::to_str) |
//! | Bytes | `Bytes` | [`bytes`](Text::to_bytes) |
//! | QNameDictionary, List | `QName`, `List` | [`str`](Text::to_str) |
//!
//! Every type also reads from plain text, as XML writes it.

mod array;
mod content;
mod convert;
mod cursor;
mod event;
mod names;
mod reader;
mod record;
mod scope;
mod text;
mod writer;
mod writer_text;

pub use array::{Array, Values};
pub use content::Content;
pub use event::{Attribute, Element, Event};
pub use names::{Name, Word};
pub use reader::{Attributes, Limits, Reader};
pub use record::{Record, Records};
pub use scope::Memory;
pub use text::{List, Text, Utf16};
pub use writer::Writer;

/// The letters that prefixes of one letter are made of.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";

/// The prefix of one letter, `a` for 0.
fn letter(place: u8) -> Option<&'static str> {
    LETTERS.get(usize::from(place)..usize::from(place) + 1)
}
