//! The reader of D-Bus values: it takes whatever has the asked meaning.

use super::DEPTH;
use super::node::Node;
use super::text::{quoted, to_timestamp};
use samebox_data::rust_decimal::Decimal;
use samebox_data::uuid::Uuid;
use samebox_data::{Enumeration, Error, Reader, Result, Shape, Struct, Timestamp};
use std::borrow::Cow;
use std::slice;
use std::sync::LazyLock;

/// Reads values.
pub(crate) struct Decoder<'a> {
    levels: Vec<Level<'a>>,
    /// What has been announced and not been read.
    expected: Option<&'a Node<'a>>,
}

/// A container that has been begun and not been ended.
enum Level<'a> {
    /// The members that are left, which is next, and how many are known.
    Structure {
        rest: slice::Iter<'a, Node<'a>>,
        next: usize,
        known: usize,
    },
    List(slice::Iter<'a, Node<'a>>),
    /// The entries that are left, and the value of the one whose key has been announced.
    Map(slice::Iter<'a, (Node<'a>, Node<'a>)>, Option<&'a Node<'a>>),
}

impl<'a> Decoder<'a> {
    /// A reader of arguments, or of a result, of which `known` are known.
    pub(crate) fn new(values: &'a [Node<'a>], known: usize) -> Self {
        let parts = Level::Structure { rest: values.iter(), next: 0, known };
        Self { levels: vec![parts], expected: None }
    }

    /// Goes to the value behind the first, which is the detail of a fault; whether there is one.
    ///
    /// # Errors
    /// The first value cannot be read.
    pub(crate) fn go_to_detail(&mut self) -> Result<bool> {
        self.member()?;
        Ok(self.member()?.is_some())
    }

    fn take(&mut self) -> Result<&'a Node<'a>> {
        let announced = self.expected.take();
        announced.ok_or(Error::Malformed("a value was read that has no place".into()))
    }

    fn whole(&mut self, expected: &'static str) -> Result<i128> {
        let node = self.take()?;
        node.as_whole().ok_or_else(|| unexpected(expected, node))
    }

    fn as_text(&mut self, expected: &'static str) -> Result<&'a str> {
        match self.take()? {
            Node::Text(text) => Ok(text),
            other => Err(unexpected(expected, other)),
        }
    }

    /// Reads text that stands for something.
    fn parse<T>(
        &mut self,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T> {
        let text = self.as_text(expected)?;
        parse(text).ok_or_else(|| Error::Unexpected { expected, found: quoted(text).into() })
    }

    fn push(&mut self, level: Level<'a>) -> Result<()> {
        self.levels.push(level);
        if self.levels.len() > DEPTH { Err(Error::TooDeep { limit: DEPTH }) } else { Ok(()) }
    }
}

/// Every byte, for those that came among others and are wanted alone.
static BYTES: LazyLock<Vec<Node<'static>>> =
    LazyLock::new(|| (0..=u8::MAX).map(Node::U8).collect());

fn misplaced<T>() -> Result<T> {
    Err(Error::Malformed("a part was asked for outside of its container".into()))
}

/// The error of something else that came.
fn unexpected(expected: &'static str, found: &Node<'_>) -> Error {
    Error::Unexpected { expected, found: found.name().into() }
}

impl Reader for Decoder<'_> {
    fn null(&mut self) -> Result<bool> {
        let node = self.take()?;
        self.expected = match node {
            Node::List(items) => match items.as_slice() {
                [] => return Ok(true),
                [one] => Some(one),
                _ => return Err(unexpected("an optional value, a list of none or one", node)),
            },
            // An optional byte is an array of bytes as well.
            Node::Bytes(bytes) => match **bytes {
                [] => return Ok(true),
                [one] => Some(&BYTES[usize::from(one)]),
                _ => Some(node),
            },
            // A sender that always has a value may send it as it is.
            other => Some(other),
        };
        Ok(false)
    }

    fn bool(&mut self) -> Result<bool> {
        match self.take()? {
            Node::Bool(value) => Ok(*value),
            other => Err(unexpected(Shape::Bool.name(), other)),
        }
    }

    fn int(&mut self) -> Result<i64> {
        let value = self.whole("a whole number")?;
        i64::try_from(value).map_err(|_| Error::OutOfRange { expected: Shape::I64.name() })
    }

    fn uint(&mut self) -> Result<u64> {
        let value = self.whole("a whole number")?;
        u64::try_from(value).map_err(|_| Error::OutOfRange { expected: Shape::U64.name() })
    }

    #[expect(clippy::cast_possible_truncation)]
    fn float(&mut self) -> Result<f32> {
        let value = self.double()?;
        let single = value as f32;
        if single.is_infinite() && value.is_finite() {
            return Err(Error::OutOfRange { expected: Shape::F32.name() });
        }
        Ok(single)
    }

    #[expect(clippy::cast_precision_loss)]
    fn double(&mut self) -> Result<f64> {
        match self.take()? {
            Node::F64(value) => Ok(*value),
            other => {
                let whole = other.as_whole().ok_or_else(|| unexpected("a number", other));
                whole.map(|value| value as f64)
            }
        }
    }

    fn char(&mut self) -> Result<char> {
        let text = self.as_text(Shape::Char.name())?;
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(one), None) => Ok(one),
            _ => Err(Error::OutOfRange { expected: Shape::Char.name() }),
        }
    }

    fn text(&mut self) -> Result<Cow<'_, str>> {
        self.as_text(Shape::String.name()).map(Cow::Borrowed)
    }

    fn bytes(&mut self) -> Result<Cow<'_, [u8]>> {
        match self.take()? {
            Node::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            other => Err(unexpected(Shape::Bytes.name(), other)),
        }
    }

    fn timestamp(&mut self) -> Result<Timestamp> {
        to_timestamp(self.as_text(Shape::Timestamp.name())?)
    }

    fn time_span(&mut self) -> Result<i64> {
        let ticks = self.whole(Shape::TimeSpan.name())?;
        i64::try_from(ticks).map_err(|_| Error::OutOfRange { expected: Shape::TimeSpan.name() })
    }

    fn guid(&mut self) -> Result<Uuid> {
        self.parse(Shape::Guid.name(), |text| Uuid::parse_str(text).ok())
    }

    fn decimal(&mut self) -> Result<Decimal> {
        self.parse(Shape::Decimal.name(), |text| text.parse().ok())
    }

    fn variant(&mut self, of: &'static Enumeration) -> Result<usize> {
        let (index, found) = match self.take()? {
            Node::Text(name) => {
                (of.variants.iter().position(|one| one.name == name.as_ref()), quoted(name))
            }
            other => {
                let value = other.as_whole().ok_or_else(|| unexpected(of.name, other))?;
                let index = of.variants.iter().position(|one| i128::from(one.value) == value);
                (index, value.to_string())
            }
        };
        index.ok_or(Error::UnknownVariant { of: of.name, found })
    }

    fn list(&mut self, _: &'static Shape) -> Result<usize> {
        match self.take()? {
            Node::List(items) => {
                self.push(Level::List(items.iter()))?;
                Ok(items.len())
            }
            other => Err(unexpected("a list", other)),
        }
    }

    fn item(&mut self) -> Result<bool> {
        let Some(Level::List(items)) = self.levels.last_mut() else { return misplaced() };
        self.expected = items.next();
        if self.expected.is_none() {
            self.levels.pop();
        }
        Ok(self.expected.is_some())
    }

    fn map(&mut self, _: &'static Shape, _: &'static Shape) -> Result<usize> {
        match self.take()? {
            Node::Map(entries) => {
                self.push(Level::Map(entries.iter(), None))?;
                Ok(entries.len())
            }
            other => Err(unexpected("a map", other)),
        }
    }

    fn key(&mut self) -> Result<bool> {
        let Some(Level::Map(entries, announced)) = self.levels.last_mut() else {
            return misplaced();
        };
        let entry = entries.next();
        self.expected = entry.map(|(key, _)| key);
        *announced = entry.map(|(_, value)| value);
        if entry.is_none() {
            self.levels.pop();
        }
        Ok(entry.is_some())
    }

    fn value(&mut self) -> Result<()> {
        let Some(Level::Map(_, announced)) = self.levels.last_mut() else { return misplaced() };
        self.expected = announced.take();
        Ok(())
    }

    fn structure(&mut self, of: &'static Struct) -> Result<()> {
        match self.take()? {
            Node::Structure(members) => {
                let (rest, known) = (members.iter(), of.members.len());
                self.push(Level::Structure { rest, next: 0, known })
            }
            other => Err(unexpected(of.name, other)),
        }
    }

    fn member(&mut self) -> Result<Option<usize>> {
        let Some(Level::Structure { rest, next, known }) = self.levels.last_mut() else {
            return misplaced();
        };
        self.expected = if next < known { rest.next() } else { None };
        if self.expected.is_none() {
            self.levels.pop();
            return Ok(None);
        }
        *next += 1;
        Ok(Some(*next - 1))
    }
}
