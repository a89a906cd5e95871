use super::Text;
use crate::Error;
use std::borrow::Cow;

/// All the text of an element, which may stand in several records.
#[derive(Clone, Debug, PartialEq)]
pub enum Content<'a> {
    /// One record, or none.
    One(Text<'a>),
    /// Several, joined as text.
    Chars(String),
    /// Several of bytes, joined.
    Bytes(Vec<u8>),
}

impl<'a> Content<'a> {
    /// As one text, for its `to_` functions.
    pub fn text(&self) -> Text<'_> {
        match self {
            Self::One(text) => *text,
            Self::Chars(text) => Text::Chars(text),
            Self::Bytes(bytes) => Text::Bytes(bytes),
        }
    }

    /// As characters, not copied where they stand as such.
    pub fn into_str(self) -> Cow<'a, str> {
        match self {
            Self::One(text) => text.to_str(),
            Self::Chars(text) => text.into(),
            Self::Bytes(bytes) => Text::Bytes(&bytes).to_str().into_owned().into(),
        }
    }

    /// As bytes, not copied where they stand as such.
    ///
    /// # Errors
    /// `Value` for text that is no base64.
    pub fn into_bytes(self) -> Result<Cow<'a, [u8]>, Error> {
        match self {
            Self::One(text) => text.to_bytes(),
            Self::Chars(text) => Ok(Text::Chars(&text).to_bytes()?.into_owned().into()),
            Self::Bytes(bytes) => Ok(bytes.into()),
        }
    }

    /// Takes one more record.
    pub(super) fn push(&mut self, more: Text<'_>) {
        match (&mut *self, more) {
            (Self::One(Text::Bytes(first)), Text::Bytes(more)) => {
                *self = Self::Bytes([*first, more].concat());
            }
            (Self::Bytes(bytes), Text::Bytes(more)) => bytes.extend_from_slice(more),
            (Self::Chars(text), more) => text.push_str(&more.to_str()),
            _ => *self = Self::Chars(self.text().to_str().into_owned() + &more.to_str()),
        }
    }
}
