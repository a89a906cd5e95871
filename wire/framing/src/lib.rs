//! Message boundaries on byte streams, without I/O.
//!
//! A stream of bytes has no messages in it; a [`Framing`] says where each ends. [`encode`] gives the
//! bytes around a payload, a [`Decoder`] finds the frames in what has been received so far. Neither
//! reads, writes, allocates for a peer or looks at a clock.
//!
//! | framing | on the wire | calls are matched by | talks to |
//! |---|---|---|---|
//! | `length` | 4 bytes little-endian: 30 bits length, 2 bits kind; then the payload | a number | samebox, `BinaryWriter` |
//! | `line` | payload, `\n` | order | `StreamWriter.WriteLine`, `nc`, shells |
//! | `eof` | payload; the end of the connection ends it | connection | `ReadToEnd`, `cat` |
//! | `header` | `Content-Length: N`, blank line, payload | order | StreamJsonRpc, LSP servers |
//!
//! ```
//! use samebox_framing::{Decoder, Error, Framing, Kind, encode};
//!
//! let payload = b"Hello, World!";
//! let (head, tail) = encode(Framing::Header, Kind::Message, payload, 1 << 20)?;
//! let wire = [head.as_bytes(), payload, tail].concat();
//! assert_eq!(wire, b"Content-Length: 13\r\n\r\nHello, World!");
//!
//! let mut decoder = Decoder::new(Framing::Header, 1 << 20);
//! assert_eq!(decoder.next(&wire[..30]), Err(Error::Incomplete { needed: 35 }));
//! assert_eq!(&wire[decoder.next(&wire)?.payload], payload);
//! # Ok::<(), Error>(())
//! ```

#![forbid(unsafe_code)]

mod decode;
mod encode;
mod error;

pub use decode::{Decoder, Frame};
pub use encode::{Head, encode};
pub use error::Error;

/// How messages are told apart on a byte stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framing {
    /// Four bytes of length and kind before each payload; samebox's own.
    Length,
    /// A line break after each payload.
    Line,
    /// One payload per connection.
    Eof,
    /// `Content-Length: N` before each payload, as in the Language Server Protocol.
    Header,
}

/// What a frame is for.
///
/// Only [`Framing::Length`] can say; with the other framings every frame is a [`Kind::Message`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A message that expects no answer, or one that cannot say so.
    Message,
    /// A question, with a number that its answer repeats.
    Call(u64),
    /// The answer to the question of that number.
    Reply(u64),
    /// The question of that number failed; the payload is UTF-8 text that says why.
    Fault(u64),
}

impl Framing {
    /// Every framing with its name in an endpoint, the default first.
    pub const NAMES: [(&'static str, Self); 4] = [
        ("length", Self::Length),
        ("line", Self::Line),
        ("eof", Self::Eof),
        ("header", Self::Header),
    ];

    /// The largest payload that [`Framing::Length`] can carry, and so the largest `max`.
    pub const LARGEST: usize = (1 << 30) - 1 - encode::CALL_NUMBER;

    /// Whether frames say what they are for, so that calls and messages may share a connection.
    pub const fn has_kinds(self) -> bool {
        matches!(self, Self::Length)
    }
}
