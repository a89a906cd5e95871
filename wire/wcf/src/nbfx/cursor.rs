use super::Word;
use crate::dictionary::Received;
use crate::error::Limited;
use crate::{Error, mb};

const CUT: &str = "the document ends within a record";

/// A place in a document, with the dictionary that its ids refer to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) words: &'a Received,
    pub(super) longest_name: usize,
}

impl<'a> Cursor<'a> {
    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, Error> {
        let byte = self.peek().ok_or_else(|| self.cut())?;
        self.at += 1;
        Ok(byte)
    }

    #[inline]
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let rest = &self.bytes[self.at..];
        let taken = rest.get(..length).ok_or_else(|| self.cut())?;
        self.at += length;
        Ok(taken)
    }

    #[inline]
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let taken = self.bytes[self.at..].first_chunk().ok_or_else(|| self.cut())?;
        self.at += N;
        Ok(*taken)
    }

    #[inline]
    pub(super) fn integer(&mut self) -> Result<u32, Error> {
        let (value, width) = mb::decode(&self.bytes[self.at..]).map_err(|error| match error {
            Error::Incomplete { .. } => self.cut(),
            other => other.moved(self.at),
        })?;
        self.at += width;
        Ok(value)
    }

    /// A name behind its length.
    #[inline]
    pub(super) fn name(&mut self) -> Result<&'a str, Error> {
        let length = self.integer()? as usize;
        Error::bound(Limited::Name, length, self.longest_name)?;
        self.text(length)
    }

    /// A comment behind its length, which may be longer than a name.
    pub(super) fn comment(&mut self) -> Result<&'a str, Error> {
        let length = self.integer()? as usize;
        self.text(length)
    }

    #[inline]
    pub(super) fn text(&mut self, length: usize) -> Result<&'a str, Error> {
        let at = self.at;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| Error::violation(at, "a text is not UTF-8"))
    }

    #[inline]
    pub(super) fn inline(&mut self) -> Result<Word<'a>, Error> {
        Ok(Word { text: self.name()?, id: None })
    }

    /// A string by its id.
    #[inline]
    pub(super) fn word(&mut self) -> Result<Word<'a>, Error> {
        let at = self.at;
        let id = self.integer()?;
        match self.words.string(id) {
            Some(text) => Ok(Word { text, id: Some(id) }),
            None => Err(Error::violation(at, "an id is in no dictionary of this session")),
        }
    }

    /// Where `part`, which was taken from here, stands in the document.
    #[inline]
    pub(super) fn place_of(&self, part: &str) -> usize {
        part.as_ptr().addr().wrapping_sub(self.bytes.as_ptr().addr())
    }

    pub(super) fn cut(&self) -> Error {
        Error::violation(self.at, CUT)
    }
}
