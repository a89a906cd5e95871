//! Every vector decodes, every prefix waits, and what is ours encodes to the same bytes.

use crate::receiver::{Asks, receive};
use crate::vector::{self, all};
use samebox_framing::{Decoder, Error, Framing, Kind, encode};

const MAX: usize = 1 << 20;

/// How many bytes one prefix is longer than the one before: Miri is too slow for all of them.
const STEP: usize = if cfg!(miri) { 13 } else { 1 };

#[test]
fn every_vector_decodes_to_its_frames() {
    for vector in all() {
        let received = receive(vector.framing, MAX, Asks::Always, [vector.bytes.as_slice()]);
        assert_eq!(received.error, None, "{}", vector.name);
        assert_eq!(received.frames, vector.frames, "{}", vector.name);
    }
}

#[test]
fn every_vector_decodes_in_small_pieces_to_the_same_frames() {
    for vector in all() {
        let received = receive(vector.framing, MAX, Asks::Always, vector.bytes.chunks(STEP));
        assert_eq!(received.error, None, "{}", vector.name);
        assert_eq!(received.frames, vector.frames, "{}", vector.name);
    }
}

#[test]
fn our_vectors_encode_to_the_same_bytes() {
    for vector in all().filter(|vector| vector.ours) {
        let mut bytes = Vec::new();
        for (kind, payload) in &vector.frames {
            let (head, tail) = encode(vector.framing, *kind, payload, MAX).unwrap();
            bytes.extend([head.as_bytes(), payload, tail].concat());
        }
        assert_eq!(bytes, vector.bytes, "{}", vector.name);
    }
}

#[test]
fn every_prefix_of_every_frame_waits_for_more_and_never_for_too_much() {
    for vector in all() {
        for frame in frames_of(vector.framing, &vector.bytes) {
            for length in (0..frame.len()).step_by(STEP) {
                let answer = Decoder::new(vector.framing, MAX).next(&frame[..length]);
                let Err(Error::Incomplete { needed }) = answer else {
                    panic!("{}: {answer:?} after {length} bytes", vector.name);
                };
                assert!(needed > length, "{}: {needed} after {length}", vector.name);
                assert!(needed <= frame.len(), "{}: {needed} of {}", vector.name, frame.len());
            }
        }
    }
}

#[test]
fn a_connection_that_ends_within_a_frame_is_truncated() {
    for vector in all().filter(|vector| vector.framing != Framing::Eof) {
        for frame in frames_of(vector.framing, &vector.bytes) {
            for length in (1..frame.len()).step_by(STEP) {
                let received = receive(vector.framing, MAX, Asks::Always, [&frame[..length]]);
                assert_eq!(received.error, Some(Error::Truncated), "{}", vector.name);
                assert_eq!(received.frames, [], "{}", vector.name);
            }
        }
    }
}

#[test]
fn a_connection_that_ends_between_frames_ends_well() {
    for (name, framing) in Framing::NAMES {
        assert_eq!(Decoder::new(framing, MAX).at_end(b""), Ok(None), "{name}");
    }
}

#[test]
fn a_frame_says_where_it_ends_and_what_is_its_payload() {
    let bytes = b"Content-Length: 2\r\nContent-Type: x\r\n\r\nhiContent";
    let frame = Decoder::new(Framing::Header, MAX).next(bytes).unwrap();
    assert_eq!((frame.kind, frame.payload, frame.consumed), (Kind::Message, 38..40, 40));
}

#[test]
#[cfg(not(miri))]
fn every_vector_file_is_tried() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let list = |folder| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = list(root.clone())
        .flat_map(list)
        .map(|path| path.with_extension("").strip_prefix(&root).unwrap().to_owned())
        .collect();
    found.sort();
    let tried: Vec<_> =
        vector::FILES.iter().map(|(name, _)| std::path::PathBuf::from(name)).collect();
    assert_eq!(found, tried);
}

/// The bytes of each frame.
fn frames_of(framing: Framing, mut bytes: &[u8]) -> Vec<&[u8]> {
    if framing == Framing::Eof {
        return vec![bytes];
    }
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let frame = Decoder::new(framing, MAX).next(bytes).unwrap();
        let (first, rest) = bytes.split_at(frame.consumed);
        frames.push(first);
        bytes = rest;
    }
    frames
}
