use samebox_core::Bytes;
use samebox_sys::windows::window::{from_ansi, to_ansi};
use std::borrow::Cow;

/// How text travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// A payload is any bytes, and they travel as they are.
    Bytes,
    Utf8,
    /// Little-endian, as Windows has it in memory.
    Utf16,
    /// The code page of this system.
    Ansi,
}

impl Encoding {
    /// The words of the setting, the default one first.
    pub(crate) const WORDS: &[(&str, Self)] = &[
        ("bytes", Self::Bytes),
        ("utf8", Self::Utf8),
        ("utf16", Self::Utf16),
        ("ansi", Self::Ansi),
    ];

    /// The bytes that a payload travels as.
    ///
    /// # Errors
    /// Why it cannot.
    pub(crate) fn encode(self, payload: &[u8]) -> Result<Cow<'_, [u8]>, &'static str> {
        if self == Self::Bytes {
            return Ok(payload.into());
        }
        let text = std::str::from_utf8(payload).map_err(|_| "the message is not UTF-8 text")?;
        if text.contains('\0') {
            return Err("a NUL would end the text there");
        }
        match self {
            Self::Bytes | Self::Utf8 => Ok(payload.into()),
            Self::Utf16 => Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            Self::Ansi => to_ansi(text)
                .map(Cow::from)
                .map_err(|_| "the ANSI code page of this system lacks one of its characters"),
        }
    }

    /// How many bytes a payload of `max` bytes may travel as, a NUL behind it counted.
    pub(crate) const fn most(self, max: usize) -> usize {
        match self {
            Self::Bytes => max,
            Self::Utf8 => max.saturating_add(1),
            // No character has more there than twice what it has in UTF-8.
            Self::Utf16 | Self::Ansi => max.saturating_add(1).saturating_mul(2),
        }
    }

    /// The payload that bytes stand for; one NUL at the end of a text is not part of it.
    ///
    /// # Errors
    /// Why they stand for none.
    pub(crate) fn decode(self, bytes: &[u8]) -> Result<Bytes, &'static str> {
        match self {
            Self::Bytes => Ok(Bytes::copy_from_slice(bytes)),
            Self::Utf8 => {
                let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
                std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8")?;
                Ok(Bytes::copy_from_slice(bytes))
            }
            Self::Utf16 => from_utf16(bytes).map(Bytes::from),
            Self::Ansi => {
                let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
                from_ansi(bytes)
                    .map(Bytes::from)
                    .map_err(|_| "it is not text in the ANSI code page of this system")
            }
        }
    }
}

fn from_utf16(bytes: &[u8]) -> Result<String, &'static str> {
    let bytes =
        bytes.strip_suffix(&[0, 0][..]).filter(|_| bytes.len().is_multiple_of(2)).unwrap_or(bytes);
    let units = bytes.chunks_exact(2);
    if !units.remainder().is_empty() {
        return Err("it is not UTF-16: it has half a character");
    }
    let units = units.map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.map_err(|_| "it is not UTF-16: half a pair stands alone")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_passes_in_every_encoding() {
        for (_, encoding) in Encoding::WORDS {
            for text in ["", "a", "Hello, World!"] {
                let sent = encoding.encode(text.as_bytes()).unwrap();
                assert_eq!(encoding.decode(&sent).unwrap(), text, "{encoding:?}");
            }
        }
        let sent = Encoding::Utf16.encode("ö😀".as_bytes()).unwrap();
        assert_eq!(*sent, [0xF6, 0, 0x3D, 0xD8, 0x00, 0xDE]);
        assert_eq!(Encoding::Utf16.decode(&sent).unwrap(), "ö😀");
    }

    #[test]
    fn one_nul_at_the_end_of_a_text_is_not_part_of_it() {
        assert_eq!(Encoding::Bytes.decode(b"a\0").unwrap(), "a\0");
        assert_eq!(Encoding::Utf8.decode(b"a\0\0").unwrap(), "a\0");
        assert_eq!(Encoding::Ansi.decode(b"a\0").unwrap(), "a");
        assert_eq!(Encoding::Utf16.decode(b"a\0\0\0").unwrap(), "a");
        assert_eq!(Encoding::Utf16.decode(b"a\0").unwrap(), "a");
        for (_, encoding) in &Encoding::WORDS[1..] {
            assert!(encoding.encode(b"a\0").is_err(), "{encoding:?} would lose it");
        }
    }

    #[test]
    fn what_is_not_text_is_refused_where_text_is_said() {
        assert!(Encoding::Bytes.encode(b"\xFF").is_ok());
        for (_, encoding) in &Encoding::WORDS[1..] {
            assert!(encoding.encode(b"\xFF").is_err(), "{encoding:?}");
        }
        assert!(Encoding::Utf8.decode(b"\xFF").is_err());
        for broken in [&b"a"[..], b"\x3D\xD8", b"\x00\xDE\x3D\xD8", b"a\0\0"] {
            assert!(Encoding::Utf16.decode(broken).is_err(), "{broken:?}");
        }
    }
}
