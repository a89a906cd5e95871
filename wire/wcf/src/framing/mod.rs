//! The records that carry envelopes on a byte stream (MC-NMF).
//!
//! ```text
//! client  00 01 00  01 02  02 <via>  03 08  0C          version, mode, via, encoding, preamble end
//! server                                        0B      ack, or 08 <fault> in its place
//! both    06 <size> <envelope> ..                       as often as they like, in any order
//! both    07                                            end; a new preamble may follow
//! ```
//!
//! [`decode`] finds one record at the start of a buffer; a server feeds those of the opening to a
//! [`Preamble`], a client writes its own with [`Opening`].

mod decode;
mod fault;
mod opening;
mod preamble;

pub use decode::{Limits, chunk, decode};
pub use fault::Fault;
pub use opening::Opening;
pub use preamble::{Answer, Preamble};

use crate::mb;

/// The upgrade that asks a Unix socket for the identity of its peer and sends no bytes of its own.
pub const UPGRADE_UNIX_POSIX: &str = "application/unixposix";
/// The upgrade to Windows credentials; .NET's default on `net.tcp` and `net.pipe`.
pub const UPGRADE_NEGOTIATE: &str = "application/negotiate";
/// The upgrade to TLS.
pub const UPGRADE_TLS: &str = "application/ssl-tls";

/// One record of MC-NMF section 2.2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// `00`: the version of this framing; 1.0 is the only one.
    Version {
        /// 1.
        major: u8,
        /// 0.
        minor: u8,
    },
    /// `01`: how messages follow, as [`Mode`] lists it.
    Mode(u8),
    /// `02`: the address that the client means.
    Via(&'a str),
    /// `03`: how envelopes are written, as [`Encoding`] lists it.
    KnownEncoding(u8),
    /// `04`: how envelopes are written, as a content type.
    ExtensibleEncoding(&'a str),
    /// `05`: an envelope in chunks follows, to be read with [`chunk`].
    UnsizedEnvelope,
    /// `06`: an envelope.
    SizedEnvelope(&'a [u8]),
    /// `07`: nothing more comes from this side.
    End,
    /// `08`: the address of what went wrong, see [`Fault`].
    Fault(&'a str),
    /// `09`: asks to continue over another protocol.
    UpgradeRequest(&'a str),
    /// `0A`: agrees to that.
    UpgradeResponse,
    /// `0B`: the server takes the preamble.
    PreambleAck,
    /// `0C`: the preamble is whole.
    PreambleEnd,
}

/// How messages follow a preamble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One message each way, in chunks; .NET's `TransferMode.Streamed`.
    Singleton = 1,
    /// Any number of messages both ways; the default.
    Duplex = 2,
    /// Any number of messages from the client.
    Simplex = 3,
    /// One message from the client.
    SingletonSized = 4,
}

/// How envelopes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Binary XML, each message for itself.
    Binary = 7,
    /// Binary XML with strings kept for the session.
    BinarySession = 8,
}

impl Mode {
    /// The mode of that number.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Singleton),
            2 => Some(Self::Duplex),
            3 => Some(Self::Simplex),
            4 => Some(Self::SingletonSized),
            _ => None,
        }
    }
}

impl Encoding {
    /// The binary encoding of that number; text and MTOM are none.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            7 => Some(Self::Binary),
            8 => Some(Self::BinarySession),
            _ => None,
        }
    }
}

impl Record<'_> {
    /// Appends the record.
    ///
    /// Strings and envelopes are at most [`mb::MAX`] bytes long.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Version { major, minor } => out.extend([0x00, major, minor]),
            Self::Mode(mode) => out.extend([0x01, mode]),
            Self::Via(via) => string(0x02, via.as_bytes(), out),
            Self::KnownEncoding(encoding) => out.extend([0x03, encoding]),
            Self::ExtensibleEncoding(content_type) => string(0x04, content_type.as_bytes(), out),
            Self::UnsizedEnvelope => out.push(0x05),
            Self::SizedEnvelope(envelope) => string(0x06, envelope, out),
            Self::End => out.push(0x07),
            Self::Fault(fault) => string(0x08, fault.as_bytes(), out),
            Self::UpgradeRequest(upgrade) => string(0x09, upgrade.as_bytes(), out),
            Self::UpgradeResponse => out.push(0x0A),
            Self::PreambleAck => out.push(0x0B),
            Self::PreambleEnd => out.push(0x0C),
        }
    }
}

/// Appends one chunk of an unsized envelope; an empty one ends the envelope.
pub fn encode_chunk(bytes: &[u8], out: &mut Vec<u8>) {
    mb::encode(bytes.len() as u32, out);
    out.extend_from_slice(bytes);
}

fn string(code: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(code);
    encode_chunk(bytes, out);
}
