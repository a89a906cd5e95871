use super::cursor::Cursor;
use super::{Text, Values, Word, letter};
use crate::Error;
use crate::dictionary::Received;

/// One record of a document as it stands, ids looked up.
#[derive(Clone, Copy, Debug)]
pub enum Record<'a> {
    /// The start of an element.
    Element {
        /// Its prefix or nothing.
        prefix: &'a str,
        /// Its local name.
        name: Word<'a>,
    },
    /// An attribute of the element before.
    Attribute {
        /// Its prefix or nothing.
        prefix: &'a str,
        /// Its local name.
        name: Word<'a>,
        /// Its value.
        value: Text<'a>,
    },
    /// A namespace declaration of the element before.
    Xmlns {
        /// The prefix or nothing.
        prefix: &'a str,
        /// What it stands for.
        namespace: Word<'a>,
    },
    /// Text, and whether it ends its element.
    Text(Text<'a>, bool),
    /// The end of an element.
    End,
    /// A comment.
    Comment(&'a str),
    /// An array follows: one element, its attributes, its end and the [`Values`](Record::Values).
    Array,
    /// The values of an array, each standing for one more of its element.
    Values(Values<'a>),
}

/// The records of a document, one after the other; whether they fit together is not looked at.
#[derive(Clone, Copy, Debug)]
pub struct Records<'a> {
    pub(super) cursor: Cursor<'a>,
    /// An array has begun, so its element's end comes before its values.
    array: Array,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Array {
    No,
    Begun,
    Ended,
}

impl<'a> Records<'a> {
    /// The records of `document`, whose odd ids are in `words`.
    pub const fn new(document: &'a [u8], words: &'a Received) -> Self {
        let cursor = Cursor { bytes: document, at: 0, words, longest_name: usize::MAX };
        Self { cursor, array: Array::No }
    }

    /// Where the next record starts.
    pub const fn position(&self) -> usize {
        self.cursor.at
    }

    /// Whether an attribute or a namespace declaration comes next.
    #[inline]
    pub fn is_at_attribute(&self) -> bool {
        self.array != Array::Ended && matches!(self.cursor.peek(), Some(0x04..=0x3F))
    }

    /// The next record; `None` at the end of the bytes.
    ///
    /// # Errors
    /// `Violation` for bytes that are no record or not a whole one, `TooLarge` for long names. There is
    /// no going on after either.
    #[expect(
        clippy::should_implement_trait,
        reason = "an error ends it, which iterators do not show"
    )]
    #[inline]
    pub fn next(&mut self) -> Result<Option<Record<'a>>, Error> {
        if self.array == Array::Ended {
            self.array = Array::No;
            return Values::read(&mut self.cursor).map(|values| Some(Record::Values(values)));
        }
        let Some(code) = self.cursor.peek() else { return Ok(None) };
        self.cursor.at += 1;
        match code {
            0x01 if self.array == Array::Begun => {
                self.array = Array::Ended;
                Ok(Some(Record::End))
            }
            0x01 => Ok(Some(Record::End)),
            0x02 => Ok(Some(Record::Comment(self.cursor.comment()?))),
            0x03 if self.array == Array::No => {
                self.array = Array::Begun;
                Ok(Some(Record::Array))
            }
            0x04..=0x3F => self.attribute(code).map(Some),
            0x40..=0x77 => {
                let (prefix, name) = self.element(code)?;
                Ok(Some(Record::Element { prefix, name }))
            }
            0x80..=0xBD => {
                let text = Text::read(code & 0xFE, &mut self.cursor)?;
                Ok(Some(Record::Text(text, code & 1 == 1)))
            }
            _ => Err(Error::violation(self.cursor.at - 1, "no record starts with this byte")),
        }
    }

    /// Prefix and name of the element that starts with `code`.
    #[inline(always)]
    pub(super) fn element(&mut self, code: u8) -> Result<(&'a str, Word<'a>), Error> {
        let cursor = &mut self.cursor;
        let prefix = match code {
            0x41 | 0x43 => cursor.name()?,
            0x44..=0x5D => letter(code - 0x44).unwrap_or_default(),
            0x5E..=0x77 => letter(code - 0x5E).unwrap_or_default(),
            _ => "",
        };
        let name = match code {
            0x42..=0x5D => cursor.word()?,
            _ => cursor.inline()?,
        };
        Ok((prefix, name))
    }

    #[inline]
    fn attribute(&mut self, code: u8) -> Result<Record<'a>, Error> {
        let cursor = &mut self.cursor;
        let prefix = match code {
            0x05 | 0x07 | 0x09 | 0x0B => cursor.name()?,
            0x0C..=0x25 => letter(code - 0x0C).unwrap_or_default(),
            0x26..=0x3F => letter(code - 0x26).unwrap_or_default(),
            _ => "",
        };
        let name = match code {
            0x06 | 0x07 | 0x0A..=0x25 => cursor.word()?,
            _ => cursor.inline()?,
        };
        if let 0x08..=0x0B = code {
            return Ok(Record::Xmlns { prefix, namespace: name });
        }
        let at = cursor.at;
        let code = cursor.byte()?;
        if !(0x80..=0xBC).contains(&code) || code & 1 == 1 {
            return Err(Error::violation(at, "an attribute has no value"));
        }
        Ok(Record::Attribute { prefix, name, value: Text::read(code, cursor)? })
    }
}
