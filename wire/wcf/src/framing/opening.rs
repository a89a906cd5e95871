use super::{Encoding, Mode, Record};

/// What a client opens a session with, and what a server learns from it.
///
/// ```
/// use samebox_wcf_wire::framing::Opening;
///
/// let mut bytes = Vec::new();
/// Opening::duplex("net.tcp://localhost:9000/Service").encode(&mut bytes);
/// assert_eq!(bytes[..6], [0x00, 1, 0, 0x01, 2, 0x02]);
/// assert_eq!(bytes[bytes.len() - 3..], [0x03, 8, 0x0C]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// How messages follow.
    pub mode: Mode,
    /// The address that is meant.
    pub via: String,
    /// How envelopes are written.
    pub encoding: Encoding,
    /// The upgrade asked for, if any.
    pub upgrade: Option<String>,
}

impl Opening {
    /// Any number of messages both ways, strings kept for the session: .NET's default.
    pub fn duplex(via: impl Into<String>) -> Self {
        let (mode, encoding) = (Mode::Duplex, Encoding::BinarySession);
        Self { mode, via: via.into(), encoding, upgrade: None }
    }

    /// One message each way in chunks: `TransferMode.Streamed`.
    pub fn streamed(via: impl Into<String>) -> Self {
        let (mode, encoding) = (Mode::Singleton, Encoding::Binary);
        Self { mode, via: via.into(), encoding, upgrade: None }
    }

    /// The same with an upgrade to ask for.
    #[must_use]
    pub fn with_upgrade(self, upgrade: impl Into<String>) -> Self {
        Self { upgrade: Some(upgrade.into()), ..self }
    }

    /// Appends what the client writes before it waits for the server.
    ///
    /// Without an upgrade that is the whole preamble and the server answers with an ack. With one the
    /// server answers `UpgradeResponse`; then the client sends [`Record::PreambleEnd`] and the ack
    /// follows.
    pub fn encode(&self, out: &mut Vec<u8>) {
        Record::Version { major: 1, minor: 0 }.encode(out);
        Record::Mode(self.mode as u8).encode(out);
        Record::Via(&self.via).encode(out);
        Record::KnownEncoding(self.encoding as u8).encode(out);
        match &self.upgrade {
            Some(upgrade) => Record::UpgradeRequest(upgrade).encode(out),
            None => Record::PreambleEnd.encode(out),
        }
    }
}
