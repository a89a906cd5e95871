use super::{Node, scalar};
use samebox_data::rust_decimal::Decimal;
use samebox_data::uuid::Uuid;
use samebox_data::{Enumeration, Error, Reader, Result, Shape, Struct, Timestamp};
use samebox_sys::windows::com::Variant;
use std::borrow::Cow;
use std::vec::IntoIter;

/// Reads the parts of a call: its arguments, or its result.
pub(crate) struct NodeReader {
    parts: IntoIter<(usize, Node)>,
    /// What comes next.
    next: Option<Node>,
    open: Vec<Open>,
}

/// A container that more is read from.
enum Open {
    List(IntoIter<Node>),
    Map { entries: IntoIter<(String, Node)>, value: Option<Node> },
    Structure { of: &'static Struct, entries: IntoIter<(String, Node)> },
}

impl NodeReader {
    /// Of parts, each with its place; what was left out is not among them.
    pub(crate) fn new(parts: Vec<(usize, Node)>) -> Self {
        Self { parts: parts.into_iter(), next: None, open: Vec::new() }
    }

    fn take(&mut self) -> Result<Node> {
        self.next.take().ok_or(Error::Malformed("more is read than there is".into()))
    }

    fn scalar(&mut self, expected: &'static str) -> Result<Variant> {
        match self.take()? {
            Node::Scalar(value) => Ok(value),
            Node::List(_) => Err(Error::Unexpected { expected, found: "an array".into() }),
            Node::Record(_) => Err(Error::Unexpected { expected, found: "an object".into() }),
        }
    }

    fn entries(&mut self, expected: &'static str) -> Result<IntoIter<(String, Node)>> {
        match self.take()? {
            Node::Record(entries) => Ok(entries.into_iter()),
            Node::List(_) => Err(Error::Unexpected { expected, found: "an array".into() }),
            Node::Scalar(value) => Err(scalar::unexpected(expected, &value)),
        }
    }
}

fn misused() -> Error {
    Error::Malformed("it is read in another order than it has".into())
}

impl Reader for NodeReader {
    fn null(&mut self) -> Result<bool> {
        let is_null = self.next.as_ref().is_some_and(Node::is_null);
        if is_null {
            self.next = None;
        }
        Ok(is_null)
    }

    fn bool(&mut self) -> Result<bool> {
        scalar::bool(&self.scalar("a truth value")?)
    }

    fn int(&mut self) -> Result<i64> {
        scalar::int(&self.scalar("a whole number")?)
    }

    fn uint(&mut self) -> Result<u64> {
        scalar::uint(&self.scalar("a whole number")?)
    }

    fn float(&mut self) -> Result<f32> {
        scalar::float(&self.scalar("a number")?)
    }

    fn double(&mut self) -> Result<f64> {
        scalar::double(&self.scalar("a number")?)
    }

    fn char(&mut self) -> Result<char> {
        scalar::char(self.scalar("a character")?)
    }

    fn text(&mut self) -> Result<Cow<'_, str>> {
        scalar::text(self.scalar("text")?).map(Cow::Owned)
    }

    fn bytes(&mut self) -> Result<Cow<'_, [u8]>> {
        let expected = "bytes";
        let bytes = match self.take()? {
            Node::Scalar(Variant::Bytes(bytes)) => bytes,
            // Scripts that cannot make arrays of bytes have text.
            Node::Scalar(Variant::Text(text)) => text.into_bytes(),
            Node::List(items) => {
                let byte = |item| match item {
                    Node::Scalar(value) => u8::try_from(scalar::int(&value)?)
                        .map_err(|_| Error::OutOfRange { expected: "a byte" }),
                    _ => Err(Error::Unexpected { expected: "a byte", found: "an array".into() }),
                };
                items.into_iter().map(byte).collect::<Result<_>>()?
            }
            Node::Scalar(value) => return Err(scalar::unexpected(expected, &value)),
            Node::Record(_) => {
                return Err(Error::Unexpected { expected, found: "an object".into() });
            }
        };
        Ok(Cow::Owned(bytes))
    }

    fn timestamp(&mut self) -> Result<Timestamp> {
        scalar::timestamp(&self.scalar("a date")?)
    }

    fn time_span(&mut self) -> Result<i64> {
        scalar::time_span(&self.scalar("a span of time")?)
    }

    fn guid(&mut self) -> Result<Uuid> {
        let text = scalar::text(self.scalar("a GUID")?)?;
        let found = || Error::Unexpected { expected: "a GUID", found: "other text".into() };
        Uuid::try_parse(text.trim()).map_err(|_| found())
    }

    fn decimal(&mut self) -> Result<Decimal> {
        scalar::decimal(&self.scalar("a decimal")?)
    }

    fn variant(&mut self, of: &'static Enumeration) -> Result<usize> {
        scalar::variant(of, &self.scalar(of.name)?)
    }

    fn list(&mut self, _: &'static Shape) -> Result<usize> {
        match self.take()? {
            Node::List(items) => {
                let length = items.len();
                self.open.push(Open::List(items.into_iter()));
                Ok(length)
            }
            Node::Record(_) => {
                Err(Error::Unexpected { expected: "a list", found: "an object".into() })
            }
            Node::Scalar(value) => Err(scalar::unexpected("a list", &value)),
        }
    }

    fn item(&mut self) -> Result<bool> {
        let Some(Open::List(items)) = self.open.last_mut() else { return Err(misused()) };
        self.next = items.next();
        if self.next.is_none() {
            self.open.pop();
        }
        Ok(self.next.is_some())
    }

    fn map(&mut self, _: &'static Shape, _: &'static Shape) -> Result<usize> {
        let entries = self.entries("a map")?;
        let length = entries.len();
        self.open.push(Open::Map { entries, value: None });
        Ok(length)
    }

    fn key(&mut self) -> Result<bool> {
        let Some(Open::Map { entries, value }) = self.open.last_mut() else {
            return Err(misused());
        };
        let Some((key, found)) = entries.next() else {
            self.open.pop();
            self.next = None;
            return Ok(false);
        };
        *value = Some(found);
        self.next = Some(Node::Scalar(Variant::Text(key)));
        Ok(true)
    }

    fn value(&mut self) -> Result<()> {
        let Some(Open::Map { value, .. }) = self.open.last_mut() else { return Err(misused()) };
        self.next = value.take();
        Ok(())
    }

    fn structure(&mut self, of: &'static Struct) -> Result<()> {
        let entries = self.entries(of.name)?;
        self.open.push(Open::Structure { of, entries });
        Ok(())
    }

    fn member(&mut self) -> Result<Option<usize>> {
        match self.open.last_mut() {
            None => {
                let Some((place, node)) = self.parts.next() else { return Ok(None) };
                self.next = Some(node);
                Ok(Some(place))
            }
            Some(Open::Structure { of, entries }) => {
                for (name, node) in entries {
                    let place = of.members.iter().position(|member| member.name == name);
                    if place.is_some() {
                        self.next = Some(node);
                        return Ok(place);
                    }
                }
                self.next = None;
                self.open.pop();
                Ok(None)
            }
            Some(_) => Err(misused()),
        }
    }
}
