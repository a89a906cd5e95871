use std::fmt;

/// .NET's decimal: a number of 96 bits with up to 28 digits behind the point.
///
/// ```text
///  0     2       3      4         8                16
/// +-----+-------+------+---------+----------------+
/// | 0   | scale | sign | high u32| low u64        |      sign: 0x80 for negative
/// +-----+-------+------+---------+----------------+
/// ```
///
/// Two are equal when all three parts are: 1.0 is not 1.00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    high: u32,
    low: u64,
    scale: u8,
    negative: bool,
}

impl Decimal {
    /// `digits` / 10^`scale`; `None` above 96 bits or a scale of 28.
    pub const fn new(digits: u128, scale: u8, negative: bool) -> Option<Self> {
        if digits >> 96 != 0 || scale > 28 {
            return None;
        }
        Some(Self { high: (digits >> 64) as u32, low: digits as u64, scale, negative })
    }

    /// The digits without point and sign.
    pub const fn digits(self) -> u128 {
        ((self.high as u128) << 64) | self.low as u128
    }

    /// How many of the digits stand behind the point.
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// Whether there is a minus.
    pub const fn is_negative(self) -> bool {
        self.negative
    }

    /// Its bytes on the wire.
    pub const fn to_wire(self) -> [u8; 16] {
        let sign = if self.negative { 0x80 } else { 0 };
        let head = u32::from_be_bytes([sign, self.scale, 0, 0]) as u128;
        (head | ((self.high as u128) << 32) | ((self.low as u128) << 64)).to_le_bytes()
    }

    /// Reads its bytes; `None` for a scale or a sign that .NET does not know.
    pub const fn from_wire(bytes: [u8; 16]) -> Option<Self> {
        let value = u128::from_le_bytes(bytes);
        let [_, _, scale, sign, ..] = bytes;
        let digits = (value >> 64) | (((value >> 32) & 0xFFFF_FFFF) << 64);
        if sign & 0x7F != 0 { None } else { Self::new(digits, scale, sign != 0) }
    }

    /// Reads text such as `-12.50`; digits that do not fit behind the point are refused.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, behind) = text.split_once('.').unwrap_or((text, ""));
        if whole.len() + behind.len() == 0 {
            return None;
        }
        let mut digits: u128 = 0;
        for byte in whole.bytes().chain(behind.bytes()) {
            if !byte.is_ascii_digit() {
                return None;
            }
            digits = digits.checked_mul(10)?.checked_add(u128::from(byte - b'0'))?;
        }
        Self::new(digits, u8::try_from(behind.len()).ok()?, negative)
    }

    /// The whole number that this is, if it is one.
    pub fn to_i128(self) -> Option<i128> {
        let unit = 10_u128.pow(u32::from(self.scale));
        if !self.digits().is_multiple_of(unit) {
            return None;
        }
        let value = (self.digits() / unit) as i128;
        Some(if self.negative { -value } else { value })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        let scale = usize::from(self.scale);
        if scale == 0 {
            return write!(f, "{sign}{}", self.digits());
        }
        let unit = 10_u128.pow(u32::from(self.scale));
        write!(f, "{sign}{}.{:0scale$}", self.digits() / unit, self.digits() % unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_wire_come_back() {
        for text in ["0", "1", "-12345.678", "0.0000000000000000000000000001", "1.00", "-0.5"] {
            let decimal = Decimal::parse(text).unwrap();
            assert_eq!(decimal.to_string(), text);
            assert_eq!(Decimal::from_wire(decimal.to_wire()), Some(decimal), "{text}");
        }
        let largest = Decimal::new((1 << 96) - 1, 0, false).unwrap();
        assert_eq!(largest.to_string(), "79228162514264337593543950335");
        assert_eq!(Decimal::from_wire(largest.to_wire()), Some(largest));
    }

    #[test]
    fn what_dotnet_does_not_know_is_refused() {
        for text in ["", ".", "-", "1e5", "1.2.3", "79228162514264337593543950336", "0x1"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        assert_eq!(Decimal::new(1, 29, false), None);
        let mut wire = [0; 16];
        wire[3] = 1;
        assert_eq!(Decimal::from_wire(wire), None);
    }

    #[test]
    fn a_whole_number_may_have_zeros_behind_the_point() {
        let whole = |text| Decimal::parse(text).and_then(Decimal::to_i128);
        assert_eq!((whole("-3.00"), whole("3.5")), (Some(-3), None));
    }
}
