//! A document as a tree, for those who do not know beforehand what is in it.

use crate::Error;
use crate::error::Limited;
use crate::nbfx::{self, Event, Reader, Text};

/// What a tree has at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Elements.
    pub nodes: usize,
    /// Bytes of text, attributes and names.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { nodes: 100_000, bytes: 16 << 20 }
    }
}

/// An element with all that is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The local name.
    pub name: String,
    /// The namespace or nothing.
    pub namespace: String,
    /// The attributes.
    pub attributes: Vec<Attribute>,
    /// The elements within.
    pub children: Vec<Element>,
    /// All its own text.
    pub text: String,
    /// What the text was on the wire.
    pub form: Form,
}

/// An attribute of an [`Element`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The local name.
    pub name: String,
    /// The namespace or nothing.
    pub namespace: String,
    /// The value as text; a prefix in it is resolved in `value_namespace`.
    pub value: String,
    /// What the prefix of the value stands for, if it has one that stands for something.
    pub value_namespace: Option<String>,
}

/// What a text was on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// No text at all.
    None,
    /// Characters, or several kinds.
    Chars,
    /// A number.
    Number,
    /// True or false.
    Bool,
    /// Bytes, here as base64.
    Bytes,
    /// A moment, a duration or an id.
    Other,
}

impl Form {
    fn of(text: &Text<'_>) -> Self {
        match text {
            Text::Bool(_) => Self::Bool,
            Text::Int(_) | Text::UInt(_) | Text::Float(_) | Text::Double(_) | Text::Decimal(_) => {
                Self::Number
            }
            Text::Bytes(_) => Self::Bytes,
            Text::DateTime(_) | Text::TimeSpan(_) | Text::Guid(_) | Text::UniqueId(_) => {
                Self::Other
            }
            _ => Self::Chars,
        }
    }
}

/// A tree in the making.
struct Builder {
    limits: Limits,
    nodes: usize,
    bytes: usize,
    open: Vec<Element>,
    /// Bytes of the open element that belong to one value, not yet base64.
    raw: Vec<u8>,
}

/// Reads an element that was just started, to its end.
///
/// # Errors
/// `TooLarge` beyond a limit, or as [`Reader::next`].
pub fn read(
    reader: &mut Reader<'_, '_>,
    start: nbfx::Element<'_>,
    limits: Limits,
) -> Result<Element, Error> {
    let mut builder = Builder { limits, nodes: 0, bytes: 0, open: Vec::new(), raw: Vec::new() };
    builder.start(reader, start)?;
    loop {
        match reader.next()? {
            Some(Event::Start(element)) => builder.start(reader, element)?,
            Some(Event::Text(text)) => builder.text(text)?,
            Some(Event::End) => {
                if let Some(element) = builder.end() {
                    return Ok(element);
                }
            }
            None => return Err(Error::violation(reader.position(), "the element does not end")),
        }
    }
}

impl Builder {
    fn count(&mut self, bytes: usize) -> Result<(), Error> {
        self.bytes += bytes;
        Error::bound(Limited::Text, self.bytes, self.limits.bytes)
    }

    fn start(&mut self, reader: &Reader<'_, '_>, start: nbfx::Element<'_>) -> Result<(), Error> {
        self.nodes += 1;
        Error::bound(Limited::Nodes, self.nodes, self.limits.nodes)?;
        self.count(start.name.text.len() + start.namespace.len())?;
        self.settle();
        let mut attributes = Vec::new();
        for attribute in reader.attributes() {
            let value = attribute.value.to_str().into_owned();
            let prefix = value.split_once(':').map(|(prefix, _)| prefix);
            let value_namespace = prefix.and_then(|prefix| reader.namespace(prefix));
            let names = attribute.name.text.len() + attribute.namespace.len();
            self.count(names + value.len() + value_namespace.map_or(0, str::len))?;
            attributes.push(Attribute {
                name: attribute.name.text.to_owned(),
                namespace: attribute.namespace.to_owned(),
                value_namespace: value_namespace.map(str::to_owned),
                value,
            });
        }
        self.open.push(Element {
            name: start.name.text.to_owned(),
            namespace: start.namespace.to_owned(),
            attributes,
            children: Vec::new(),
            text: String::new(),
            form: Form::None,
        });
        Ok(())
    }

    fn text(&mut self, text: Text<'_>) -> Result<(), Error> {
        let form = match (self.open.last().map(|open| open.form), Form::of(&text)) {
            (Some(Form::None) | None, form) => form,
            (Some(Form::Bytes), Form::Bytes) => Form::Bytes,
            _ => Form::Chars,
        };
        if form == Form::Bytes
            && let Text::Bytes(bytes) = text
        {
            self.count(bytes.len())?;
            self.raw.extend_from_slice(bytes);
        } else {
            self.settle();
            let text = text.to_str();
            self.count(text.len())?;
            if let Some(open) = self.open.last_mut() {
                open.text.push_str(&text);
            }
        }
        if let Some(open) = self.open.last_mut() {
            open.form = form;
        }
        Ok(())
    }

    /// Makes base64 of the bytes so far.
    fn settle(&mut self) {
        if let Some(open) = self.open.last_mut().filter(|_| !self.raw.is_empty()) {
            open.text.push_str(&crate::value::to_base64(&self.raw));
            self.raw.clear();
        }
    }

    /// Ends the innermost element; gives it when it was the last.
    fn end(&mut self) -> Option<Element> {
        self.settle();
        let element = self.open.pop()?;
        match self.open.last_mut() {
            Some(parent) => {
                parent.children.push(element);
                None
            }
            None => Some(element),
        }
    }
}

impl Element {
    /// The first element within that has this name, in any namespace.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Whether it says to be nothing at all, by `i:nil`.
    pub fn is_nil(&self) -> bool {
        const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
        self.attributes.iter().any(|attribute| {
            let nil = attribute.name == "nil" && attribute.namespace == INSTANCE;
            nil && matches!(attribute.value.as_str(), "true" | "1")
        })
    }
}
