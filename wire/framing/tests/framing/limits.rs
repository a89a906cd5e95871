//! A payload of exactly `max` bytes passes, one more is refused, and nothing grows without bound.

use crate::receiver::{Asks, receive};
use samebox_framing::{Decoder, Error, Framing, Kind, encode};

const MAX: usize = 100;
const HEADERS: usize = 8 << 10;

fn too_large(length: usize) -> Error {
    Error::TooLarge { length, max: MAX }
}

fn wire(framing: Framing, payload: &[u8]) -> Vec<u8> {
    let (head, tail) = encode(framing, Kind::Message, payload, usize::MAX).unwrap();
    [head.as_bytes(), payload, tail].concat()
}

#[test]
fn a_payload_of_the_limit_is_encoded_and_one_more_byte_is_not() {
    for (name, framing) in Framing::NAMES {
        assert!(encode(framing, Kind::Message, &[b'x'; MAX], MAX).is_ok(), "{name}");
        let refused = encode(framing, Kind::Message, &[b'x'; MAX + 1], MAX).unwrap_err();
        assert_eq!(refused, too_large(MAX + 1), "{name}");
    }
}

#[test]
fn the_number_of_a_call_does_not_count_as_payload() {
    for kind in [Kind::Call(9), Kind::Reply(9), Kind::Fault(9)] {
        let payload = [b'x'; MAX];
        let (head, _) = encode(Framing::Length, kind, &payload, MAX).unwrap();
        let bytes = [head.as_bytes(), &payload].concat();
        let frame = Decoder::new(Framing::Length, MAX).next(&bytes).unwrap();
        assert_eq!((frame.kind, frame.payload.len()), (kind, MAX));
        let refused = Decoder::new(Framing::Length, MAX - 1).next(&bytes).unwrap_err();
        assert_eq!(refused, Error::TooLarge { length: MAX, max: MAX - 1 });
    }
}

#[test]
fn a_payload_of_the_limit_is_received() {
    for (name, framing) in Framing::NAMES {
        let bytes = wire(framing, &[b'x'; MAX]);
        let received = receive(framing, MAX, Asks::Always, [bytes.as_slice()]);
        assert_eq!(received.frames, [(Kind::Message, vec![b'x'; MAX])], "{name}");
        assert_eq!(received.error, None, "{name}");
    }
}

#[test]
fn one_byte_over_the_limit_is_refused() {
    for (name, framing) in Framing::NAMES {
        let bytes = wire(framing, &[b'x'; MAX + 1]);
        let refused = Decoder::new(framing, MAX).next(&bytes).unwrap_err();
        assert_eq!(refused, too_large(MAX + 1), "{name}");
    }
}

#[test]
fn a_length_over_the_limit_is_refused_before_its_payload_arrives() {
    for framing in [Framing::Length, Framing::Header] {
        let payload = [b'x'; MAX + 1];
        let (head, _) = encode(framing, Kind::Message, &payload, usize::MAX).unwrap();
        let refused = Decoder::new(framing, MAX).next(head.as_bytes()).unwrap_err();
        assert_eq!(refused, too_large(MAX + 1));
    }
}

#[test]
fn a_line_of_the_limit_may_end_as_windows_ends_it() {
    let bytes = [&[b'x'; MAX][..], b"\r\n"].concat();
    for pieces in [vec![bytes.len()], vec![MAX, bytes.len()], vec![MAX + 1, bytes.len()]] {
        let mut decoder = Decoder::new(Framing::Line, MAX);
        let (last, before) = pieces.split_last().unwrap();
        for length in before {
            let waits = decoder.next(&bytes[..*length]);
            assert_eq!(waits, Err(Error::Incomplete { needed: length + 1 }));
        }
        assert_eq!(decoder.next(&bytes[..*last]).unwrap().payload, 0..MAX);
    }
}

#[test]
fn a_carriage_return_that_is_payload_counts() {
    let bytes = [&[b'x'; MAX][..], b"\rx"].concat();
    let refused = Decoder::new(Framing::Line, MAX).next(&bytes).unwrap_err();
    assert_eq!(refused, too_large(MAX + 2));
}

#[test]
fn a_line_that_never_ends_is_refused_one_byte_over_the_limit() {
    assert_eq!(bytes_until_refused(Framing::Line, b"x"), MAX + 1);
    assert_eq!(bytes_until_refused(Framing::Line, b"\r"), MAX + 2);
}

#[test]
fn a_connection_that_never_ends_is_refused_one_byte_over_the_limit() {
    assert_eq!(bytes_until_refused(Framing::Eof, b"x"), MAX + 1);
}

#[test]
fn headers_that_never_end_are_refused_at_8_kib() {
    assert_eq!(bytes_until_refused(Framing::Header, &[b'x'; 16]), HEADERS);
}

/// How many bytes a peer may send, `piece` by `piece`, before it is refused.
fn bytes_until_refused(framing: Framing, piece: &[u8]) -> usize {
    let mut decoder = Decoder::new(framing, MAX);
    let mut buffer = Vec::new();
    while let Err(Error::Incomplete { needed }) = decoder.next(&buffer) {
        assert_eq!(needed, buffer.len() + 1);
        assert!(buffer.len() < 2 * HEADERS, "it goes on for ever");
        buffer.extend_from_slice(piece);
    }
    buffer.len()
}

#[test]
fn headers_of_8_kib_pass_and_one_byte_more_does_not_in_whatever_pieces() {
    let firsts = if cfg!(miri) { &[HEADERS - 1][..] } else { &[0, 1, HEADERS - 4, HEADERS - 1] };
    for (length, passes) in [(HEADERS, true), (HEADERS + 1, false)] {
        let fixed = "Content-Length: 0\r\nX: \r\n\r\n".len();
        let filler = "x".repeat(length - fixed);
        let bytes = format!("Content-Length: 0\r\nX: {filler}\r\n\r\n").into_bytes();
        assert_eq!(bytes.len(), length);
        for &first in firsts {
            let mut decoder = Decoder::new(Framing::Header, MAX);
            assert_eq!(decoder.next(&bytes[..first]), Err(Error::Incomplete { needed: first + 1 }));
            let answer = decoder.next(&bytes);
            assert_eq!(answer.is_ok(), passes, "{length} bytes, first {first}: {answer:?}");
        }
    }
}

#[test]
fn no_limit_allows_more_than_thirty_bits_can_say() {
    let whole = Err(Error::Incomplete { needed: 4 + 8 + Framing::LARGEST });
    let mut decoder = Decoder::new(Framing::Length, usize::MAX);
    assert_eq!(decoder.next(&u32::MAX.to_le_bytes()), whole);
    let message = (Framing::LARGEST as u32 + 1).to_le_bytes();
    let refused = Err(Error::TooLarge { length: Framing::LARGEST + 1, max: Framing::LARGEST });
    assert_eq!(Decoder::new(Framing::Length, usize::MAX).next(&message), refused);
    let text = format!("Content-Length: {}\r\n\r\n", Framing::LARGEST + 1);
    assert_eq!(Decoder::new(Framing::Header, usize::MAX).next(text.as_bytes()), refused);
}

#[test]
fn bytes_searched_for_a_line_end_are_not_searched_again() {
    // A real buffer never changes where it was searched; here it does, and nobody may notice.
    let mut decoder = Decoder::new(Framing::Line, MAX);
    assert_eq!(decoder.next(b"abcd"), Err(Error::Incomplete { needed: 5 }));
    assert_eq!(decoder.next(b"a\ncd\n").unwrap().payload, 0..4);
    assert_eq!(decoder.next(b"a\ncd\n").unwrap().payload, 0..1, "a new frame is searched anew");
}

#[test]
fn bytes_searched_for_the_end_of_headers_are_not_searched_again() {
    let mut decoder = Decoder::new(Framing::Header, MAX);
    assert!(decoder.next(b"Content-Length: 10 ").is_err());
    let early_end = b"Content-L: 9\r\n\r\nContent-Length: 0\r\n\r\n";
    let refused = Err(Error::Violation("a header line has no colon"));
    assert_eq!(decoder.next(early_end), refused);
}
