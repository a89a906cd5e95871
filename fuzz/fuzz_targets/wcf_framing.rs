//! Any bytes as a stream of WCF framing: one verdict, nothing outside the buffer, no panic.
//!
//! Records are written again to the bytes they were read from, but for lengths in a longer form than
//! needed. A server's preamble takes them until it has had enough.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samebox_wcf_wire::Error;
use samebox_wcf_wire::framing::{
    Answer, Limits, Preamble, Record, UPGRADE_UNIX_POSIX, chunk, decode, encode_chunk,
};

fuzz_target!(|stream: &[u8]| {
    let limits = Limits { message: 4096, ..Limits::default() };
    let (mut rest, mut preamble) = (stream, Preamble::new(&[UPGRADE_UNIX_POSIX]));
    let mut answers = 0;
    while let Some((record, taken)) = whole(decode(rest, &limits), rest) {
        let mut again = Vec::new();
        record.encode(&mut again);
        assert!(again.len() <= taken);
        assert_eq!(decode(&again, &limits), Ok((record, again.len())));
        if matches!(preamble.record(&record), Ok(answer) if answer != Answer::More) {
            answers += 1;
        }
        rest = &rest[taken..];
        if record == Record::UnsizedEnvelope {
            let Some(after) = chunks(rest, limits.message) else { break };
            rest = after;
        }
    }
    // An upgrade, and the end of the preamble or a refusal.
    assert!(answers <= 2, "{answers}");
});

/// Passes over the chunks of an envelope of at most `max` bytes.
fn chunks(mut rest: &[u8], max: usize) -> Option<&[u8]> {
    let mut all = 0;
    loop {
        let (bytes, taken) = whole(chunk(rest, max - all), rest)?;
        let mut again = Vec::new();
        encode_chunk(bytes, &mut again);
        assert_eq!(chunk(&again, max), Ok((bytes, again.len())));
        all += bytes.len();
        assert!(all <= max);
        rest = &rest[taken..];
        if bytes.is_empty() {
            return Some(rest);
        }
    }
}

/// What was found in `rest`; every prefix of it waits for more, and no more than that.
fn whole<T>(found: Result<(T, usize), Error>, rest: &[u8]) -> Option<(T, usize)> {
    match found {
        Ok((found, taken)) => {
            assert!(0 < taken && taken <= rest.len());
            Some((found, taken))
        }
        Err(Error::Incomplete { needed }) => {
            assert!(needed > rest.len() && needed <= 4096 + 6, "{needed} of {}", rest.len());
            None
        }
        Err(Error::TooLarge { length, max, .. }) => {
            assert!(length > max);
            None
        }
        Err(_) => None,
    }
}
