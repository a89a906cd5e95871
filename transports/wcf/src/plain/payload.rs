use samebox_core::Bytes;
use samebox_wcf_wire as wire;
use samebox_wcf_wire::nbfx::{Content, Event, Reader, Text, Writer};

/// Writes the wrapper of a body with one value in it: a payload as text where it is text that XML can
/// carry, otherwise as bytes, which .NET reads as text in base64 where it expects text.
pub(super) fn write(
    writer: &mut Writer<'_>,
    namespace: &str,
    wrapper: &str,
    member: &str,
    payload: &[u8],
) {
    writer.start("", wrapper);
    writer.xmlns("", namespace);
    writer.start("", member);
    match std::str::from_utf8(payload) {
        Ok(text) if text.chars().all(is_in_xml) => writer.text(text),
        _ => writer.text(Text::Bytes(payload)),
    }
    writer.end();
    writer.end();
}

/// Whether XML 1.0 has this character.
fn is_in_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Reads the payload inside a wrapper that has been started: the element of that name or, where there
/// is none, the first.
pub(super) fn read(reader: &mut Reader<'_, '_>, member: &str) -> Result<Bytes, wire::Error> {
    let mut found: Option<Bytes> = None;
    loop {
        match reader.next()? {
            Some(Event::Start(element)) if element.name.text == member || found.is_none() => {
                let is_it = element.name.text == member;
                let payload = bytes(reader.content()?);
                found = Some(payload);
                if is_it {
                    break;
                }
            }
            Some(Event::Start(_)) => reader.skip()?,
            Some(Event::Text(_)) => {}
            Some(Event::End) | None => break,
        }
    }
    Ok(found.unwrap_or_default())
}

/// Bytes as they are, and whatever else as text.
fn bytes(content: Content<'_>) -> Bytes {
    match content {
        Content::One(Text::Bytes(bytes)) => Bytes::copy_from_slice(bytes),
        Content::Bytes(bytes) => bytes.into(),
        Content::Chars(text) => text.into(),
        Content::One(text) => match text.to_str() {
            std::borrow::Cow::Borrowed(text) => Bytes::copy_from_slice(text.as_bytes()),
            std::borrow::Cow::Owned(text) => text.into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use samebox_wcf_wire::dictionary::Received;
    use samebox_wcf_wire::nbfx::{Limits, Memory};

    fn there_and_back(payload: &[u8]) -> Vec<u8> {
        let mut document = Vec::new();
        write(
            &mut Writer::new(&mut document, None),
            "http://tempuri.org/",
            "Send",
            "data",
            payload,
        );
        let (words, mut memory) = (Received::new(0), Memory::default());
        let mut reader = Reader::new(&document, &words, Limits::default(), &mut memory);
        assert!(matches!(reader.next(), Ok(Some(Event::Start(_)))));
        read(&mut reader, "data").unwrap().to_vec()
    }

    #[test]
    fn every_payload_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        for payload in [
            &b""[..],
            b"0",
            b"1",
            b"5",
            b"true",
            b"Hello, World!",
            b"\0",
            b"a\0",
            b"\r\n",
            b"\xFF",
            "日本語日本語".as_bytes(),
            "\u{FFFE}".as_bytes(),
            &all,
        ] {
            assert_eq!(there_and_back(payload), payload);
        }
        let long = "x".repeat(100_000);
        assert_eq!(there_and_back(long.as_bytes()), long.as_bytes());
        let long = [0xFF; 100_000];
        assert_eq!(there_and_back(&long), long);
    }
}
