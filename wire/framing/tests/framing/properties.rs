//! What holds for any payload, any bytes and any pieces they arrive in.

use crate::receiver::{Asks, Received, receive};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use samebox_framing::{Error, Framing, Kind, encode};

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: if cfg!(miri) { 5 } else { 512 },
        // A case worth keeping becomes a test with a name.
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn framings() -> impl Strategy<Value = Framing> {
    select(Framing::NAMES.map(|(_, framing)| framing).to_vec())
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Message),
        any::<u64>().prop_map(Kind::Call),
        any::<u64>().prop_map(Kind::Reply),
        any::<u64>().prop_map(Kind::Fault),
    ]
}

/// Pieces of what peers write, and of what they should not.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<&[u8]> = vec![
        b"\n",
        b"\r",
        b"\r\n",
        b"\r\n\r\n",
        b"Content-Length: 3\r\n\r\nabc",
        b"Content-Length: ",
        b"content-length:",
        b"X: y\r\n",
        b": ",
        b"9999",
        b"0",
        b"+5",
        b"-1",
        b"hello",
        b"\x03\x00\x00\x00abc",
        b"\x09\x00\x00\x40\x07\0\0\0\0\0\0\0x",
        b"\x00\x00\x00\x00",
        b"\x02\x00\x00\x80",
        b"\xff\xff\xff\xff",
        b"\xff\xff\xff\x3f",
        b"\x08\x00\x00\xc0",
    ];
    let bits = prop_oneof![
        4 => select(known).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..9),
    ];
    vec(bits, 0..16).prop_map(|bits| bits.concat())
}

/// `bytes` cut at some points.
fn pieces<'a>(bytes: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect()
}

/// The bytes of frames on the wire, and those of them that the framing can carry.
fn wire(framing: Framing, frames: Vec<(Kind, Vec<u8>)>, max: usize) -> (Vec<u8>, Received) {
    let (mut bytes, mut carried) = (Vec::new(), Vec::new());
    for (kind, payload) in frames {
        if framing == Framing::Eof && !carried.is_empty() {
            break;
        }
        let Ok((head, tail)) = encode(framing, kind, &payload, max) else { continue };
        bytes.extend([head.as_bytes(), &payload, tail].concat());
        carried.push((kind, payload));
    }
    (bytes, Received { frames: carried, error: None })
}

/// What lines mean, said in another way than the decoder says it.
fn lines(bytes: &[u8], max: usize) -> Received {
    let mut received = Received { frames: Vec::new(), error: None };
    let mut parts = bytes.split(|byte| *byte == b'\n').peekable();
    while let Some(part) = parts.next() {
        let line = part.strip_suffix(b"\r").unwrap_or(part);
        if line.len() > max {
            received.error = Some(Error::TooLarge { length: 0, max });
            break;
        }
        match parts.peek() {
            Some(_) => received.frames.push((Kind::Message, line.to_vec())),
            None if part.is_empty() => {}
            None => received.error = Some(Error::Truncated),
        }
    }
    received
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_encoded_decodes_to_the_same(
        framing in framings(),
        kind in kinds(),
        payload in vec(any::<u8>(), 0..300),
    ) {
        let kind = if framing.has_kinds() { kind } else { Kind::Message };
        let breaks = payload.contains(&b'\n') || payload.ends_with(b"\r");
        let (head, tail) = match encode(framing, kind, &payload, 300) {
            Ok(around) => around,
            Err(error) => {
                let why = match framing {
                    Framing::Line if breaks => Some(Error::LineBreak),
                    Framing::Eof if payload.is_empty() => Some(Error::Empty),
                    _ => None,
                };
                prop_assert_eq!(Some(error), why);
                return Ok(());
            }
        };
        let bytes = [head.as_bytes(), &payload, tail].concat();
        let received = receive(framing, 300, Asks::Always, [bytes.as_slice()]);
        prop_assert_eq!(received, Received { frames: vec![(kind, payload)], error: None });
    }

    #[test]
    fn frames_do_not_depend_on_the_pieces_they_arrive_in(
        framing in framings(),
        frames in vec((kinds(), vec(any::<u8>(), 0..40)), 0..8),
        cuts in vec(any::<Index>(), 0..12),
    ) {
        let (bytes, sent) = wire(framing, frames, 40);
        let received = receive(framing, 40, Asks::Always, pieces(&bytes, &cuts));
        prop_assert_eq!(received, sent);
    }

    #[test]
    fn waiting_for_the_bytes_needed_misses_nothing(
        framing in framings(),
        frames in vec((kinds(), vec(any::<u8>(), 0..40)), 0..8),
        cuts in vec(any::<Index>(), 0..12),
    ) {
        let (bytes, sent) = wire(framing, frames, 40);
        let received = receive(framing, 40, Asks::WhenNeeded, pieces(&bytes, &cuts));
        prop_assert_eq!(received, sent);
    }

    #[test]
    fn any_bytes_in_any_pieces_get_one_verdict(
        framing in framings(),
        bytes in soup(),
        cuts in vec(any::<Index>(), 0..12),
        max in prop_oneof![0usize..20, Just(4096), Just(usize::MAX)],
    ) {
        let whole = receive(framing, max, Asks::Always, [bytes.as_slice()]).without_length();
        for pieces in [pieces(&bytes, &cuts), bytes.chunks(1).collect()] {
            for asks in [Asks::Always, Asks::WhenNeeded] {
                let received = receive(framing, max, asks, pieces.iter().copied());
                prop_assert_eq!(&received.without_length(), &whole);
            }
        }
    }

    #[test]
    fn what_was_decoded_encodes_and_decodes_to_the_same(framing in framings(), bytes in soup()) {
        let Received { frames, .. } = receive(framing, 4096, Asks::Always, [bytes.as_slice()]);
        for (kind, payload) in frames {
            let again = encode(framing, kind, &payload, 4096);
            if framing == Framing::Line && payload.ends_with(b"\r") {
                prop_assert_eq!(again.unwrap_err(), Error::LineBreak);
                continue;
            }
            let (head, tail) = again.unwrap();
            let bytes = [head.as_bytes(), &payload, tail].concat();
            let received = receive(framing, 4096, Asks::Always, [bytes.as_slice()]);
            prop_assert_eq!(received, Received { frames: vec![(kind, payload)], error: None });
        }
    }

    #[test]
    fn lines_are_what_lies_between_line_ends(
        bytes in vec(select(b"ab\r\n".to_vec()), 0..40),
        max in 0usize..12,
        cuts in vec(any::<Index>(), 0..6),
    ) {
        let received = receive(Framing::Line, max, Asks::Always, pieces(&bytes, &cuts));
        prop_assert_eq!(received.without_length(), lines(&bytes, max));
    }
}
