use crate::nbfx::{Content, Text};
use crate::value::Guid;
use std::borrow::Cow;
use std::fmt;

const URN: &str = "urn:uuid:";

/// The id of a message: nearly always a GUID, but any text will do.
///
/// The record UniqueId and the text `urn:uuid:..` are the same id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Id<'a> {
    /// `urn:uuid:` and a GUID.
    Guid(Guid),
    /// Any other text.
    Text(Cow<'a, str>),
}

impl<'a> Id<'a> {
    /// The id that a text says.
    pub fn from_text(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        match text.strip_prefix(URN).and_then(|guid| guid.parse().ok()) {
            Some(guid) => Self::Guid(guid),
            None => Self::Text(text),
        }
    }

    /// The same id without anything borrowed.
    pub fn into_owned(self) -> Id<'static> {
        match self {
            Self::Guid(guid) => Id::Guid(guid),
            Self::Text(text) => Id::Text(text.into_owned().into()),
        }
    }

    pub(super) fn read(content: Content<'a>) -> Self {
        match content {
            Content::One(Text::UniqueId(guid)) => Self::Guid(guid),
            other => Self::from_text(other.into_str()),
        }
    }

    pub(super) fn text(&self) -> Text<'_> {
        match self {
            Self::Guid(guid) => Text::UniqueId(*guid),
            Self::Text(text) => Text::Chars(text),
        }
    }
}

impl From<Guid> for Id<'_> {
    fn from(guid: Guid) -> Self {
        Self::Guid(guid)
    }
}

impl fmt::Display for Id<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guid(guid) => write!(f, "{URN}{guid}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_compared_by_value() {
        let guid = Guid::from_u128(7);
        let text = "urn:uuid:00000000-0000-0000-0000-000000000007";
        assert_eq!(Id::from_text(text), Id::Guid(guid));
        assert_eq!(Id::Guid(guid).to_string(), text);
        assert_eq!(Id::from_text("urn:uuid:x"), Id::Text("urn:uuid:x".into()));
        assert_ne!(Id::from_text("7"), Id::Guid(guid));
    }
}
