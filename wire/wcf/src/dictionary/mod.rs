//! Strings that are written as numbers.
//!
//! | id | dictionary | filled by |
//! |---|---|---|
//! | 0, 2, .. 972 | static | MC-NBFS: 487 strings that both sides know |
//! | 1, 3, .. | session | the block before each envelope; one list for each direction ([`Sent`], [`Received`]) |

mod received;
mod sent;
mod statics;
mod strings;

pub mod id;

pub use received::Received;
pub use sent::Sent;
pub use statics::{static_id, static_string};

/// How many bytes of strings .NET keeps for one direction of a session, their lengths counted.
pub const SESSION_BYTES: usize = 2048;

/// Mixes eight bytes at a time; good for names, no protection against chosen ones.
const fn hash(text: &str) -> u32 {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let bytes = text.as_bytes();
    let mut state = bytes.len() as u64;
    let mut rest = bytes;
    while let Some((eight, after)) = rest.split_first_chunk::<8>() {
        state = (state.rotate_left(5) ^ u64::from_le_bytes(*eight)).wrapping_mul(ODD);
        rest = after;
    }
    while let Some((byte, after)) = rest.split_first() {
        state = (state.rotate_left(5) ^ *byte as u64).wrapping_mul(ODD);
        rest = after;
    }
    (state >> 32) as u32
}
