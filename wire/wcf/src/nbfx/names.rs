use crate::dictionary::static_string;
use std::fmt;

/// A name or a string as read: its text, and its id if it stood as one.
#[derive(Clone, Copy, Eq)]
pub struct Word<'a> {
    /// What it says.
    pub text: &'a str,
    /// The id that stood for it, even for the static dictionary, odd for the session's.
    pub id: Option<u32>,
}

/// A name or a string to be written.
///
/// A `&str` becomes [`Name::Known`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name<'a> {
    /// By id if the session's dictionary has it or has room for it; for names that come again.
    Known(&'a str),
    /// Always as it is; for names that come once, or from a peer.
    Inline(&'a str),
    /// By an id that the reader knows, such as those of [`dictionary::id`](crate::dictionary::id).
    Id(u32),
}

impl<'a> From<&'a str> for Name<'a> {
    fn from(text: &'a str) -> Self {
        Self::Known(text)
    }
}

/// As it was read, which a reader with the same dictionary understands.
impl<'a> From<Word<'a>> for Name<'a> {
    fn from(word: Word<'a>) -> Self {
        word.id.map_or(Self::Inline(word.text), Self::Id)
    }
}

impl Word<'_> {
    /// Whether it says what this id of the static dictionary stands for.
    #[inline]
    pub fn is_static(&self, id: u32) -> bool {
        // Whoever wrote the string as text means the same.
        self.id == Some(id) || static_string(id) == Some(self.text)
    }
}

/// Words are equal when they say the same, by id or not.
impl PartialEq for Word<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl PartialEq<str> for Word<'_> {
    fn eq(&self, other: &str) -> bool {
        self.text == other
    }
}

impl PartialEq<&str> for Word<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

impl fmt::Debug for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id {
            Some(id) => write!(f, "{:?}#{id}", self.text),
            None => write!(f, "{:?}", self.text),
        }
    }
}

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}
