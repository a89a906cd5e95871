//! MessagePack bodies of typed calls, without I/O.
//!
//! [`Encoder`] and [`Decoder`] are the writer and the reader of [`samebox_data`]. The format has no
//! names: both sides know the contract, and compare its version before they call. What is written:
//!
//! | value | MessagePack |
//! |---|---|
//! | no value | nil |
//! | `bool` | true, false |
//! | whole numbers, time spans (ticks of 100 ns) | the shortest integer |
//! | `char` | its code point, as an integer |
//! | `f32`, `f64` | float 32, float 64 |
//! | text, bytes | str, bin |
//! | moment | ext type 1, 8 bytes: bits 63 and 62 are the clock (0 unknown, 1 UTC, 2 the sender's), the others ticks of 100 ns since the start of the year 1 |
//! | GUID | ext type 2, 16 bytes in the order in which they are printed |
//! | decimal | ext type 3, 1 to 13 bytes: bit 7 is the sign, bits 6 to 0 how many of the digits stand behind the point (0 to 28), then the digits as one whole number without leading zero bytes |
//! | enum | the number of the variant, as an integer |
//! | list | array |
//! | map | map |
//! | structure, arguments of a call, its result | array of the members in their order; nil for those left out |
//!
//! Numbers are big-endian. A reader accepts any width of a number, a whole number or a float of the
//! other width where its value is exactly that of the float asked for, arrays of a structure that end
//! early (the rest is absent) and members behind those it knows (they are skipped). Everything else
//! that differs from the table is an error.
//!
//! ```
//! use samebox_data::{Data, Encode, Reader, Writer};
//! use samebox_msgpack::{DEPTH, Decoder, Encoder};
//!
//! let mut body = Vec::new();
//! let mut encoder = Encoder::new(&mut body);
//! encoder.parts(2)?;
//! encoder.member(0)?;
//! "key".write(&mut encoder)?;
//! encoder.member(1)?;
//! 7_i32.write(&mut encoder)?;
//! encoder.end()?;
//! encoder.finish()?;
//! assert_eq!(body, b"\x92\xa3key\x07");
//!
//! let mut decoder = Decoder::new(&body, DEPTH);
//! decoder.parts(2)?;
//! assert_eq!(decoder.member()?, Some(0));
//! assert_eq!(String::read(&mut decoder)?, "key");
//! assert_eq!(decoder.member()?, Some(1));
//! assert_eq!(i32::read(&mut decoder)?, 7);
//! assert_eq!(decoder.member()?, None);
//! decoder.finish()?;
//! # Ok::<(), samebox_data::Error>(())
//! ```

#![forbid(unsafe_code)]

mod decoder;
mod encoder;
mod ext;
mod levels;
mod token;

pub use decoder::Decoder;
pub use encoder::Encoder;

/// How deeply values may be nested, where nothing else is said.
pub const DEPTH: usize = 64;
