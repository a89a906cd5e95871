//! A peer that says any words and bytes, other ones at each look: nothing panics, nothing goes on for
//! ever, nothing outside its memory is looked at or written.
//!
//! Input: one byte that says how many acts of a writer follow, three bytes each, and the peer's lies.

#![no_main]

#[path = "../../transports/shm/tests/support/hostile.rs"]
mod hostile;
#[path = "../../transports/shm/tests/support/victim.rs"]
mod victim;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [count, rest @ ..] = input else { return };
    let (acts, lies) = rest.split_at((3 * usize::from(*count)).min(rest.len()));
    let act = |act: &[u8]| (act[0], u16::from_le_bytes([act[1], act[2]]));
    let acts: Vec<_> = acts.chunks_exact(3).map(act).collect();
    victim::read(lies);
    victim::write(lies, &acts);
});
