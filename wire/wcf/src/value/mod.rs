//! The values of .NET that the wire has records for.

mod base64;
mod decimal;
mod duration;
mod guid;
mod moment;

pub(crate) use base64::{from_base64, to_base64};
pub use decimal::Decimal;
pub use duration::TimeSpan;
pub use guid::Guid;
pub use moment::{DateTime, Kind};

/// Splits ASCII digits off the front of `text`.
fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// A fraction of a second in ticks of 100 ns; digits after the seventh are cut off as .NET does.
fn fraction(digits: &str) -> u64 {
    digits.bytes().chain(std::iter::repeat(b'0')).take(7).fold(0, |sum, digit| {
        // All of them are ASCII digits.
        sum * 10 + u64::from(digit - b'0')
    })
}
