use super::answer::FORMAT;

/// Names one client's session; chosen by the client at random, so that no other can guess it.
pub(super) type SessionId = [u8; 16];

/// What a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Hello = 1,
    Call = 2,
    OneWay = 3,
    Listen = 4,
    Bye = 5,
}

/// The fixed part of every message of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) fingerprint: u64,
    pub(super) session: SessionId,
    pub(super) operation: u16,
}

impl Header {
    /// Its bytes.
    pub(super) const LENGTH: usize = 28;

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[FORMAT, self.kind as u8]);
        out.extend_from_slice(&self.fingerprint.to_be_bytes());
        out.extend_from_slice(&self.session);
        out.extend_from_slice(&self.operation.to_be_bytes());
    }

    /// Reads the header of a message; what is wrong with it otherwise, as part of a sentence.
    pub(super) fn read(message: &[u8]) -> Result<Self, &'static str> {
        let (&[format, kind], rest) = message.split_first_chunk().ok_or(SHORT)?;
        if format != FORMAT {
            return Err("it is no typed call, or one of another version of samebox");
        }
        let (fingerprint, rest) = rest.split_first_chunk().ok_or(SHORT)?;
        let (session, rest) = rest.split_first_chunk().ok_or(SHORT)?;
        let (operation, _) = rest.split_first_chunk().ok_or(SHORT)?;
        Ok(Self {
            kind: Kind::of(kind).ok_or("it is of no known kind")?,
            fingerprint: u64::from_be_bytes(*fingerprint),
            session: *session,
            operation: u16::from_be_bytes(*operation),
        })
    }
}

const SHORT: &str = "it is too short for a typed call";

impl Kind {
    fn of(byte: u8) -> Option<Self> {
        [Self::Hello, Self::Call, Self::OneWay, Self::Listen, Self::Bye]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_reads_as_it_was_written_and_no_part_of_it_does() {
        let header =
            Header { kind: Kind::Listen, fingerprint: 7 << 40, session: [9; 16], operation: 258 };
        let mut bytes = Vec::new();
        header.write(&mut bytes);
        assert_eq!(bytes.len(), Header::LENGTH);
        assert_eq!(Header::read(&bytes), Ok(header));
        for end in 0..bytes.len() {
            assert_eq!(Header::read(&bytes[..end]), Err(SHORT), "{end} bytes");
        }
    }
}
