//! Integers of one to five bytes: seven bits in each, the least significant first.
//!
//! ```text
//! 300 = 0b10_0101100  ->  AC 02      the high bit says that another byte follows
//! ```
//!
//! They count lengths, ids and items in framing and in documents (MC-NMF section 2.2.2.1, MC-NBFX
//! section 2.1.2). They go up to 2^31 - 1. Encoders here write the shortest form, decoders take longer
//! ones.

use crate::Error;

/// The largest value.
pub const MAX: u32 = i32::MAX as u32;

/// Reads an integer at the start of `bytes`: its value and how many bytes it took.
///
/// # Errors
/// `Incomplete` when more bytes may complete it, `Violation` above [`MAX`].
#[inline]
pub fn decode(bytes: &[u8]) -> Result<(u32, usize), Error> {
    // Nearly all of them are below 128.
    match bytes {
        [first, ..] if *first < 0x80 => Ok((u32::from(*first), 1)),
        _ => decode_long(bytes),
    }
}

fn decode_long(bytes: &[u8]) -> Result<(u32, usize), Error> {
    let mut value = 0;
    for (place, byte) in bytes.iter().take(5).enumerate() {
        if place == 4 && *byte > 7 {
            return Err(Error::violation(place, "a length or an id is above 2^31 - 1"));
        }
        value |= u32::from(byte & 0x7F) << (7 * place);
        if *byte < 0x80 {
            return Ok((value, place + 1));
        }
    }
    Err(Error::Incomplete { needed: bytes.len() + 1 })
}

/// Appends `value`, which is at most [`MAX`], in its shortest form.
#[inline]
pub fn encode(mut value: u32, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// How many bytes [`encode`] appends.
#[inline]
pub const fn length(value: u32) -> usize {
    match value {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        0x4000..0x20_0000 => 3,
        0x20_0000..0x1000_0000 => 4,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_comes_back_and_is_as_long_as_said() {
        for value in [0, 1, 127, 128, 300, 16383, 16384, 2_097_151, 2_097_152, 1 << 28, MAX] {
            let mut bytes = Vec::new();
            encode(value, &mut bytes);
            assert_eq!(bytes.len(), length(value), "{value}");
            assert_eq!(decode(&bytes), Ok((value, bytes.len())), "{value}");
            for end in 0..bytes.len() {
                assert_eq!(decode(&bytes[..end]), Err(Error::Incomplete { needed: end + 1 }));
            }
        }
    }

    #[test]
    fn longer_forms_are_taken_and_too_large_ones_are_not() {
        assert_eq!(decode(&[0x85, 0x80, 0x00]), Ok((5, 3)));
        assert!(matches!(decode(&[0xFF, 0xFF, 0xFF, 0xFF, 0x08]), Err(Error::Violation { .. })));
        assert!(matches!(decode(&[0xFF, 0xFF, 0xFF, 0xFF, 0x87]), Err(Error::Violation { .. })));
        assert!(matches!(decode(&[0x80; 9]), Err(Error::Violation { .. })));
    }
}
