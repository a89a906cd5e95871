//! The writer of D-Bus values: what is written is checked against the shapes of the contract.

use super::DEPTH;
use super::buffer::{ArrayStart, Buffer};
use super::signature::{first_code, is_open, of_shape};
use super::text;
use samebox_data::rust_decimal::Decimal;
use samebox_data::uuid::Uuid;
use samebox_data::{Enumeration, Error, Parameter, Result, Shape, Struct, Timestamp, Writer};
use std::mem;

/// Which values a body has.
#[derive(Clone, Copy)]
pub(crate) enum Expected<'a> {
    /// The arguments of an operation.
    Parameters(&'a [Parameter]),
    /// Its result.
    Result(&'static Shape),
}

impl Expected<'_> {
    fn get(self, index: usize) -> Option<&'static Shape> {
        match self {
            Self::Parameters(parameters) => parameters.get(index).map(|one| (one.shape)()),
            Self::Result(shape) => (index == 0).then_some(shape),
        }
    }

    pub(super) fn len(self) -> usize {
        match self {
            Self::Parameters(parameters) => parameters.len(),
            Self::Result(_) => 1,
        }
    }

    fn name(self, index: usize) -> std::borrow::Cow<'static, str> {
        match self {
            Self::Parameters(parameters) => parameters.get(index).map(|one| one.name.clone()),
            Self::Result(_) => None,
        }
        .unwrap_or("result".into())
    }
}

/// Writes values.
pub(crate) struct Encoder<'a> {
    to: Buffer<'a>,
    levels: Vec<Level<'a>>,
    /// What has been announced and not been written.
    expected: Option<&'static Shape>,
    /// The structures around it, out to the innermost variant.
    open: Vec<&'static Struct>,
}

/// A container that has been begun and not been ended.
struct Level<'a> {
    kind: Kind<'a>,
    /// The arrays of values that may be absent, whose value it is.
    options: Vec<ArrayStart>,
}

enum Kind<'a> {
    Parts { parts: Expected<'a>, next: usize },
    List { item: &'static Shape, start: ArrayStart },
    Map { key: &'static Shape, value: &'static Shape, start: ArrayStart },
    Structure { of: &'static Struct, next: usize, outside: Option<Vec<&'static Struct>> },
}

impl<'a> Encoder<'a> {
    /// A writer of arguments, or of a result.
    pub(crate) fn parts(out: &'a mut Vec<u8>, parts: Expected<'a>) -> Self {
        let mut encoder = Self::new(Buffer::new(out));
        let kind = Kind::Parts { parts, next: 0 };
        encoder.levels.push(Level { kind, options: Vec::new() });
        encoder
    }

    /// A writer of the detail of a fault, behind its reason.
    ///
    /// # Errors
    /// A reason that D-Bus cannot carry.
    pub(crate) fn fault(
        out: &'a mut Vec<u8>,
        reason: &str,
        detail: &'static Shape,
    ) -> Result<Self> {
        let mut encoder = Self::new(Buffer::new(out));
        encoder.to.text(reason)?;
        encoder.expected = Some(detail);
        Ok(encoder)
    }

    fn new(to: Buffer<'a>) -> Self {
        Self { to, levels: Vec::new(), expected: None, open: Vec::new() }
    }

    /// Ends what was written; what was left out is absent.
    ///
    /// # Errors
    /// A value is missing.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.settle()?;
        match self.levels.pop() {
            None => Ok(()),
            Some(Level { kind: Kind::Parts { parts, next }, .. }) if self.levels.is_empty() => self
                .leave_out(next..parts.len(), |index| parts.get(index))
                .map_err(|index| Error::Missing { name: parts.name(index) }),
            Some(_) => Err(Error::Malformed("a value was not ended".into())),
        }
    }

    /// Writes that parts are absent; tells which cannot be.
    fn leave_out(
        &mut self,
        parts: std::ops::Range<usize>,
        shape: impl Fn(usize) -> Option<&'static Shape>,
    ) -> Result<(), usize> {
        for index in parts {
            self.expected = shape(index);
            self.null().map_err(|_| index)?;
        }
        Ok(())
    }

    /// Passes over a part that was announced and whose writing wrote nothing.
    fn settle(&mut self) -> Result<()> {
        if self.expected.is_some() { self.null() } else { Ok(()) }
    }

    /// Takes what is to be written, in the arrays of values that may be absent.
    fn begin(&mut self) -> Result<(&'static Shape, Vec<ArrayStart>)> {
        let announced = self.expected.take();
        let mut shape =
            announced.ok_or(Error::Malformed("a value was written that has no place".into()))?;
        let mut options = Vec::new();
        while let Shape::Option(item) = shape {
            shape = item();
            options.push(self.to.begin_array(first_code(shape, &self.open)));
        }
        Ok((shape, options))
    }

    fn close(&mut self, options: Vec<ArrayStart>) -> Result<()> {
        options.into_iter().rev().try_for_each(|option| self.to.end_array(option))
    }

    /// Writes something simple; `None` says that it is none of the shape.
    fn simple(
        &mut self,
        found: &'static str,
        write: impl FnOnce(&mut Buffer<'a>, &'static Shape) -> Option<Result<()>>,
    ) -> Result<()> {
        let (shape, options) = self.begin()?;
        let unexpected = || Error::Unexpected { expected: shape.name(), found: found.into() };
        write(&mut self.to, shape).ok_or_else(unexpected)??;
        self.close(options)
    }

    /// Writes what stands as text.
    fn as_text(&mut self, found: &'static str, value: &str) -> Result<()> {
        self.simple(found, |to, shape| (first_code(shape, &[]) == b's').then(|| to.text(value)))
    }

    fn whole(&mut self, value: i128) -> Result<()> {
        self.simple("a whole number", |to, shape| match first_code(shape, &[]) {
            b'd' => {
                #[expect(clippy::cast_precision_loss)]
                to.number((value as f64).to_le_bytes());
                Some(Ok(()))
            }
            code @ (b'y' | b'n' | b'q' | b'i' | b'u' | b'x' | b't') => Some(to.whole(code, value)),
            _ => None,
        })
    }

    fn push(&mut self, kind: Kind<'a>, options: Vec<ArrayStart>) -> Result<()> {
        self.levels.push(Level { kind, options });
        if self.levels.len() > DEPTH { Err(Error::TooDeep { limit: DEPTH }) } else { Ok(()) }
    }

    fn misplaced<T>(&mut self) -> Result<T> {
        Err(Error::Malformed("a part was announced outside of its container".into()))
    }
}

impl Writer for Encoder<'_> {
    fn null(&mut self) -> Result<()> {
        let expected = self.expected.take();
        match expected {
            Some(Shape::Option(item)) => {
                let start = self.to.begin_array(first_code(item(), &self.open));
                self.to.end_array(start)
            }
            None | Some(Shape::Unit) => Ok(()),
            Some(other) => Err(Error::Null { expected: other.name() }),
        }
    }

    fn bool(&mut self, value: bool) -> Result<()> {
        self.simple("a truth value", |to, shape| {
            matches!(shape, Shape::Bool).then(|| {
                to.bool(value);
                Ok(())
            })
        })
    }

    fn int(&mut self, value: i64) -> Result<()> {
        self.whole(value.into())
    }

    fn uint(&mut self, value: u64) -> Result<()> {
        self.whole(value.into())
    }

    fn float(&mut self, value: f32) -> Result<()> {
        self.double(value.into())
    }

    fn double(&mut self, value: f64) -> Result<()> {
        self.simple("a number", |to, shape| {
            matches!(shape, Shape::F32 | Shape::F64).then(|| {
                to.number(value.to_le_bytes());
                Ok(())
            })
        })
    }

    fn char(&mut self, value: char) -> Result<()> {
        self.as_text("a character", value.encode_utf8(&mut [0; 4]))
    }

    fn text(&mut self, value: &str) -> Result<()> {
        self.as_text("text", value)
    }

    fn bytes(&mut self, value: &[u8]) -> Result<()> {
        self.simple("bytes", |to, shape| matches!(shape, Shape::Bytes).then(|| to.bytes(value)))
    }

    fn timestamp(&mut self, value: Timestamp) -> Result<()> {
        self.as_text("a date", &text::of_timestamp(value)?)
    }

    fn time_span(&mut self, ticks: i64) -> Result<()> {
        self.whole(ticks.into())
    }

    fn guid(&mut self, value: Uuid) -> Result<()> {
        self.as_text("a GUID", value.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }

    fn decimal(&mut self, value: Decimal) -> Result<()> {
        self.as_text("a decimal", &value.to_string())
    }

    fn variant(&mut self, of: &'static Enumeration, index: usize) -> Result<()> {
        let unknown = || Error::UnknownVariant { of: of.name, found: index.to_string() };
        self.as_text("a name of an enum", of.variants.get(index).ok_or_else(unknown)?.name)
    }

    fn list(&mut self, _: &'static Shape, _: usize) -> Result<()> {
        let (shape, options) = self.begin()?;
        let Shape::List(item) = shape else {
            return Err(Error::Unexpected { expected: shape.name(), found: "a list".into() });
        };
        let start = self.to.begin_array(first_code(item(), &self.open));
        self.push(Kind::List { item: item(), start }, options)
    }

    fn item(&mut self) -> Result<()> {
        self.settle()?;
        match self.levels.last() {
            Some(Level { kind: Kind::List { item, .. }, .. }) => self.expected = Some(item),
            _ => return self.misplaced(),
        }
        Ok(())
    }

    fn map(&mut self, _: &'static Shape, _: &'static Shape, _: usize) -> Result<()> {
        let (shape, options) = self.begin()?;
        let Shape::Map(key, value) = shape else {
            return Err(Error::Unexpected { expected: shape.name(), found: "a map".into() });
        };
        let start = self.to.begin_array(b'{');
        self.push(Kind::Map { key: key(), value: value(), start }, options)
    }

    fn key(&mut self) -> Result<()> {
        self.settle()?;
        match self.levels.last() {
            Some(Level { kind: Kind::Map { key, .. }, .. }) => self.expected = Some(key),
            _ => return self.misplaced(),
        }
        self.to.align(b'{');
        Ok(())
    }

    fn value(&mut self) -> Result<()> {
        self.settle()?;
        match self.levels.last() {
            Some(Level { kind: Kind::Map { value, .. }, .. }) => self.expected = Some(value),
            _ => return self.misplaced(),
        }
        Ok(())
    }

    fn structure(&mut self, of: &'static Struct) -> Result<()> {
        let (shape, options) = self.begin()?;
        if !matches!(shape, Shape::Struct(expected) if std::ptr::eq(*expected, of)) {
            return Err(Error::Unexpected { expected: shape.name(), found: of.name.into() });
        }
        let mut outside = None;
        if is_open(of, &self.open) {
            let signature = of_shape(shape).map_err(|why| Error::Malformed(why.into()))?;
            self.to.signature(&signature)?;
            outside = Some(mem::take(&mut self.open));
        }
        self.open.push(of);
        self.to.align(b'(');
        if of.members.is_empty() {
            self.to.byte(0);
        }
        self.push(Kind::Structure { of, next: 0, outside }, options)
    }

    fn member(&mut self, index: usize) -> Result<()> {
        self.settle()?;
        let (missing, of, parts) = match self.levels.last_mut().map(|level| &mut level.kind) {
            Some(Kind::Structure { of, next, .. }) if *next <= index => {
                (mem::replace(next, index + 1)..index, Some(*of), None)
            }
            Some(Kind::Parts { parts, next }) if *next <= index => {
                (mem::replace(next, index + 1)..index, None, Some(*parts))
            }
            _ => return self.misplaced(),
        };
        let shape = |index: usize| match (of, parts) {
            (Some(of), _) => of.members.get(index).map(|member| (member.shape)()),
            (None, Some(parts)) => parts.get(index),
            (None, None) => None,
        };
        self.leave_out(missing, shape).map_err(|index| Error::Missing {
            name: match (of, parts) {
                (None, Some(parts)) => parts.name(index),
                _ => of.and_then(|of| of.members.get(index)).map_or("", |one| one.name).into(),
            },
        })?;
        self.expected = shape(index);
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        self.settle()?;
        let Some(Level { kind, options }) = self.levels.pop() else { return self.misplaced() };
        match kind {
            Kind::Parts { .. } => return self.misplaced(),
            Kind::List { start, .. } | Kind::Map { start, .. } => self.to.end_array(start)?,
            Kind::Structure { of, next, outside } => {
                let member = |index: usize| of.members.get(index);
                self.leave_out(next..of.members.len(), |index| {
                    member(index).map(|one| (one.shape)())
                })
                .map_err(|index| Error::Missing {
                    name: member(index).map_or("", |one| one.name).into(),
                })?;
                self.open.pop();
                if let Some(outside) = outside {
                    self.open = outside;
                }
            }
        }
        self.close(options)
    }
}
