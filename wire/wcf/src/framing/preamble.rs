use super::{Encoding, Fault, Mode, Opening, Record};
use crate::Error;

/// A server's side of an opening: takes its records in order and says what to answer.
///
/// It has at most six records, so no client can keep it open with more of them. After the session's
/// End the connection may be used again, with a new `Preamble`.
///
/// ```
/// use samebox_wcf_wire::framing::{Answer, Limits, Opening, Preamble, decode};
///
/// let mut wire = Vec::new();
/// Opening::duplex("net.tcp://localhost:9000/Service").encode(&mut wire);
/// let (mut preamble, mut rest) = (Preamble::new(&[]), wire.as_slice());
/// let opening = loop {
///     let (record, taken) = decode(rest, &Limits::default())?;
///     rest = &rest[taken..];
///     if let Answer::Ready(opening) = preamble.record(&record)? {
///         break opening;
///     }
/// };
/// assert_eq!(opening.via, "net.tcp://localhost:9000/Service");
/// # Ok::<(), samebox_wcf_wire::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Preamble {
    upgrades: &'static [&'static str],
    expected: Expected,
    opening: Opening,
}

/// What a server does about a record of the preamble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing: the preamble goes on.
    More,
    /// Write [`Record::UpgradeResponse`] and run the upgrade; the preamble goes on inside it.
    Upgrade,
    /// The preamble is whole: write [`Record::PreambleAck`] if a service is at the address, or else
    /// [`Fault::EndpointNotFound`].
    Ready(Opening),
    /// Write this fault, read on until the client closes or 64 KiB have come, and close.
    Refuse(Fault),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Version,
    Mode,
    Via,
    Encoding,
    End,
    Nothing,
}

impl Preamble {
    /// A preamble of a server that agrees to one of `upgrades`, or to none.
    pub fn new(upgrades: &'static [&'static str]) -> Self {
        Self { upgrades, expected: Expected::Version, opening: Opening::duplex("") }
    }

    /// Whether no record has come yet; only then may a client close without being at fault.
    pub fn is_untouched(&self) -> bool {
        self.expected == Expected::Version
    }

    /// Takes the next record.
    ///
    /// # Errors
    /// `Violation` for a record that does not belong here. .NET closes without a word then.
    pub fn record(&mut self, record: &Record<'_>) -> Result<Answer, Error> {
        use Expected::{Encoding as Coding, End, Mode as How, Nothing, Version, Via};
        match (self.expected, record) {
            (Version, Record::Version { major: 1, .. }) => Ok(self.go(How)),
            (Version, Record::Version { .. }) => Ok(self.refuse(Fault::UnsupportedVersion)),
            (How, Record::Mode(code)) => Ok(self.mode(*code)),
            (Via, Record::Via(via)) => {
                self.opening.via = (*via).to_owned();
                Ok(self.go(Coding))
            }
            (Coding, Record::KnownEncoding(code)) => Ok(self.encoding(*code)),
            (Coding, Record::ExtensibleEncoding(_)) => Ok(self.refuse(Fault::ContentTypeInvalid)),
            (End, Record::UpgradeRequest(upgrade)) => Ok(self.upgrade(upgrade)),
            (End, Record::PreambleEnd) => {
                self.expected = Nothing;
                Ok(Answer::Ready(self.opening.clone()))
            }
            _ => Err(Error::violation(0, "this record does not belong here in a preamble")),
        }
    }

    fn go(&mut self, expected: Expected) -> Answer {
        self.expected = expected;
        Answer::More
    }

    fn refuse(&mut self, fault: Fault) -> Answer {
        self.expected = Expected::Nothing;
        Answer::Refuse(fault)
    }

    fn mode(&mut self, code: u8) -> Answer {
        match Mode::from_code(code) {
            Some(mode @ (Mode::Duplex | Mode::Singleton)) => {
                self.opening.mode = mode;
                self.go(Expected::Via)
            }
            _ => self.refuse(Fault::UnsupportedMode),
        }
    }

    fn encoding(&mut self, code: u8) -> Answer {
        match (self.opening.mode, Encoding::from_code(code)) {
            (Mode::Duplex, Some(encoding)) | (_, Some(encoding @ Encoding::Binary)) => {
                self.opening.encoding = encoding;
                self.go(Expected::End)
            }
            _ => self.refuse(Fault::ContentTypeInvalid),
        }
    }

    fn upgrade(&mut self, upgrade: &str) -> Answer {
        // A second one would let a client go on for ever.
        if self.opening.upgrade.is_some() || !self.upgrades.contains(&upgrade) {
            return self.refuse(Fault::UpgradeInvalid);
        }
        self.opening.upgrade = Some(upgrade.to_owned());
        Answer::Upgrade
    }
}
