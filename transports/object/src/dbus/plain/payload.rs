use crate::dbus::settings::Encoding;
use samebox_core::Bytes;
use zbus::export::serde::{Serialize, Serializer};
use zbus::{DynamicType, Message, Signature};

/// A payload as it travels: text where it is text that D-Bus can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payload<'a> {
    Text(&'a str),
    Octets(&'a [u8]),
}

impl<'a> Payload<'a> {
    /// How these bytes travel.
    ///
    /// # Errors
    /// In words, when they are to be text and are none that D-Bus can carry.
    pub(super) fn new(bytes: &'a [u8], encoding: Encoding) -> Result<Self, &'static str> {
        if encoding == Encoding::Bytes {
            return Ok(Self::Octets(bytes));
        }
        let is_asked = encoding == Encoding::Text;
        match std::str::from_utf8(bytes) {
            Ok(text) if !has_nul(bytes) => Ok(Self::Text(text)),
            Ok(_) if is_asked => Err("a text with NUL in it cannot travel on D-Bus"),
            Err(_) if is_asked => Err("it is not text in UTF-8"),
            _ => Ok(Self::Octets(bytes)),
        }
    }

    /// Which of a pair of names, for text and for bytes, it goes under.
    pub(super) fn of<'n>(&self, names: [&'n str; 2]) -> &'n str {
        match self {
            Self::Text(_) => names[0],
            Self::Octets(_) => names[1],
        }
    }
}

/// Looked at in blocks without an early end, many bytes take one step.
fn has_nul(bytes: &[u8]) -> bool {
    bytes.chunks(4096).any(|block| block.iter().fold(false, |found, byte| found | (*byte == 0)))
}

impl DynamicType for Payload<'_> {
    fn signature(&self) -> Signature {
        match self {
            Self::Text(_) => Signature::Str,
            Self::Octets(_) => Signature::static_array(&Signature::U8),
        }
    }
}

impl Serialize for Payload<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => to.serialize_str(text),
            Self::Octets(bytes) => to.serialize_bytes(bytes),
        }
    }
}

/// The payload of a message: its one value, text or bytes.
///
/// # Errors
/// In words, when it is neither.
pub(super) fn read(message: &Message) -> Result<Bytes, String> {
    let body = message.body();
    let bytes = match body.signature() {
        Signature::Str => body.deserialize::<&str>().map(str::as_bytes),
        signature if signature.to_string() == "ay" => body.deserialize::<&[u8]>(),
        Signature::Unit => Ok(&[][..]),
        other => return Err(format!("it has `{}` in it", other.to_string_no_parens())),
    };
    bytes.map(|bytes| part(message, bytes)).map_err(|error| error.to_string())
}

/// Payloads of fewer bytes are copied: that costs less than what it takes to keep their message.
const WORTH_KEEPING: usize = 4096;

/// Those bytes of a message, which is kept for them.
fn part(message: &Message, bytes: &[u8]) -> Bytes {
    let start = bytes.as_ptr().addr().checked_sub(message.data().as_ptr().addr());
    match start {
        Some(start) if bytes.len() >= WORTH_KEEPING => {
            let kept = Kept { message: message.clone(), start, length: bytes.len() };
            Bytes::from_owner(kept)
        }
        _ => Bytes::copy_from_slice(bytes),
    }
}

/// A payload within its message.
struct Kept {
    message: Message,
    start: usize,
    length: usize,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        let rest = self.message.data().get(self.start..).unwrap_or_default();
        rest.get(..self.length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(bytes: &[u8], encoding: Encoding) -> Vec<u8> {
        let payload = Payload::new(bytes, encoding).unwrap();
        let message = Message::method_call("/a", "B").build(&payload).unwrap();
        read(&message).unwrap().to_vec()
    }

    #[test]
    fn every_payload_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        let long = vec![0xFF; 100_000];
        for bytes in
            [&b""[..], b"Hello, World!", b"\0", b"a\0b", b"\xFF", "日本".as_bytes(), &all, &long]
        {
            assert_eq!(there_and_back(bytes, Encoding::Auto), bytes);
            assert_eq!(there_and_back(bytes, Encoding::Bytes), bytes);
        }
    }

    #[test]
    fn text_goes_as_text_unless_told_otherwise() {
        assert_eq!(Payload::new(b"x", Encoding::Auto), Ok(Payload::Text("x")));
        assert_eq!(Payload::new(b"x\0", Encoding::Auto), Ok(Payload::Octets(b"x\0")));
        assert_eq!(Payload::new(b"x", Encoding::Bytes), Ok(Payload::Octets(b"x")));
    }

    #[test]
    fn what_is_no_text_is_refused_where_text_is_asked_for() {
        assert!(Payload::new(b"x\0", Encoding::Text).is_err());
        assert!(Payload::new(b"\xFF", Encoding::Text).is_err());
    }
}
