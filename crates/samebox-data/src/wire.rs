use crate::{Enumeration, Result, Shape, Struct, Timestamp};
use rust_decimal::Decimal;
use std::borrow::Cow;
use uuid::Uuid;

/// Where values are written, one wire's way.
///
/// A value is one scalar, or a container: [`Writer::list`], [`Writer::map`] or
/// [`Writer::structure`], then each of its parts announced and written, then [`Writer::end`]. The
/// arguments of a call, and its result, are the members of a structure that the wire itself begins
/// and ends.
pub trait Writer {
    /// Writes that there is no value.
    ///
    /// # Errors
    /// As every method here: what the wire cannot carry.
    fn null(&mut self) -> Result<()>;
    /// Writes a truth value.
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn bool(&mut self, value: bool) -> Result<()>;
    /// Writes a whole number of any signed type, or of an unsigned one of up to 32 bits.
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn int(&mut self, value: i64) -> Result<()>;
    /// Writes a whole number of 64 bits without a sign.
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn uint(&mut self, value: u64) -> Result<()>;
    /// Writes a number of single precision.
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn float(&mut self, value: f32) -> Result<()>;
    /// Writes a number of double precision.
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn double(&mut self, value: f64) -> Result<()>;
    /// Writes one character.
    ///
    /// # Errors
    /// See [`Writer::null`]; `OutOfRange` where the wire has no room for it.
    fn char(&mut self, value: char) -> Result<()>;
    /// Writes text.
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn text(&mut self, value: &str) -> Result<()>;
    /// Writes bytes.
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn bytes(&mut self, value: &[u8]) -> Result<()>;
    /// Writes a moment.
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn timestamp(&mut self, value: Timestamp) -> Result<()>;
    /// Writes a span of time in ticks of 100 ns.
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn time_span(&mut self, ticks: i64) -> Result<()>;
    /// Writes a GUID.
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn guid(&mut self, value: Uuid) -> Result<()>;
    /// Writes a decimal number.
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn decimal(&mut self, value: Decimal) -> Result<()>;
    /// Writes the name of that index of an enum.
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn variant(&mut self, of: &'static Enumeration, index: usize) -> Result<()>;

    /// Begins a list of `length` items, each announced by [`Writer::item`].
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn list(&mut self, item: &'static Shape, length: usize) -> Result<()>;
    /// Announces the next item of a list.
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn item(&mut self) -> Result<()>;
    /// Begins a map of `length` entries, each a [`Writer::key`] and a [`Writer::value`].
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn map(&mut self, key: &'static Shape, value: &'static Shape, length: usize) -> Result<()>;
    /// Announces the key of the next entry of a map.
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn key(&mut self) -> Result<()>;
    /// Announces the value of that entry.
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn value(&mut self) -> Result<()>;
    /// Begins a structure; its members follow in order, each announced by [`Writer::member`].
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn structure(&mut self, of: &'static Struct) -> Result<()>;
    /// Announces the member of that index.
    ///
    /// A member may be left out where nothing but an absent value would be written.
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn member(&mut self, index: usize) -> Result<()>;
    /// Ends the innermost list, map or structure.
    ///
    /// # Errors
    /// See [`Writer::null`].
    fn end(&mut self) -> Result<()>;
}

/// Where values are read from, one wire's way; the mirror of [`Writer`].
///
/// A part that is announced and then not read is skipped. Every length is bounded by the bytes that
/// are really there, and depth by the wire's limit.
pub trait Reader {
    /// Whether there is no value; then it has been read.
    ///
    /// # Errors
    /// As every method here: something else is there, or the bytes break the rules.
    fn null(&mut self) -> Result<bool>;
    /// Reads a truth value.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn bool(&mut self) -> Result<bool>;
    /// Reads a whole number.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn int(&mut self) -> Result<i64>;
    /// Reads a whole number without a sign.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn uint(&mut self) -> Result<u64>;
    /// Reads a number of single precision.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn float(&mut self) -> Result<f32>;
    /// Reads a number of double precision.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn double(&mut self) -> Result<f64>;
    /// Reads one character.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn char(&mut self) -> Result<char>;
    /// Reads text.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn text(&mut self) -> Result<Cow<'_, str>>;
    /// Reads bytes.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn bytes(&mut self) -> Result<Cow<'_, [u8]>>;
    /// Reads a moment.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn timestamp(&mut self) -> Result<Timestamp>;
    /// Reads a span of time in ticks of 100 ns.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn time_span(&mut self) -> Result<i64>;
    /// Reads a GUID.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn guid(&mut self) -> Result<Uuid>;
    /// Reads a decimal number.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn decimal(&mut self) -> Result<Decimal>;
    /// Reads a name of an enum; gives its index.
    ///
    /// # Errors
    /// See [`Reader::null`]; `UnknownVariant`.
    fn variant(&mut self, of: &'static Enumeration) -> Result<usize>;

    /// Begins a list; gives how many items there may be, to make room for.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn list(&mut self, item: &'static Shape) -> Result<usize>;
    /// Goes to the next item of a list; `false` ends the list.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn item(&mut self) -> Result<bool>;
    /// Begins a map; gives how many entries there may be, to make room for.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn map(&mut self, key: &'static Shape, value: &'static Shape) -> Result<usize>;
    /// Goes to the key of the next entry of a map; `false` ends the map.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn key(&mut self) -> Result<bool>;
    /// Goes to the value of that entry.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn value(&mut self) -> Result<()>;
    /// Begins a structure.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn structure(&mut self, of: &'static Struct) -> Result<()>;
    /// Goes to the next member that is known, skipping others; `None` ends the structure.
    ///
    /// # Errors
    /// See [`Reader::null`].
    fn member(&mut self) -> Result<Option<usize>>;
}
