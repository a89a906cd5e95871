//! WCF's binary wire: framing, binary XML, SOAP and DataContract bodies, without I/O.
//!
//! | module | what | specification |
//! |---|---|---|
//! | [`framing`] | records on a stream: preamble, envelopes, end, fault | MC-NMF |
//! | [`dictionary`] | strings by number: the static ones, those of a session | MC-NBFS, MC-NBFSE |
//! | [`nbfx`] | binary XML: [`nbfx::Writer`], [`nbfx::Reader`] | MC-NBFX |
//! | [`value`] | .NET's decimal, moment, duration, GUID | |
//! | [`mb`] | integers of one to five bytes | |
//!
//! Nothing here reads, writes or looks at a clock. Limits are arguments; a length is compared with its
//! limit before anything of that size is kept.
//!
//! ```
//! use samebox_wcf_wire::framing::{Limits, Record, decode};
//!
//! assert_eq!(decode(&[0x0B], &Limits::default())?, (Record::PreambleAck, 1));
//! # Ok::<(), samebox_wcf_wire::Error>(())
//! ```

#![forbid(unsafe_code)]

pub mod dictionary;
mod error;
pub mod framing;
pub mod mb;
pub mod nbfx;
pub mod value;

pub use error::{Error, Limited};
