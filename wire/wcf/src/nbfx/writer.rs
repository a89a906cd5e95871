use super::{Array, Name, Record, Text};
use crate::dictionary::Sent;
use crate::mb;

/// .NET's writer collects this many bytes before it hands them on.
///
/// Whether a text is merged with the end of its element depends on whether it is still there.
const BUFFER: usize = 512;

/// No text is waiting to be merged with an end.
const NONE: usize = usize::MAX;

/// Appends a document to a `Vec<u8>` in the layout of .NET's writer.
///
/// Prefixes and namespaces are the caller's: what is declared with [`xmlns`](Self::xmlns) and used as
/// prefix is not checked. An element is started, gets its attributes and declarations in any order,
/// then its content, and is ended.
///
/// ```
/// use samebox_wcf_wire::nbfx::{Name, Writer};
///
/// let mut bytes = Vec::new();
/// let mut writer = Writer::new(&mut bytes, None);
/// writer.start("", Name::Inline("n"));
/// writer.text(5);
/// writer.end();
/// assert_eq!(bytes, [0x40, 1, b'n', 0x89, 5]);
/// ```
#[derive(Debug)]
pub struct Writer<'w> {
    pub(super) out: &'w mut Vec<u8>,
    words: Option<&'w mut Sent>,
    /// Where .NET's buffer was last emptied.
    emptied: usize,
    /// Where the record stands that an end would be merged with.
    pub(super) open_text: usize,
}

impl<'w> Writer<'w> {
    /// A writer of a document that starts at the end of `out`; without `words` known names
    /// stand as they are.
    pub fn new(out: &'w mut Vec<u8>, words: Option<&'w mut Sent>) -> Self {
        let emptied = out.len();
        Self { out, words, emptied, open_text: NONE }
    }

    /// Starts an element.
    #[inline]
    pub fn start<'n>(&mut self, prefix: &str, name: impl Into<Name<'n>>) {
        self.named([0x44, 0x5E, 0x42, 0x40], prefix, name.into());
    }

    /// Ends the innermost element.
    #[inline]
    pub fn end(&mut self) {
        if self.open_text == NONE {
            self.node(0x01);
        } else {
            self.out[self.open_text] += 1;
            self.open_text = NONE;
        }
    }

    /// Writes an attribute of the element just started.
    #[inline]
    pub fn attribute<'n>(
        &mut self,
        prefix: &str,
        name: impl Into<Name<'n>>,
        value: impl Into<Text<'n>>,
    ) {
        self.named([0x0C, 0x26, 0x06, 0x04], prefix, name.into());
        let before = self.out.len();
        self.write_whole(value.into());
        if self.out.len() == before {
            self.text_node(0xA8);
        }
        self.open_text = NONE;
    }

    /// Declares a namespace on the element just started; the default one for no prefix.
    #[inline]
    pub fn xmlns<'n>(&mut self, prefix: &str, namespace: impl Into<Name<'n>>) {
        let namespace = self.key(namespace.into());
        let code = if prefix.is_empty() { 0x08 } else { 0x09 };
        self.node(if namespace.is_ok() { code + 2 } else { code });
        if !prefix.is_empty() {
            self.name(prefix);
        }
        self.id_or_name(namespace);
    }

    /// Writes content in its smallest form; an empty text writes nothing.
    #[inline]
    pub fn text<'n>(&mut self, text: impl Into<Text<'n>>) {
        self.write_text(text.into());
    }

    /// Writes text by id where that is possible, as .NET does with strings that it knows beforehand.
    #[inline]
    pub fn word<'n>(&mut self, word: impl Into<Name<'n>>) {
        match self.key(word.into()) {
            Ok(id) => {
                self.text_node(0xAA);
                self.integer(id);
            }
            Err(text) => self.write_text(Text::Chars(text)),
        }
    }

    /// Writes a qualified name: by id after a prefix of one letter, or else in pieces.
    pub fn qname<'n>(&mut self, prefix: &str, name: impl Into<Name<'n>>) {
        match (self.key(name.into()), prefix.as_bytes()) {
            (Ok(id), [letter @ b'a'..=b'z']) => {
                self.text_node(0xBC);
                self.room(1);
                self.out.push(letter - b'a');
                self.integer(id);
            }
            (name, _) => {
                self.text(prefix);
                if !prefix.is_empty() {
                    self.text(":");
                }
                self.word(name.map_or_else(Name::Inline, Name::Id));
            }
        }
    }

    /// Writes one element for each value as a single record; nothing when there are none.
    ///
    /// `start` starts the element, with its declarations.
    pub fn array(&mut self, start: impl FnOnce(&mut Self), values: Array<'_>) {
        if values.is_empty() {
            return;
        }
        self.node(0x03);
        start(self);
        self.end();
        self.node(values.code());
        self.integer(values.len() as u32);
        let width = match values {
            Array::DateTime(_) | Array::TimeSpan(_) => 8,
            Array::Guid(_) => 16,
            // These go past .NET's buffer all at once.
            _ => {
                self.empty_buffer();
                values.each(|bytes| self.out.extend_from_slice(bytes));
                return self.empty_buffer();
            }
        };
        values.each(|bytes| {
            self.room(width);
            self.out.extend_from_slice(bytes);
        });
    }

    /// Writes a record as it was read; texts come out in .NET's form.
    pub fn record(&mut self, record: &Record<'_>) {
        match *record {
            Record::Element { prefix, name } => self.start(prefix, name),
            Record::Attribute { prefix, name, value } => self.attribute(prefix, name, value),
            Record::Xmlns { prefix, namespace } => self.xmlns(prefix, namespace),
            Record::Text(text, ends) => {
                self.text(text);
                if ends {
                    self.end();
                }
            }
            Record::End => self.end(),
            Record::Comment(text) => {
                self.node(0x02);
                self.name(text);
            }
            Record::Array => self.node(0x03),
            Record::Values(values) => {
                values.encode(self.out);
                self.empty_buffer();
            }
        }
    }

    /// Writes a name under one of four codes: letter and id, letter and text, id, text.
    ///
    /// The codes for a longer prefix follow those without one.
    #[inline]
    fn named(&mut self, codes: [u8; 4], prefix: &str, name: Name<'_>) {
        let [letter_id, letter_text, id, text] = codes;
        let name = self.key(name);
        let (with_letter, without) =
            if name.is_ok() { (letter_id, id) } else { (letter_text, text) };
        match prefix.as_bytes() {
            [] => self.node(without),
            [letter @ b'a'..=b'z'] => self.node(with_letter + (letter - b'a')),
            _ => {
                self.node(without + 1);
                self.name(prefix);
            }
        }
        self.id_or_name(name);
    }

    /// The id of a name, or its text if it has none.
    #[inline]
    fn key<'n>(&mut self, name: Name<'n>) -> Result<u32, &'n str> {
        match name {
            Name::Id(id) => Ok(id),
            Name::Inline(text) => Err(text),
            Name::Known(text) => self.words.as_mut().and_then(|words| words.id(text)).ok_or(text),
        }
    }

    #[inline]
    fn id_or_name(&mut self, name: Result<u32, &str>) {
        match name {
            Ok(id) => self.integer(id),
            Err(text) => self.name(text),
        }
    }

    fn name(&mut self, text: &str) {
        let units = super::writer_text::units(text);
        // .NET reserves three bytes for each character of a short name before it measures it.
        if units < 42 {
            self.room(1 + 3 * units);
            self.out.push(text.len() as u8);
            self.out.extend_from_slice(text.as_bytes());
        } else {
            self.integer(text.len() as u32);
            self.utf8(text);
        }
    }

    /// Writes the first byte of a record that no end can be merged with.
    #[inline]
    pub(super) fn node(&mut self, code: u8) {
        self.room(1);
        self.out.push(code);
        self.open_text = NONE;
    }

    /// Writes the first byte of a text record.
    #[inline]
    pub(super) fn text_node(&mut self, code: u8) {
        self.room(1);
        self.open_text = self.out.len();
        self.out.push(code);
    }

    #[inline]
    pub(super) fn integer(&mut self, value: u32) {
        self.room(mb::length(mb::MAX));
        mb::encode(value, self.out);
    }

    /// Makes room in .NET's buffer, which empties it if there is not enough.
    #[inline]
    pub(super) fn room(&mut self, count: usize) {
        if self.out.len() - self.emptied + count > BUFFER {
            self.empty_buffer();
        }
    }

    #[inline]
    pub(super) fn empty_buffer(&mut self) {
        self.emptied = self.out.len();
        self.open_text = NONE;
    }
}
