//! Payloads as values of COM.

use super::options::Encoding;
use samebox_core::Bytes;
use samebox_sys::windows::com::{Failure, Variant};

/// A payload as text or as bytes; `None` when it has to be text and is none.
pub(super) fn write(payload: &[u8], encoding: Encoding) -> Option<Variant> {
    let text = || std::str::from_utf8(payload).ok();
    match encoding {
        Encoding::Text => text().map(Variant::from),
        Encoding::Bytes => Some(Variant::Bytes(payload.into())),
        Encoding::Auto => Some(match text().filter(|text| !text.contains('\0')) {
            Some(text) => text.into(),
            None => Variant::Bytes(payload.into()),
        }),
    }
}

/// Why a payload cannot be text.
pub(super) const NO_TEXT: &str = "the payload is not UTF-8, and `encoding=text` has it be text";

/// Bytes as they are, and whatever else as text.
///
/// # Errors
/// The system's, for a value that has no text.
pub(super) fn read(value: Variant) -> Result<Bytes, Failure> {
    match value {
        Variant::Bytes(bytes) => Ok(bytes.into()),
        value => value.into_text().map(Bytes::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_payload_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        for payload in
            [&b""[..], b"Hello, World!", "née 😀".as_bytes(), b"\0", b"a\0", b"\xFF", &all]
        {
            let written = write(payload, Encoding::Auto).unwrap();
            assert_eq!(
                matches!(written, Variant::Bytes(_)),
                payload.contains(&0) || payload == b"\xFF"
            );
            assert_eq!(read(written).unwrap(), payload);
            assert_eq!(read(write(payload, Encoding::Bytes).unwrap()).unwrap(), payload);
        }
    }

    #[test]
    fn what_is_no_text_is_refused_as_text() {
        assert_eq!(write(b"\xFF", Encoding::Text), None);
        assert_eq!(write(b"a\0", Encoding::Text), Some("a\0".into()));
    }

    #[test]
    fn simple_values_of_scripts_are_text() {
        for (value, text) in [
            (Variant::I4(-5), "-5"),
            (Variant::R8(0.5), "0.5"),
            (Variant::Bool(true), "True"),
            (Variant::Empty, ""),
        ] {
            assert_eq!(read(value).unwrap(), text);
        }
        assert!(read(Variant::List(vec![Variant::I4(1)])).is_err());
        assert!(read(Variant::Object(None)).is_err());
    }
}
