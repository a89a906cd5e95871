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
        Ok(text) if is_in_xml(text) => writer.text(text),
        _ => writer.text(Text::Bytes(payload)),
    }
    writer.end();
    writer.end();
}

/// Whether XML 1.0 has all characters of a text: no controls but tab and line ends, no U+FFFE, U+FFFF.
fn is_in_xml(text: &str) -> bool {
    let is_control = |byte: u8| (byte < b' ') & (byte != b'\t') & (byte != b'\n') & (byte != b'\r');
    // The two begin with EF. Looked at without an early end, many bytes take one step.
    let is_odd = |odd: bool, byte: &u8| odd | is_control(*byte) | (*byte == 0xEF);
    let plain = text.as_bytes().chunks(4096).all(|bytes| !bytes.iter().fold(false, is_odd));
    let is_fine =
        |c: char| !matches!(c, '\u{FFFE}' | '\u{FFFF}') && (!c.is_ascii() || !is_control(c as u8));
    plain || text.chars().all(is_fine)
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
