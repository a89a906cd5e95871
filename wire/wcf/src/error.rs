use std::fmt;

/// Why bytes are no record, no document or no value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The record is not whole yet; at least `needed` bytes in all are worth waiting for.
    Incomplete {
        /// The length the buffer must have before it is worth decoding again.
        needed: usize,
    },
    /// A limit is passed. It is said before anything of that size is kept.
    TooLarge {
        /// What there is too much of.
        what: Limited,
        /// How much there is, as announced or as met so far.
        length: usize,
        /// The limit.
        max: usize,
    },
    /// No bytes to come could make this right.
    Violation {
        /// Where in the buffer.
        at: usize,
        /// What is wrong there.
        why: &'static str,
    },
    /// A text is not the value that was asked for.
    Value {
        /// What was asked for, such as "a number of 64 bits".
        wanted: &'static str,
    },
}

/// What a limit is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limited {
    /// Bytes of the address in a preamble.
    Via,
    /// Bytes of a content type in a preamble.
    ContentType,
    /// Bytes of the name of an upgrade.
    Upgrade,
    /// Bytes of a fault's address.
    Fault,
    /// Bytes of an envelope.
    Message,
    /// Bytes of strings in a session dictionary.
    Dictionary,
    /// Elements within elements.
    Depth,
    /// Attributes of one element.
    Attributes,
    /// Namespace declarations in scope.
    Namespaces,
    /// Bytes of one name or namespace.
    Name,
    /// Bytes of text that stands as numbers of a dictionary.
    Words,
    /// Values in a body of unknown shape.
    Nodes,
    /// Bytes of names and text in a body of unknown shape.
    Text,
}

impl Error {
    pub(crate) const fn violation(at: usize, why: &'static str) -> Self {
        Self::Violation { at, why }
    }

    /// The same error in a buffer that has `before` more bytes in front.
    pub(crate) fn moved(self, before: usize) -> Self {
        match self {
            Self::Incomplete { needed } => Self::Incomplete { needed: needed + before },
            Self::Violation { at, why } => Self::Violation { at: at + before, why },
            other => other,
        }
    }

    /// Refuses a `length` above `max`.
    pub(crate) const fn bound(what: Limited, length: usize, max: usize) -> Result<(), Self> {
        if length > max { Err(Self::TooLarge { what, length, max }) } else { Ok(()) }
    }
}

impl Limited {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Via => ("the address (Via)", "bytes"),
            Self::ContentType => ("the content type", "bytes"),
            Self::Upgrade => ("the name of the upgrade", "bytes"),
            Self::Fault => ("the fault", "bytes"),
            Self::Message => ("the message", "bytes"),
            Self::Dictionary => ("the session dictionary", "bytes"),
            Self::Depth => ("the document", "elements within each other"),
            Self::Attributes => ("an element", "attributes"),
            Self::Namespaces => ("the document", "namespaces in scope"),
            Self::Name => ("a name", "bytes"),
            Self::Words => ("the document", "bytes of text out of dictionaries"),
            Self::Nodes => ("the body", "values"),
            Self::Text => ("the body", "bytes of names and text"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incomplete { needed } => {
                write!(f, "the record is not whole before {needed} bytes")
            }
            Self::TooLarge { what, length, max } => {
                let (subject, unit) = what.words();
                write!(f, "{subject} has {length} {unit} and at most {max} are allowed")
            }
            Self::Violation { at, why } => write!(f, "{why}, at byte {at}"),
            Self::Value { wanted } => write!(f, "the text is not {wanted}"),
        }
    }
}

impl std::error::Error for Error {}
