//! The writer of D-Bus values: what is written is checked against the shapes of the contract.

use super::DEPTH;
use super::node::Node;
use super::signature::{is_open, is_text, of_structure, of_whole};
use super::text;
use samebox_data::rust_decimal::Decimal;
use samebox_data::uuid::Uuid;
use samebox_data::{Enumeration, Error, Parameter, Result, Shape, Struct, Timestamp, Writer};
use std::mem;
use zbus::wire::Signature;

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

/// Values that have been written.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) values: Vec<Node<'static>>,
    /// How many bytes they take, about.
    pub(crate) size: usize,
}

/// Writes values.
pub(crate) struct Encoder<'a> {
    to: Written,
    levels: Vec<Level<'a>>,
    /// What has been announced and not been written.
    expected: Option<&'static Shape>,
    /// The structures around it, out to the innermost variant.
    open: Vec<&'static Struct>,
}

/// A container that has been begun and not been ended.
struct Level<'a> {
    kind: Kind<'a>,
    /// In how many arrays of values that may be absent it is.
    options: usize,
}

enum Kind<'a> {
    Parts { parts: Expected<'a>, next: usize },
    List { item: &'static Shape, items: Vec<Node<'static>> },
    Map { key: &'static Shape, value: &'static Shape, entries: Entries },
    Structure { of: &'static Struct, next: usize, members: Vec<Node<'static>>, outside: Outside },
}

/// The entries of a map that are whole, and the key of the next one.
type Entries = (Vec<(Node<'static>, Node<'static>)>, Option<Node<'static>>);

/// The structures around a variant; `None` for a structure that is in none.
type Outside = Option<Vec<&'static Struct>>;

impl<'a> Encoder<'a> {
    /// A writer of arguments, or of a result.
    pub(crate) fn parts(parts: Expected<'a>) -> Self {
        let mut encoder = Self::new(Written::default());
        encoder.levels.push(Level { kind: Kind::Parts { parts, next: 0 }, options: 0 });
        encoder
    }

    /// A writer of the detail of a fault, behind its reason.
    ///
    /// # Errors
    /// A reason that D-Bus cannot carry.
    pub(crate) fn fault(reason: &str, detail: &'static Shape) -> Result<Self> {
        let values = vec![Node::of_text(reason)?];
        let mut encoder = Self::new(Written { values, size: reason.len() });
        encoder.expected = Some(detail);
        Ok(encoder)
    }

    fn new(to: Written) -> Self {
        Self { to, levels: Vec::new(), expected: None, open: Vec::new() }
    }

    /// Ends what was written; what was left out is absent.
    ///
    /// # Errors
    /// A value is missing.
    pub(crate) fn finish(mut self) -> Result<Written> {
        self.settle()?;
        match self.levels.last() {
            None => {}
            Some(Level { kind: Kind::Parts { parts, next }, .. }) if self.levels.len() == 1 => {
                let (parts, next) = (*parts, *next);
                self.leave_out(next..parts.len(), |index| parts.get(index))
                    .map_err(|index| Error::Missing { name: parts.name(index) })?;
            }
            Some(_) => return Err(Error::Malformed("a value was not ended".into())),
        }
        Ok(self.to)
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

    /// Takes what is to be written, and in how many arrays of values that may be absent it is.
    fn begin(&mut self) -> Result<(&'static Shape, usize)> {
        let announced = self.expected.take();
        let mut shape =
            announced.ok_or(Error::Malformed("a value was written that has no place".into()))?;
        let mut options = 0;
        while let Shape::Option(item) = shape {
            shape = item();
            options += 1;
        }
        Ok((shape, options))
    }

    /// Puts a value where it belongs.
    fn place(&mut self, node: Node<'static>, options: usize) {
        let node = (0..options).fold(node, |node, _| Node::List(vec![node]));
        match self.levels.last_mut().map(|level| &mut level.kind) {
            None | Some(Kind::Parts { .. }) => self.to.values.push(node),
            Some(Kind::List { items, .. }) => items.push(node),
            Some(Kind::Map { entries: (entries, key), .. }) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => *key = Some(node),
            },
            Some(Kind::Structure { members, .. }) => members.push(node),
        }
    }

    /// Writes something simple; `None` says that it is none of the shape.
    fn simple(
        &mut self,
        found: &'static str,
        size: usize,
        make: impl FnOnce(&'static Shape) -> Option<Result<Node<'static>>>,
    ) -> Result<()> {
        let (shape, options) = self.begin()?;
        let unexpected = || Error::Unexpected { expected: shape.name(), found: found.into() };
        let node = make(shape).ok_or_else(unexpected)??;
        self.to.size = self.to.size.saturating_add(size);
        self.place(node, options);
        Ok(())
    }

    /// Writes what stands as text.
    fn as_text(&mut self, found: &'static str, value: &str) -> Result<()> {
        self.simple(found, value.len() + 5, |shape| is_text(shape).then(|| Node::of_text(value)))
    }

    fn whole(&mut self, value: i128) -> Result<()> {
        self.simple("a whole number", 8, |shape| {
            of_whole(shape).map(|of| Node::of_whole(&of, value))
        })
    }

    fn push(&mut self, kind: Kind<'a>, options: usize) -> Result<()> {
        self.to.size = self.to.size.saturating_add(8);
        self.levels.push(Level { kind, options });
        if self.levels.len() > DEPTH { Err(Error::TooDeep { limit: DEPTH }) } else { Ok(()) }
    }

    /// The value of a structure that is whole; in a variant where it is within itself.
    fn close_structure(
        &mut self,
        of: &'static Struct,
        members: Vec<Node<'static>>,
        outside: Outside,
    ) -> Result<Node<'static>> {
        self.open.pop();
        let Some(outside) = outside else { return Ok(Node::Structure(members)) };
        self.open = outside;
        let why = |why: String| Error::Malformed(why.into());
        let signature = of_structure(of).map_err(why)?;
        let signature = Signature::try_from(signature.as_str());
        let signature = signature.map_err(|error| why(error.to_string()))?;
        Ok(Node::Variant(Box::new((signature, Node::Structure(members)))))
    }

    fn misplaced<T>(&mut self) -> Result<T> {
        Err(Error::Malformed("a part was announced outside of its container".into()))
    }
}

impl Writer for Encoder<'_> {
    fn null(&mut self) -> Result<()> {
        let expected = self.expected.take();
        match expected {
            Some(Shape::Option(_)) => {
                self.place(Node::List(Vec::new()), 0);
                Ok(())
            }
            None | Some(Shape::Unit) => Ok(()),
            Some(other) => Err(Error::Null { expected: other.name() }),
        }
    }

    fn bool(&mut self, value: bool) -> Result<()> {
        self.simple("a truth value", 4, |shape| {
            matches!(shape, Shape::Bool).then_some(Ok(Node::Bool(value)))
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
        self.simple("a number", 8, |shape| {
            matches!(shape, Shape::F32 | Shape::F64).then_some(Ok(Node::F64(value)))
        })
    }

    fn char(&mut self, value: char) -> Result<()> {
        self.as_text("a character", value.encode_utf8(&mut [0; 4]))
    }

    fn text(&mut self, value: &str) -> Result<()> {
        self.as_text("text", value)
    }

    fn bytes(&mut self, value: &[u8]) -> Result<()> {
        self.simple("bytes", value.len() + 4, |shape| {
            matches!(shape, Shape::Bytes).then(|| Ok(Node::Bytes(value.to_vec().into())))
        })
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
        self.push(Kind::List { item: item(), items: Vec::new() }, options)
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
        self.push(Kind::Map { key: key(), value: value(), entries: Entries::default() }, options)
    }

    fn key(&mut self) -> Result<()> {
        self.settle()?;
        match self.levels.last() {
            Some(Level { kind: Kind::Map { key, .. }, .. }) => self.expected = Some(key),
            _ => return self.misplaced(),
        }
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
        let outside = is_open(of, &self.open).then(|| mem::take(&mut self.open));
        self.open.push(of);
        // D-Bus has no structure without members.
        let members = if of.members.is_empty() { vec![Node::U8(0)] } else { Vec::new() };
        self.push(Kind::Structure { of, next: 0, members, outside }, options)
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
        if let Some(Level { kind: Kind::Structure { of, next, .. }, .. }) = self.levels.last() {
            let (members, next) = (of.members, *next);
            let shape = |index: usize| members.get(index).map(|member| (member.shape)());
            self.leave_out(next..members.len(), shape).map_err(|index| Error::Missing {
                name: members.get(index).map_or("", |one| one.name).into(),
            })?;
        }
        let Some(Level { kind, options }) = self.levels.pop() else { return self.misplaced() };
        let node = match kind {
            Kind::Parts { .. } => return self.misplaced(),
            Kind::List { items, .. } => Node::List(items),
            Kind::Map { entries: (entries, _), .. } => Node::Map(entries),
            Kind::Structure { of, members, outside, .. } => {
                self.close_structure(of, members, outside)?
            }
        };
        self.place(node, options);
        Ok(())
    }
}
