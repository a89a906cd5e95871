use std::fmt;
use std::str::FromStr;

/// A 128-bit id, as .NET keeps it.
///
/// ```text
///  0       4     6     8                    16
/// +-------+-----+-----+--------------------+
/// | u32 LE| u16 | u16 | bytes as printed   |     00112233-4455-6677-8899-aabbccddeeff
/// +-------+-----+-----+--------------------+
/// ```
// Aligned so that values which may hold one are copied in whole words.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(align(8))]
pub struct Guid(pub [u8; 16]);

impl Guid {
    /// The id whose printed digits are those of `value`.
    pub const fn from_u128(value: u128) -> Self {
        Self(swap(value.to_be_bytes()))
    }

    /// The printed digits as one number.
    pub const fn to_u128(self) -> u128 {
        u128::from_be_bytes(swap(self.0))
    }
}

/// Turns the first three groups around; twice gives the same again.
const fn swap(b: [u8; 16]) -> [u8; 16] {
    let [a0, a1, a2, a3, b0, b1, c0, c1, ..] = b;
    [a3, a2, a1, a0, b1, b0, c1, c0, b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]]
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_u128();
        let group = |shift: u32, digits: u32| (value >> shift) & ((1 << (4 * digits)) - 1);
        let [a, b, c] = [group(96, 8), group(80, 4), group(64, 4)];
        write!(f, "{a:08x}-{b:04x}-{c:04x}-{:04x}-{:012x}", group(48, 4), group(0, 12))
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is no GUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotGuid;

impl FromStr for Guid {
    type Err = NotGuid;

    /// Reads 32 digits with hyphens or without, in braces, in parentheses or bare.
    fn from_str(text: &str) -> Result<Self, NotGuid> {
        let bare = |open, close| text.strip_prefix(open)?.strip_suffix(close);
        let text = bare('{', '}').or_else(|| bare('(', ')')).unwrap_or(text).as_bytes();
        let hyphens: &[usize] = match text.len() {
            36 => &[8, 13, 18, 23],
            32 => &[],
            _ => return Err(NotGuid),
        };
        let mut value = 0;
        for (place, byte) in text.iter().enumerate() {
            if hyphens.contains(&place) {
                if *byte != b'-' {
                    return Err(NotGuid);
                }
                continue;
            }
            let digit = char::from(*byte).to_digit(16).ok_or(NotGuid)?;
            value = value << 4 | u128::from(digit);
        }
        Ok(Self::from_u128(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_turned_and_print_as_dotnet_prints_them() {
        let guid = Guid::from_u128(0x00112233_4455_6677_8899_aabbccddeeff);
        assert_eq!(guid.0[..8], [0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66]);
        let text = "00112233-4455-6677-8899-aabbccddeeff";
        assert_eq!((guid.to_string().as_str(), text.parse()), (text, Ok(guid)));
        for other in ["{00112233-4455-6677-8899-AABBCCDDEEFF}", "00112233445566778899aabbccddeeff"]
        {
            assert_eq!(other.parse(), Ok(guid));
        }
        for wrong in
            ["", "00112233-4455-6677-8899-aabbccddeef", "0011223304455-6677-8899-aabbccddeeff"]
        {
            assert_eq!(wrong.parse::<Guid>(), Err(NotGuid), "{wrong}");
        }
    }
}
