//! Any bytes, in any framing, in any pieces: one verdict, nothing outside the buffer, no panic.
//!
//! Input: one byte that picks framing and limit, one byte that says how many piece lengths follow,
//! those, and the stream. Without piece lengths the stream comes one byte at a time.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samebox_framing::{Decoder, Error, Framing, Kind, encode};

type Frames = Vec<(Kind, Vec<u8>)>;

fuzz_target!(|input: &[u8]| {
    let [choice, count, rest @ ..] = input else { return };
    let framing = Framing::NAMES[usize::from(choice % 4)].1;
    let max = [0, 5, 100, 4096, 1 << 20, Framing::LARGEST, usize::MAX][usize::from(choice / 4 % 7)];
    let (lengths, stream) = rest.split_at(usize::from(count % 16).min(rest.len()));

    let whole = receive(framing, max, false, [stream].into_iter());
    for lazy in [false, true] {
        let pieces = receive(framing, max, lazy, pieces(stream, lengths));
        assert_eq!(pieces, whole, "the pieces made a difference");
    }
    for (kind, payload) in whole.0 {
        round_trip(framing, kind, &payload, max);
    }
});

/// The stream in pieces of the given lengths, over and over.
fn pieces<'a>(mut stream: &'a [u8], lengths: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let lengths = if lengths.is_empty() { &[1][..] } else { lengths };
    // At least one byte, or a list of zeros would never end.
    let mut lengths = lengths.iter().map(|length| usize::from(*length).max(1)).cycle();
    std::iter::from_fn(move || {
        let (first, rest) = stream.split_at(stream.len().min(lengths.next()?));
        stream = rest;
        (!first.is_empty()).then_some(first)
    })
}

/// What comes out of a connection; `lazy` asks only when the bytes said to be needed are there.
fn receive<'a>(
    framing: Framing,
    max: usize,
    lazy: bool,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Frames, Option<Error>) {
    let mut decoder = Decoder::new(framing, max);
    let (mut frames, mut buffer, mut needed) = (Vec::new(), Vec::new(), 0);
    for piece in pieces {
        buffer.extend_from_slice(piece);
        if lazy && buffer.len() < needed {
            continue;
        }
        match drain(&mut decoder, max, &mut buffer, &mut frames) {
            Error::Incomplete { needed: more } => needed = more,
            error => return (frames, Some(without_length(error))),
        }
    }
    match decoder.at_end(&buffer) {
        Ok(None) => assert!(buffer.is_empty()),
        Ok(Some(last)) => {
            assert_eq!((framing, &last.payload), (Framing::Eof, &(0..buffer.len())));
            frames.push((last.kind, buffer));
        }
        Err(error) => return (frames, Some(without_length(error))),
    }
    (frames, None)
}

/// Takes all whole frames out of `buffer` and tells why there are no more.
fn drain(decoder: &mut Decoder, max: usize, buffer: &mut Vec<u8>, frames: &mut Frames) -> Error {
    let mut taken = 0;
    let error = loop {
        let left = &buffer[taken..];
        let frame = match decoder.next(left) {
            Ok(frame) => frame,
            Err(error) => {
                assert_eq!(decoder.next(left), Err(error.clone()), "an error does not go away");
                if let Error::Incomplete { needed } = error {
                    assert!(needed > left.len(), "{needed} of {}", left.len());
                }
                break error;
            }
        };
        assert!(0 < frame.consumed && frame.consumed <= left.len(), "{frame:?}");
        assert!(frame.payload.start <= frame.payload.end, "{frame:?}");
        assert!(frame.payload.end <= frame.consumed, "{frame:?}");
        assert!(frame.payload.len() <= max, "{frame:?}");
        frames.push((frame.kind, left[frame.payload].to_vec()));
        taken += frame.consumed;
    };
    buffer.drain(..taken);
    error
}

/// How much of a frame that is too large was seen depends on the pieces.
fn without_length(error: Error) -> Error {
    match error {
        Error::TooLarge { max, .. } => Error::TooLarge { length: 0, max },
        other => other,
    }
}

/// What was decoded can be sent on, and arrives as the same.
fn round_trip(framing: Framing, kind: Kind, payload: &[u8], max: usize) {
    let (head, tail) = match encode(framing, kind, payload, max) {
        Ok(around) => around,
        Err(error) => {
            let end_is_lost = framing == Framing::Line && payload.ends_with(b"\r");
            assert_eq!((error, end_is_lost), (Error::LineBreak, true));
            return;
        }
    };
    let wire = [head.as_bytes(), payload, tail].concat();
    let again = receive(framing, max, false, [wire.as_slice()].into_iter());
    assert_eq!(again, (vec![(kind, payload.to_vec())], None));
}
