use super::{Text, Word};

/// The start of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    /// The prefix or nothing; no more than a hint, as any may stand for a namespace.
    pub prefix: &'a str,
    /// The local name.
    pub name: Word<'a>,
    /// The namespace or nothing.
    pub namespace: &'a str,
    /// The id that the namespace was declared with.
    pub namespace_id: Option<u32>,
}

impl Element<'_> {
    /// Whether it has that namespace and name.
    #[inline]
    pub fn is(&self, namespace: &str, name: &str) -> bool {
        self.name.text == name && self.namespace == namespace
    }

    /// Whether it has the namespace and the name of these static ids; the fastest way to ask.
    #[inline]
    pub fn is_static(&self, namespace: u32, name: u32) -> bool {
        self.name.is_static(name) && self.namespace().is_static(namespace)
    }

    /// The namespace as it was declared.
    #[inline]
    pub fn namespace(&self) -> Word<'_> {
        Word { text: self.namespace, id: self.namespace_id }
    }
}

/// What comes next in a document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// An element starts; its attributes are at [`Reader::attributes`](super::Reader::attributes).
    Start(Element<'a>),
    /// Text; several in a row belong together.
    Text(Text<'a>),
    /// The innermost element ends.
    End,
}

/// An attribute, its namespace resolved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attribute<'a> {
    /// The prefix or nothing.
    pub prefix: &'a str,
    /// The local name.
    pub name: Word<'a>,
    /// The namespace; nothing without a prefix.
    pub namespace: &'a str,
    /// The value.
    pub value: Text<'a>,
}
