//! Values that MessagePack has no type for.

use rust_decimal::Decimal;
use samebox_data::{Error, Result, TimeKind, Timestamp};

/// Extension type of a moment.
pub(crate) const TIMESTAMP: i8 = 1;
/// Extension type of a GUID.
pub(crate) const GUID: i8 = 2;
/// Extension type of a decimal.
pub(crate) const DECIMAL: i8 = 3;

const TICKS: u64 = (1 << 62) - 1;
const DATE: Error = Error::OutOfRange { expected: "a date between the years 1 and 9999" };
const DIGITS: Error = Error::OutOfRange { expected: "a decimal" };

pub(crate) fn timestamp_bits(value: Timestamp) -> Result<u64> {
    if !(0..=Timestamp::MAX_TICKS).contains(&value.ticks) {
        return Err(DATE);
    }
    let kind = match value.kind {
        TimeKind::Unspecified => 0,
        TimeKind::Utc => 1,
        TimeKind::Local => 2,
    };
    Ok(kind << 62 | value.ticks.unsigned_abs())
}

pub(crate) fn timestamp(bytes: &[u8]) -> Result<Timestamp> {
    let bytes: [u8; 8] =
        bytes.try_into().map_err(|_| Error::Malformed("a moment has not 8 bytes".into()))?;
    let bits = u64::from_be_bytes(bytes);
    let kind = match bits >> 62 {
        0 => TimeKind::Unspecified,
        1 => TimeKind::Utc,
        2 => TimeKind::Local,
        _ => return Err(Error::Malformed("a moment has an unknown clock".into())),
    };
    let ticks = i64::try_from(bits & TICKS).map_err(|_| DATE)?;
    if ticks > Timestamp::MAX_TICKS {
        return Err(DATE);
    }
    Ok(Timestamp { ticks, kind })
}

/// The bytes of a decimal, and how many of them count, at the end.
pub(crate) fn decimal_bytes(value: Decimal) -> ([u8; 17], usize) {
    let digits = value.mantissa().unsigned_abs();
    let length = 1 + (128 - digits.leading_zeros()).div_ceil(8) as usize;
    let mut bytes = [0; 17];
    bytes[1..].copy_from_slice(&digits.to_be_bytes());
    let sign = if value.is_sign_negative() { 0x80 } else { 0 };
    bytes[17 - length] = sign | value.scale() as u8;
    (bytes, length)
}

pub(crate) fn decimal(bytes: &[u8]) -> Result<Decimal> {
    let Some((&first, digits)) = bytes.split_first().filter(|(_, digits)| digits.len() <= 12)
    else {
        return Err(Error::Malformed("a decimal has not 1 to 13 bytes".into()));
    };
    let scale = u32::from(first & 0x7f);
    if scale > 28 {
        return Err(DIGITS);
    }
    let mut whole = [0; 12];
    whole[12 - digits.len()..].copy_from_slice(digits);
    let [high, middle, low] = [&whole[..4], &whole[4..8], &whole[8..]]
        .map(|part| part.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte)));
    let mut value = Decimal::from_parts(low, middle, high, false, scale);
    value.set_sign_negative(first & 0x80 != 0);
    Ok(value)
}
