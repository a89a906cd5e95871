//! Bytes that are no frame are told apart from bytes that are not yet one.

use samebox_framing::Error::{Incomplete, TooLarge, Violation};
use samebox_framing::{Decoder, Error, Framing, Kind, encode};

const MAX: usize = 16 << 20;

fn first(framing: Framing, bytes: &[u8]) -> Result<usize, Error> {
    Decoder::new(framing, MAX).next(bytes).map(|frame| frame.payload.len())
}

fn word(word: u32) -> Result<usize, Error> {
    first(Framing::Length, &word.to_le_bytes())
}

fn header(text: impl AsRef<[u8]>) -> Result<usize, Error> {
    first(Framing::Header, text.as_ref())
}

#[test]
fn a_length_of_zero_is_an_empty_message() {
    assert_eq!(word(0), Ok(0));
}

#[test]
fn the_largest_lengths_are_refused_before_any_payload_arrives() {
    assert_eq!(word((1 << 30) - 1), Err(TooLarge { length: (1 << 30) - 1, max: MAX }));
    assert_eq!(word(u32::MAX), Err(TooLarge { length: Framing::LARGEST, max: MAX }));
}

#[test]
fn a_call_shorter_than_its_number_is_refused() {
    for kind in 1..=3 {
        for length in 0..8 {
            let answer = word(kind << 30 | length);
            assert_eq!(answer, Err(Violation("a call is shorter than its own number")));
        }
        assert_eq!(word(kind << 30 | 8), Err(Incomplete { needed: 12 }));
    }
}

#[test]
fn text_where_a_length_should_be_is_called_text() {
    for text in ["GET / HTTP/1.1\r\n", "Content-Length: 2\r\n\r\n{}", "{\"a\":1}", "Hello\n"] {
        let answer = first(Framing::Length, text.as_bytes());
        let expected = Violation("the bytes read as text, not as length framing");
        assert_eq!(answer, Err(expected), "{text}");
    }
}

#[test]
fn headers_without_a_length_are_refused() {
    let missing = Err(Violation("the headers lack Content-Length"));
    assert_eq!(header("Content-Type: text/plain\r\n\r\n{}"), missing);
    assert_eq!(header("Content-Lengths: 2\r\n\r\n{}"), missing);
}

#[test]
fn a_length_given_twice_is_refused_even_when_both_agree() {
    let twice = Err(Violation("Content-Length is given twice"));
    assert_eq!(header("Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"), twice);
    assert_eq!(header("Content-Length: 2\r\ncontent-length: 9\r\n\r\n{}"), twice);
}

#[test]
fn a_length_that_is_not_plain_digits_is_refused() {
    for value in ["-1", "+5", "", "2 2", "0x2", "2.0", "1e3", "2,2", "two", "\u{661}"] {
        let answer = header(format!("Content-Length: {value}\r\n\r\n{{}}"));
        assert_eq!(answer, Err(Violation("Content-Length is not a number")), "{value:?}");
    }
}

#[test]
fn more_digits_than_a_number_has_are_too_large() {
    for digits in ["16777217", "18446744073709551615", "18446744073709551616", &"9".repeat(1000)] {
        let answer = header(format!("Content-Length: {digits}\r\n\r\n"));
        assert!(matches!(answer, Err(TooLarge { max: MAX, .. })), "{digits}: {answer:?}");
    }
    let zeros = format!("Content-Length: {}2\r\n\r\n{{}}", "0".repeat(1000));
    assert_eq!(header(zeros), Ok(2));
}

#[test]
fn a_length_near_the_machine_word_is_too_large_whatever_the_limit() {
    let text = format!("Content-Length: {}\r\n\r\n", usize::MAX);
    let answer = Decoder::new(Framing::Header, usize::MAX).next(text.as_bytes());
    assert_eq!(answer, Err(TooLarge { length: usize::MAX, max: Framing::LARGEST }));
}

#[test]
fn a_line_without_a_colon_is_refused() {
    let wrong = Err(Violation("a header line has no colon"));
    assert_eq!(header("Content-Length: 2\r\nnonsense\r\n\r\n{}"), wrong);
    assert_eq!(header("\r\n\r\n"), wrong);
    assert_eq!(header("GET / HTTP/1.1\r\n\r\n"), wrong);
}

#[test]
fn headers_that_are_not_text_are_refused() {
    let wrong = Err(Violation("the headers are not text"));
    assert_eq!(header(b"Content-Length: 2\r\nX: \xff\r\n\r\n{}"), wrong);
    assert_eq!(header(b"\xfe\xff\r\n\r\n"), wrong);
}

#[test]
fn bare_line_feeds_end_no_headers() {
    let bytes = "Content-Length: 2\n\n{}";
    assert_eq!(header(bytes), Err(Incomplete { needed: bytes.len() + 1 }));
}

#[test]
fn a_payload_with_a_line_break_is_no_line() {
    for wrong in ["\n", "a\nb", "a\n", "a\r\n", "\nb"] {
        let answer = encode(Framing::Line, Kind::Message, wrong.as_bytes(), MAX);
        assert_eq!(answer.unwrap_err(), Error::LineBreak, "{wrong:?}");
    }
}

#[test]
fn a_payload_that_would_lose_its_last_byte_is_no_line() {
    for wrong in ["\r", "a\r", "a\r\r"] {
        let answer = encode(Framing::Line, Kind::Message, wrong.as_bytes(), MAX);
        assert_eq!(answer.unwrap_err(), Error::LineBreak, "{wrong:?}");
    }
    assert!(encode(Framing::Line, Kind::Message, b"a\rb", MAX).is_ok());
}

#[test]
fn an_empty_payload_is_refused_only_where_it_would_be_nothing_at_all() {
    for (name, framing) in Framing::NAMES {
        let refused = encode(framing, Kind::Message, b"", MAX).err();
        let expected = (framing == Framing::Eof).then_some(Error::Empty);
        assert_eq!(refused, expected, "{name}");
    }
}

#[test]
fn a_framing_without_kinds_carries_messages_only() {
    for (name, framing) in Framing::NAMES {
        for kind in [Kind::Call(1), Kind::Reply(1), Kind::Fault(1)] {
            let answer = encode(framing, kind, b"x", MAX);
            assert_eq!(answer.is_ok(), framing.has_kinds(), "{name} {kind:?}");
        }
    }
}

#[test]
fn errors_are_sentences_for_people() {
    for (error, part) in [
        (Incomplete { needed: 12 }, "12 bytes"),
        (Error::Truncated, "ended in the middle"),
        (TooLarge { length: 9, max: 8 }, "9 bytes and at most 8"),
        (Violation("this and that"), "this and that"),
        (Error::LineBreak, "line break"),
        (Error::Empty, "empty message"),
    ] {
        assert!(error.to_string().contains(part), "{error}");
    }
}
