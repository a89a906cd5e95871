//! The reader of D-Bus values: led by the types that came, it takes what has the asked meaning.

use super::DEPTH;
use super::cursor::{Cursor, inside};
use super::signature::first_type;
use super::text::{quoted, to_timestamp};
use samebox_data::rust_decimal::Decimal;
use samebox_data::uuid::Uuid;
use samebox_data::{Enumeration, Error, Reader, Result, Shape, Struct, Timestamp};
use std::borrow::Cow;

/// Reads values.
pub(crate) struct Decoder<'a> {
    from: Cursor<'a>,
    levels: Vec<Level<'a>>,
    /// The type of what has been announced and not been read.
    expected: Option<&'a [u8]>,
}

/// A container that has been begun and not been ended.
enum Level<'a> {
    /// The types of the members that are left, which is next, and how many are known.
    Structure {
        rest: &'a [u8],
        next: usize,
        known: usize,
    },
    List {
        item: &'a [u8],
        end: usize,
    },
    Map {
        key: &'a [u8],
        value: &'a [u8],
        end: usize,
    },
    /// The array of a value that may be absent and is not.
    Present {
        end: usize,
    },
}

impl<'a> Decoder<'a> {
    /// A reader of arguments, or of a result, of which `known` are known.
    pub(super) fn parts(from: Cursor<'a>, types: &'a [u8], known: usize) -> Self {
        let parts = Level::Structure { rest: types, next: 0, known };
        Self { from, levels: vec![parts], expected: None }
    }

    /// Goes to the value behind the first, which is the detail of a fault; whether there is one.
    ///
    /// # Errors
    /// The first value cannot be read.
    pub(crate) fn go_to_detail(&mut self) -> Result<bool> {
        self.member()?;
        Ok(self.member()?.is_some())
    }

    /// Passes over what was announced and not read, and ends arrays whose one value was read.
    fn settle(&mut self) -> Result<()> {
        if let Some(of) = self.expected.take() {
            self.from.skip(of)?;
        }
        while let Some(Level::Present { end }) = self.levels.last() {
            if self.from.at() != *end {
                let expected = "an optional value, which is a list of none or one";
                return Err(Error::Unexpected { expected, found: "a list of several".into() });
            }
            self.levels.pop();
        }
        Ok(())
    }

    /// The type of the value that follows, which may be in variants.
    fn take(&mut self) -> Result<&'a [u8]> {
        let announced = self.expected.take();
        let mut of =
            announced.ok_or(Error::Malformed("a value was read that has no place".into()))?;
        for _ in 0..DEPTH {
            if of != b"v" {
                return Ok(of);
            }
            of = self.from.variant()?;
        }
        Err(Error::TooDeep { limit: DEPTH })
    }

    fn whole(&mut self, expected: &'static str) -> Result<i128> {
        match self.take()? {
            [code @ (b'y' | b'n' | b'q' | b'i' | b'u' | b'x' | b't')] => self.from.whole(*code),
            other => Err(unexpected(expected, other)),
        }
    }

    fn as_text(&mut self, expected: &'static str) -> Result<&'a str> {
        match self.take()? {
            [code @ (b's' | b'o' | b'g')] => self.from.text(*code),
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

    /// Whether an array goes on; an item that goes beyond its end does not.
    fn goes_on(&mut self, end: usize) -> Result<bool> {
        if self.from.at() > end {
            return Err(Error::Malformed("an array ends within an item".into()));
        }
        let goes_on = self.from.at() < end;
        if !goes_on {
            self.levels.pop();
        }
        Ok(goes_on)
    }
}

fn misplaced<T>() -> Result<T> {
    Err(Error::Malformed("a part was asked for outside of its container".into()))
}

/// The error of something else that came.
pub(super) fn unexpected(expected: &'static str, found: &[u8]) -> Error {
    let found = match found.first() {
        Some(b'y' | b'n' | b'q' | b'i' | b'u' | b'x' | b't') => "a whole number",
        Some(b'b') => "a truth value",
        Some(b'd') => "a number",
        Some(b'h') => "an open file",
        Some(b'(') => "a structure",
        Some(b'a') if found.get(1) == Some(&b'{') => "a map",
        Some(b'a') => "a list",
        _ => "text",
    };
    Error::Unexpected { expected, found: found.into() }
}

impl Reader for Decoder<'_> {
    fn null(&mut self) -> Result<bool> {
        match self.take()? {
            [b'a', item @ ..] if item.first() != Some(&b'{') => {
                let end = self.from.array(*item.first().ok_or(Error::Truncated)?)?;
                if self.from.at() == end {
                    return Ok(true);
                }
                self.expected = Some(item);
                self.push(Level::Present { end })?;
            }
            // A sender that always has a value may send it as it is.
            other => self.expected = Some(other),
        }
        Ok(false)
    }

    fn bool(&mut self) -> Result<bool> {
        match self.take()? {
            b"b" => self.from.bool(),
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
            b"d" => self.from.double(),
            [code @ (b'y' | b'n' | b'q' | b'i' | b'u' | b'x' | b't')] => {
                self.from.whole(*code).map(|value| value as f64)
            }
            other => Err(unexpected("a number", other)),
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
            b"ay" => self.from.bytes().map(Cow::Borrowed),
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
            [code @ (b's' | b'o' | b'g')] => {
                let name = self.from.text(*code)?;
                (of.variants.iter().position(|one| one.name == name), quoted(name))
            }
            [code @ (b'y' | b'n' | b'q' | b'i' | b'u' | b'x' | b't')] => {
                let value = self.from.whole(*code)?;
                let index = of.variants.iter().position(|one| i128::from(one.value) == value);
                (index, value.to_string())
            }
            other => return Err(unexpected(of.name, other)),
        };
        index.ok_or(Error::UnknownVariant { of: of.name, found })
    }

    fn list(&mut self, _: &'static Shape) -> Result<usize> {
        match self.take()? {
            [b'a', item @ ..] if item.first() != Some(&b'{') => {
                let end = self.from.array(*item.first().ok_or(Error::Truncated)?)?;
                self.push(Level::List { item, end })?;
                Ok(end - self.from.at())
            }
            other => Err(unexpected("a list", other)),
        }
    }

    fn item(&mut self) -> Result<bool> {
        self.settle()?;
        let Some(Level::List { item, end }) = self.levels.last() else { return misplaced() };
        let (item, end) = (*item, *end);
        let goes_on = self.goes_on(end)?;
        self.expected = goes_on.then_some(item);
        Ok(goes_on)
    }

    fn map(&mut self, _: &'static Shape, _: &'static Shape) -> Result<usize> {
        match self.take()? {
            [b'a', b'{', key, value @ .., b'}'] => {
                let end = self.from.array(b'{')?;
                self.push(Level::Map { key: std::slice::from_ref(key), value, end })?;
                Ok((end - self.from.at()) / 2)
            }
            other => Err(unexpected("a map", other)),
        }
    }

    fn key(&mut self) -> Result<bool> {
        self.settle()?;
        let Some(Level::Map { key, end, .. }) = self.levels.last() else { return misplaced() };
        let (key, end) = (*key, *end);
        let goes_on = self.goes_on(end)?;
        if goes_on {
            self.from.align(b'{')?;
            self.expected = Some(key);
        }
        Ok(goes_on)
    }

    fn value(&mut self) -> Result<()> {
        self.settle()?;
        let Some(Level::Map { value, .. }) = self.levels.last() else { return misplaced() };
        self.expected = Some(value);
        Ok(())
    }

    fn structure(&mut self, of: &'static Struct) -> Result<()> {
        match self.take()? {
            members @ [b'(', ..] => {
                self.from.align(b'(')?;
                let (rest, known) = (inside(members), of.members.len());
                self.push(Level::Structure { rest, next: 0, known })
            }
            other => Err(unexpected(of.name, other)),
        }
    }

    fn member(&mut self) -> Result<Option<usize>> {
        self.settle()?;
        let Some(Level::Structure { rest, next, known }) = self.levels.last_mut() else {
            return misplaced();
        };
        let length = first_type(rest).unwrap_or(0);
        if length > 0 && *next < *known {
            let (first, behind) = rest.split_at(length);
            (*rest, *next) = (behind, *next + 1);
            let index = *next - 1;
            self.expected = Some(first);
            return Ok(Some(index));
        }
        let mut rest = *rest;
        while let Some(length) = first_type(rest) {
            self.from.skip(&rest[..length])?;
            rest = &rest[length..];
        }
        self.levels.pop();
        Ok(None)
    }
}
