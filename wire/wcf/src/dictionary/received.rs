use super::static_string;
use crate::error::Limited;
use crate::{Error, mb};

/// The session dictionary of the direction that this side reads.
#[derive(Clone, Debug)]
pub struct Received {
    max: usize,
    /// Bytes of blocks so far, lengths counted.
    used: usize,
    text: String,
    /// Where each string ends in `text`.
    ends: Vec<u32>,
}

impl Received {
    /// An empty dictionary for at most `max` bytes of strings; .NET takes
    /// [`SESSION_BYTES`](super::SESSION_BYTES).
    ///
    /// No `max` above 2^31 - 1 makes a difference.
    pub const fn new(max: usize) -> Self {
        let max = if max < mb::MAX as usize { max } else { mb::MAX as usize };
        Self { max, used: 0, text: String::new(), ends: Vec::new() }
    }

    /// Forgets everything, for a new session; keeps its memory.
    pub fn clear(&mut self) {
        self.used = 0;
        self.text.clear();
        self.ends.clear();
    }

    /// How many strings there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Takes the block before an envelope of encoding 8, and gives the document behind it.
    ///
    /// # Errors
    /// `TooLarge` when the session has more than its share; `Violation` when the block is longer than
    /// the envelope or not whole strings.
    pub fn absorb<'e>(&mut self, envelope: &'e [u8]) -> Result<&'e [u8], Error> {
        let (size, width) = mb::decode(envelope).map_err(broken)?;
        let Some(block) = envelope.get(width..width + size as usize) else {
            return Err(Error::violation(0, "the strings of an envelope go beyond its end"));
        };
        Error::bound(Limited::Dictionary, self.used + block.len(), self.max)?;
        self.used += block.len();
        self.strings(block).map_err(|error| error.moved(width))?;
        Ok(&envelope[width + block.len()..])
    }

    fn strings(&mut self, block: &[u8]) -> Result<(), Error> {
        let mut rest = block;
        while !rest.is_empty() {
            let at = block.len() - rest.len();
            let (length, width) = mb::decode(rest).map_err(broken)?;
            let bytes = rest.get(width..width + length as usize);
            let text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
            let Some(text) = text else {
                return Err(Error::violation(at, "a string of the session is cut or not UTF-8"));
            };
            self.text.push_str(text);
            self.ends.push(self.text.len() as u32);
            rest = &rest[width + text.len()..];
        }
        Ok(())
    }

    /// The string of an `id`, of this dictionary when it is odd, of the static one when it is even.
    #[inline]
    pub fn string(&self, id: u32) -> Option<&str> {
        if id.is_multiple_of(2) {
            return static_string(id);
        }
        let place = id as usize / 2;
        let end = *self.ends.get(place)? as usize;
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        self.text.get(start..end)
    }
}

/// An envelope is all there, so what is not whole will never be.
fn broken(error: Error) -> Error {
    match error {
        Error::Incomplete { .. } => Error::violation(0, "the envelope ends within its strings"),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_found_by_arrival() {
        let mut received = Received::new(2048);
        assert_eq!(received.absorb(b"\x0A\x04Send\x04dataDOC").unwrap(), b"DOC");
        assert_eq!(received.absorb(b"\0").unwrap(), b"");
        assert_eq!(received.absorb(b"\x02\x01x").unwrap(), b"");
        let all = [0, 1, 2, 3, 5, 7].map(|id| received.string(id));
        assert_eq!(all[..3], [Some("mustUnderstand"), Some("Send"), Some("Envelope")]);
        assert_eq!(all[3..], [Some("data"), Some("x"), None]);
        received.clear();
        assert_eq!((received.string(1), received.is_empty()), (None, true));
    }

    #[test]
    fn a_session_has_its_share_and_no_more() {
        let mut received = Received::new(8);
        assert!(received.absorb(b"\x05\x04Send").is_ok());
        let error = received.absorb(b"\x05\x04data").unwrap_err();
        assert_eq!(error, Error::TooLarge { what: Limited::Dictionary, length: 10, max: 8 });
        assert_eq!(received.len(), 1);
    }

    #[test]
    fn broken_blocks_are_violations() {
        for bytes in [&b""[..], b"\x05\x04Sen", b"\x02\x04S", b"\x02\x01\xFF", b"\x80"] {
            let error = Received::new(2048).absorb(bytes).unwrap_err();
            assert!(matches!(error, Error::Violation { .. }), "{bytes:?}: {error:?}");
        }
    }
}
