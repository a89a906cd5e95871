use std::fmt;

/// Why there is no frame in the bytes received so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The frame is not whole yet; at least `needed` bytes in all are worth waiting for.
    Incomplete {
        /// The length the buffer must have before it is worth decoding again, if that is known.
        needed: usize,
    },
    /// The stream has ended in the middle of a frame.
    Truncated,
    /// The frame is larger than the limit.
    TooLarge {
        /// The payload's length as declared, or as received so far.
        length: usize,
        /// The limit.
        max: usize,
    },
    /// The bytes are not this framing, and why.
    Violation(&'static str),
    /// The payload has `\n` in it or `\r` at its end, so a line would not carry it whole.
    LineBreak,
    /// The payload is empty, and the framing cannot tell that from no message at all.
    Empty,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incomplete { needed } => {
                write!(f, "the frame is not whole before {needed} bytes")
            }
            Self::Truncated => f.write_str("the connection ended in the middle of a message"),
            Self::TooLarge { length, max } => {
                write!(f, "the message has {length} bytes and at most {max} are allowed")
            }
            Self::Violation(why) => f.write_str(why),
            Self::Empty => f.write_str("an empty message cannot be told from none in this framing"),
            Self::LineBreak => f.write_str("the message has a line break in it, which ends a line"),
        }
    }
}

impl std::error::Error for Error {}
