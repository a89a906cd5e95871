use super::Word;
use super::cursor::Cursor;

/// What a [`Reader`](super::Reader) keeps while it reads; used again and again, it allocates no more.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    bindings: Vec<Binding>,
    /// Where the attributes of the current element stand in the document.
    pub(super) attributes: Vec<u32>,
}

/// A prefix and what it stands for, as places in the document.
#[derive(Clone, Copy, Debug)]
struct Binding {
    depth: u32,
    /// [`key`] of the prefix.
    key: u8,
    prefix: Span,
    namespace: Span,
    /// The id that stood for the namespace.
    id: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    length: u32,
}

/// Tells most prefixes apart: none, one of one byte, longer.
fn key(prefix: &str) -> u8 {
    match prefix.as_bytes() {
        [] => 0,
        [byte] => *byte,
        _ => LONGER,
    }
}

/// No text in UTF-8 has this byte.
const LONGER: u8 = 0xFF;

impl Memory {
    /// How many declarations are in scope.
    pub(super) const fn bindings(&self) -> usize {
        self.bindings.len()
    }

    /// Adds a declaration that was just read from `document`.
    pub(super) fn bind(
        &mut self,
        depth: usize,
        document: &Cursor<'_>,
        prefix: &str,
        namespace: Word<'_>,
    ) {
        let text = if namespace.id.is_some() { "" } else { namespace.text };
        self.bindings.push(Binding {
            depth: depth as u32,
            key: key(prefix),
            prefix: Span::new(document, prefix),
            namespace: Span::new(document, text),
            id: namespace.id,
        });
    }

    /// Drops the declarations of elements deeper than `depth`.
    #[inline]
    pub(super) fn forget(&mut self, depth: usize) {
        while self.bindings.last().is_some_and(|last| last.depth as usize > depth) {
            self.bindings.pop();
        }
    }

    /// What a prefix stands for.
    #[inline]
    pub(super) fn namespace<'a>(&self, document: &Cursor<'a>, prefix: &str) -> Option<Word<'a>> {
        const XML: Word<'static> = Word { text: "http://www.w3.org/XML/1998/namespace", id: None };
        let key = key(prefix);
        let same = |binding: &&Binding| {
            let alike = binding.key == key;
            alike && (key != LONGER || binding.prefix.of(document) == prefix.as_bytes())
        };
        let Some(binding) = self.bindings.iter().rev().find(same) else {
            return (prefix == "xml").then_some(XML);
        };
        let text = match binding.id {
            Some(id) => document.words.string(id)?,
            None => std::str::from_utf8(binding.namespace.of(document)).ok()?,
        };
        Some(Word { text, id: binding.id })
    }
}

impl Span {
    fn new(document: &Cursor<'_>, part: &str) -> Self {
        let start = if part.is_empty() { 0 } else { document.place_of(part) as u32 };
        Self { start, length: part.len() as u32 }
    }

    fn of<'a>(self, document: &Cursor<'a>) -> &'a [u8] {
        let start = self.start as usize;
        &document.bytes[start..start + self.length as usize]
    }
}
