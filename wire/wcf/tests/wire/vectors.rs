//! Every vector decodes to its last byte and comes out again; no prefix of one does harm.

use crate::stream::{Part, parts, read_all, rewrite};
use samebox_wcf_wire::Error;

/// How many bytes one prefix is longer than the one before: long vectors have few new things in them.
fn step(length: usize) -> usize {
    if cfg!(miri) { 997 } else { 1 + length / 2000 }
}

macro_rules! vectors {
    ($($name:literal)*) => {
        const VECTORS: &[(&str, &[u8])] =
            &[$(($name, include_bytes!(concat!("../vectors/", $name, ".bin")))),*];
    };
}

vectors! {
    "add.c2s"
    "add.s2c"
    "addbig.c2s"
    "addbig.s2c"
    "bool.c2s"
    "bool.s2c"
    "bytes.c2s"
    "bytes.s2c"
    "bytes0.c2s"
    "bytes0.s2c"
    "char.c2s"
    "char.s2c"
    "crash.c2s"
    "crash.s2c"
    "date.c2s"
    "date.s2c"
    "datelocal.c2s"
    "datelocal.s2c"
    "double.c2s"
    "double.s2c"
    "echo.c2s"
    "echo.s2c"
    "echo2.c2s"
    "echo2.s2c"
    "echonull.c2s"
    "echonull.s2c"
    "empty.c2s"
    "empty.s2c"
    "fail.c2s"
    "fail.s2c"
    "float.c2s"
    "float.s2c"
    "guid.c2s"
    "guid.s2c"
    "ints.c2s"
    "ints.s2c"
    "long.c2s"
    "long.s2c"
    "ms-endpoint-notfound.s2c"
    "ms-oneway2.c2s"
    "ms-replies.s2c"
    "ms-requests.c2s"
    "ms-uds-posix.c2s"
    "node.c2s"
    "node.s2c"
    "nope.c2s"
    "nope.s2c"
    "nothing.c2s"
    "nothing.s2c"
    "null.c2s"
    "null.s2c"
    "plain-fail.c2s"
    "plain-fail.s2c"
    "plain-nope.c2s"
    "plain-nope.s2c"
    "s300.c2s"
    "s300.s2c"
    "s70000.c2s"
    "s70000.s2c"
    "send.c2s"
    "send.s2c"
    "send2.c2s"
    "send2.s2c"
    "streamed-echo.c2s"
    "streamed-echo.s2c"
    "subscribe.c2s"
    "subscribe.s2c"
    "ulong.c2s"
    "ulong.s2c"
    "unicode.c2s"
    "unicode.s2c"
    "wrongaddr.c2s"
    "wrongaddr.s2c"
}

/// Requests of .NET in their number.
const COUNTED: [(&str, usize); 4] =
    [("ms-oneway2.c2s", 2), ("ms-requests.c2s", 20), ("ms-replies.s2c", 7), ("echo2.c2s", 2)];

#[test]
fn every_vector_decodes_to_its_last_byte() {
    for (name, stream) in VECTORS {
        let (_, error) = parts(stream);
        assert_eq!(error, None, "{name}");
        let count = read_all(stream).unwrap_or_else(|error| panic!("{name}: {error}"));
        if let Some((_, expected)) = COUNTED.iter().find(|(counted, _)| counted == name) {
            assert_eq!(count, *expected, "{name}");
        }
    }
}

#[test]
fn every_vector_is_written_again_to_the_same_bytes() {
    for (name, stream) in VECTORS {
        let again = rewrite(stream);
        let same = again.iter().zip(*stream).take_while(|(a, b)| a == b).count();
        assert!(again == *stream, "{name} differs from byte {same} on of {}", stream.len());
    }
}

#[test]
fn every_prefix_of_a_stream_waits_for_more_and_never_for_too_much() {
    for (name, stream) in VECTORS {
        for length in (0..stream.len()).step_by(step(stream.len())) {
            let (whole, error) = parts(&stream[..length]);
            match error {
                None => assert!(whole.len() <= parts(stream).0.len(), "{name}"),
                Some(Error::Incomplete { needed }) => {
                    assert!(needed <= stream.len() + 1, "{name}: {needed} after {length}");
                }
                Some(other) => panic!("{name}: {other} after {length}"),
            }
        }
    }
}

#[test]
fn every_prefix_of_an_envelope_is_a_violation() {
    for (name, stream) in VECTORS {
        for part in parts(stream).0 {
            let Part::Sized(envelope) = part else { continue };
            for length in (0..envelope.len()).step_by(step(envelope.len())) {
                let mut cut = Vec::new();
                samebox_wcf_wire::framing::Record::SizedEnvelope(&envelope[..length])
                    .encode(&mut cut);
                let error = read_all(&cut).unwrap_err();
                assert!(matches!(error, Error::Violation { .. }), "{name} at {length}: {error}");
            }
        }
    }
}

#[test]
fn every_changed_byte_is_taken_or_refused_and_nothing_else() {
    for (_, stream) in VECTORS.iter().filter(|(_, stream)| stream.len() < 2000 && !cfg!(miri)) {
        let mut changed = stream.to_vec();
        for place in 0..stream.len() {
            for change in [0x01, 0x80, 0xFF] {
                changed[place] ^= change;
                let _ = read_all(&changed);
                changed[place] ^= change;
            }
        }
    }
}

#[test]
#[cfg(not(miri))]
fn every_vector_file_is_tried() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| {
            Some(entry.unwrap().file_name().to_str()?.strip_suffix(".bin")?.to_owned())
        })
        .collect();
    found.sort();
    assert_eq!(found, VECTORS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}
