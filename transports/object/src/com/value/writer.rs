use super::{Node, scalar};
use samebox_data::rust_decimal::Decimal;
use samebox_data::uuid::Uuid;
use samebox_data::{Enumeration, Error, Result, Shape, Struct, Timestamp, Writer};
use samebox_sys::windows::com::Variant;

/// Makes nodes of the parts of a call: its arguments, or its result.
pub(crate) struct NodeWriter {
    /// What was written of each part.
    parts: Vec<Option<Node>>,
    /// The part that comes next.
    place: usize,
    open: Vec<Open>,
}

/// A container that more goes into.
enum Open {
    List(Vec<Node>),
    Map { entries: Vec<(String, Node)>, key: Key },
    Structure { of: &'static Struct, entries: Vec<(String, Node)>, place: usize },
}

/// Where a map is in its entries.
enum Key {
    Comes,
    Is(String),
}

impl NodeWriter {
    /// For so many parts.
    pub(crate) fn new(parts: usize) -> Self {
        Self { parts: vec![None; parts], place: 0, open: Vec::new() }
    }

    /// What was written; `None` for a part that was left out.
    pub(crate) fn finish(self) -> Vec<Option<Node>> {
        self.parts
    }

    fn put(&mut self, node: Node) -> Result<()> {
        match self.open.last_mut() {
            None => match self.parts.get_mut(self.place) {
                Some(part) => *part = Some(node),
                None => return Err(misused()),
            },
            Some(Open::List(items)) => items.push(node),
            Some(Open::Map { entries, key }) => match std::mem::replace(key, Key::Comes) {
                Key::Comes => *key = Key::Is(written_key(node)?),
                Key::Is(name) => entries.push((name, node)),
            },
            Some(Open::Structure { of, entries, place }) => {
                let member = of.members.get(*place).ok_or_else(misused)?;
                entries.push((member.name.into(), node));
            }
        }
        Ok(())
    }

    fn scalar(&mut self, value: Variant) -> Result<()> {
        self.put(Node::Scalar(value))
    }
}

fn misused() -> Error {
    Error::Malformed("more is written than there is room for".into())
}

/// A key as the name of a member.
fn written_key(key: Node) -> Result<String> {
    match key {
        Node::Scalar(value) => scalar::text(value),
        _ => Err(Error::Unexpected { expected: "a key that is text", found: "another".into() }),
    }
}

impl Writer for NodeWriter {
    fn null(&mut self) -> Result<()> {
        self.put(Node::NULL)
    }

    fn bool(&mut self, value: bool) -> Result<()> {
        self.scalar(Variant::Bool(value))
    }

    fn int(&mut self, value: i64) -> Result<()> {
        self.scalar(scalar::from_int(value))
    }

    fn uint(&mut self, value: u64) -> Result<()> {
        self.scalar(scalar::from_uint(value))
    }

    fn float(&mut self, value: f32) -> Result<()> {
        self.scalar(Variant::R8(value.into()))
    }

    fn double(&mut self, value: f64) -> Result<()> {
        self.scalar(Variant::R8(value))
    }

    fn char(&mut self, value: char) -> Result<()> {
        self.scalar(Variant::Text(value.into()))
    }

    fn text(&mut self, value: &str) -> Result<()> {
        self.scalar(Variant::Text(value.into()))
    }

    fn bytes(&mut self, value: &[u8]) -> Result<()> {
        self.scalar(Variant::Bytes(value.into()))
    }

    fn timestamp(&mut self, value: Timestamp) -> Result<()> {
        self.scalar(scalar::from_timestamp(value)?)
    }

    fn time_span(&mut self, ticks: i64) -> Result<()> {
        self.scalar(scalar::from_time_span(ticks))
    }

    fn guid(&mut self, value: Uuid) -> Result<()> {
        self.scalar(Variant::Text(crate::com::clsid::braced(value)))
    }

    fn decimal(&mut self, value: Decimal) -> Result<()> {
        self.scalar(Variant::Text(value.to_string()))
    }

    fn variant(&mut self, of: &'static Enumeration, index: usize) -> Result<()> {
        let variant = of.variants.get(index).ok_or_else(misused)?;
        self.scalar(Variant::Text(variant.name.into()))
    }

    fn list(&mut self, _: &'static Shape, _: usize) -> Result<()> {
        self.open.push(Open::List(Vec::new()));
        Ok(())
    }

    fn item(&mut self) -> Result<()> {
        Ok(())
    }

    fn map(&mut self, _: &'static Shape, _: &'static Shape, _: usize) -> Result<()> {
        self.open.push(Open::Map { entries: Vec::new(), key: Key::Comes });
        Ok(())
    }

    fn key(&mut self) -> Result<()> {
        Ok(())
    }

    fn value(&mut self) -> Result<()> {
        Ok(())
    }

    fn structure(&mut self, of: &'static Struct) -> Result<()> {
        self.open.push(Open::Structure { of, entries: Vec::new(), place: 0 });
        Ok(())
    }

    fn member(&mut self, index: usize) -> Result<()> {
        match self.open.last_mut() {
            Some(Open::Structure { place, .. }) => *place = index,
            _ => self.place = index,
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        let node = match self.open.pop().ok_or_else(misused)? {
            Open::List(items) => Node::List(items),
            Open::Map { entries, .. } | Open::Structure { entries, .. } => Node::Record(entries),
        };
        self.put(node)
    }
}
