//! What a value is taken for, by what is wanted: programs in scripts have few types of their own.

use super::is_nothing;
use samebox_data::chrono::{DateTime, NaiveDate, NaiveDateTime};
use samebox_data::rust_decimal::Decimal;
use samebox_data::rust_decimal::prelude::ToPrimitive;
use samebox_data::{Enumeration, Error, Result, TICKS_PER_SECOND, TimeKind, Timestamp};
use samebox_sys::windows::com::{Decimal as Digits, Variant};

/// The numbers below which every whole one is a `f64`.
const EXACT: i64 = 1 << 53;
const TICKS_PER_MILLISECOND: i64 = TICKS_PER_SECOND / 1000;
const MILLISECONDS_PER_DAY: i64 = 86_400_000;
/// Ticks from the start of the year 1 to 1899-12-30, from which dates count days.
const TICKS_TO_1899: i64 = 599_264_352_000_000_000;

/// What is there, for a message.
fn name(of: &Variant) -> &'static str {
    match of {
        nothing if is_nothing(nothing) => "nothing",
        Variant::Bool(_) => "a truth value",
        Variant::Date(_) => "a date",
        Variant::Text(_) => "text",
        Variant::Bytes(_) | Variant::List(_) => "an array",
        Variant::Object(_) => "an object",
        Variant::Error(_) => "an error",
        _ => "a number",
    }
}

pub(super) fn unexpected(expected: &'static str, found: &Variant) -> Error {
    match found {
        nothing if is_nothing(nothing) => Error::Null { expected },
        other => Error::Unexpected { expected, found: name(other).into() },
    }
}

/// A whole number as scripts can have it: of 32 bits, else with a point, and only beyond what that
/// can say exactly as one of 64 bits.
pub(super) fn from_int(value: i64) -> Variant {
    match i32::try_from(value) {
        Ok(small) => Variant::I4(small),
        Err(_) if (-EXACT..=EXACT).contains(&value) => Variant::R8(value as f64),
        Err(_) => Variant::I8(value),
    }
}

pub(super) fn from_uint(value: u64) -> Variant {
    i64::try_from(value).map_or(Variant::U8(value), from_int)
}

/// A number as a decimal, if it is one.
fn number(value: &Variant, expected: &'static str) -> Result<Decimal> {
    let out_of_range = || Error::OutOfRange { expected };
    match value {
        Variant::I1(value) => Ok((*value).into()),
        Variant::U1(value) => Ok((*value).into()),
        Variant::I2(value) => Ok((*value).into()),
        Variant::U2(value) => Ok((*value).into()),
        Variant::I4(value) => Ok((*value).into()),
        Variant::U4(value) => Ok((*value).into()),
        Variant::I8(value) => Ok((*value).into()),
        Variant::U8(value) => Ok((*value).into()),
        Variant::R4(value) => Decimal::try_from(*value).map_err(|_| out_of_range()),
        Variant::R8(value) => from_double(*value).ok_or_else(out_of_range),
        Variant::Currency(value) => Ok(Decimal::new(*value, 4)),
        Variant::Decimal(digits) => from_digits(*digits).ok_or_else(out_of_range),
        Variant::Text(text) => text.trim().parse().map_err(|_| unexpected(expected, value)),
        other => Err(unexpected(expected, other)),
    }
}

/// Whole numbers keep all their digits, which the usual conversion cuts to 15.
fn from_double(value: f64) -> Option<Decimal> {
    let is_whole = value.fract() == 0.0 && value.abs() <= u64::MAX as f64;
    if is_whole {
        Decimal::from_i128_with_scale(value as i128, 0).into()
    } else {
        value.try_into().ok()
    }
}

fn from_digits(digits: Digits) -> Option<Decimal> {
    let units = i128::try_from(digits.units).ok()?;
    let signed = if digits.is_negative { -units } else { units };
    Decimal::try_from_i128_with_scale(signed, digits.scale.into()).ok()
}

pub(super) fn int(value: &Variant) -> Result<i64> {
    let expected = "a whole number";
    let found = number(value, expected)?;
    if !found.fract().is_zero() {
        return Err(Error::Unexpected { expected, found: found.to_string().into() });
    }
    found.to_i64().ok_or(Error::OutOfRange { expected: "64 bits" })
}

pub(super) fn uint(value: &Variant) -> Result<u64> {
    let expected = "a whole number without a sign";
    let found = number(value, expected)?;
    if !found.fract().is_zero() {
        return Err(Error::Unexpected { expected, found: found.to_string().into() });
    }
    found.to_u64().ok_or(Error::OutOfRange { expected })
}

pub(super) fn double(value: &Variant) -> Result<f64> {
    let expected = "a number";
    match value {
        Variant::R8(value) => Ok(*value),
        Variant::R4(value) => Ok((*value).into()),
        Variant::Text(text) => text.trim().parse().map_err(|_| unexpected(expected, value)),
        other => number(other, expected)?.to_f64().ok_or(Error::OutOfRange { expected }),
    }
}

pub(super) fn float(value: &Variant) -> Result<f32> {
    let double = double(value)?;
    let single = double as f32;
    if double.is_finite() && !single.is_finite() {
        return Err(Error::OutOfRange { expected: "single precision" });
    }
    Ok(single)
}

pub(super) fn decimal(value: &Variant) -> Result<Decimal> {
    number(value, "a decimal")
}

pub(super) fn bool(value: &Variant) -> Result<bool> {
    let expected = "a truth value";
    match value {
        Variant::Bool(value) => Ok(*value),
        Variant::Text(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Variant::Text(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        other => Ok(!number(other, expected)?.is_zero()),
    }
}

pub(super) fn text(value: Variant) -> Result<String> {
    let expected = "text";
    let unexpected = unexpected(expected, &value);
    match value {
        Variant::Empty | Variant::Null | Variant::Missing | Variant::Error(_) => Err(unexpected),
        value => value.into_text().map_err(|_| unexpected),
    }
}

pub(super) fn char(value: Variant) -> Result<char> {
    let text = text(value)?;
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(Error::Unexpected { expected: "one character", found: "other text".into() }),
    }
}

pub(super) fn variant(of: &'static Enumeration, value: &Variant) -> Result<usize> {
    let place = match value {
        Variant::Text(text) => of.variants.iter().position(|one| one.name == text),
        other => {
            let wanted = int(other)?;
            of.variants.iter().position(|one| one.value == wanted)
        }
    };
    let found = || match value {
        Variant::Text(text) => text.chars().take(100).collect(),
        other => int(other).map(|number| number.to_string()).unwrap_or_default(),
    };
    place.ok_or_else(|| Error::UnknownVariant { of: of.name, found: found() })
}

/// A date where that says it exactly, which is to the millisecond; else text as in RFC 3339.
pub(super) fn from_timestamp(value: Timestamp) -> Result<Variant> {
    if value.ticks % TICKS_PER_MILLISECOND == 0 {
        let milliseconds = (value.ticks - TICKS_TO_1899) / TICKS_PER_MILLISECOND;
        let days = milliseconds.div_euclid(MILLISECONDS_PER_DAY) as f64;
        let time = milliseconds.rem_euclid(MILLISECONDS_PER_DAY) as f64;
        let time = time / MILLISECONDS_PER_DAY as f64;
        // Before 1899-12-30 the time of day counts away from zero, as the day does.
        return Ok(Variant::Date(if days < 0.0 { days - time } else { days + time }));
    }
    let zone = if value.kind == TimeKind::Unspecified { "" } else { "Z" };
    Ok(Variant::Text(format!("{}{zone}", value.naive()?.format("%Y-%m-%dT%H:%M:%S%.f"))))
}

pub(super) fn timestamp(value: &Variant) -> Result<Timestamp> {
    let expected = "a date";
    match value {
        Variant::Date(days) => from_days(*days),
        Variant::Text(text) => from_text(text.trim()).ok_or_else(|| unexpected(expected, value)),
        other => Err(unexpected(expected, other)),
    }
}

/// A date in text, with its zone or without one.
fn from_text(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Timestamp::utc(moment.to_utc()).ok();
    }
    let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok();
    let naive = naive.or_else(|| text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0));
    let stamp = Timestamp::utc(naive?.and_utc()).ok()?;
    Some(Timestamp { kind: TimeKind::Unspecified, ..stamp })
}

fn from_days(days: f64) -> Result<Timestamp> {
    let out_of_range = || Error::OutOfRange { expected: "a date between the years 1 and 9999" };
    let day = days.trunc();
    // No date of this calendar is further away; it also keeps the numbers small.
    if !day.is_finite() || day.abs() > 4_000_000.0 {
        return Err(out_of_range());
    }
    let time = ((days - day).abs() * MILLISECONDS_PER_DAY as f64).round() as i64;
    let milliseconds = (day as i64) * MILLISECONDS_PER_DAY + time;
    let ticks = milliseconds * TICKS_PER_MILLISECOND + TICKS_TO_1899;
    let stamp = Timestamp { ticks, kind: TimeKind::Unspecified };
    stamp.naive().map(|_| stamp)
}

/// Seconds: as a number where that says them exactly, else as text.
pub(super) fn from_time_span(ticks: i64) -> Variant {
    let seconds = ticks as f64 / TICKS_PER_SECOND as f64;
    if ticks.abs() <= EXACT / 4 {
        return Variant::R8(seconds);
    }
    Variant::Text(Decimal::new(ticks, 7).to_string())
}

pub(super) fn time_span(value: &Variant) -> Result<i64> {
    let out_of_range = || Error::OutOfRange { expected: "a span of time" };
    if let Variant::R8(seconds) = value {
        let ticks = (seconds * TICKS_PER_SECOND as f64).round();
        let fits = ticks.abs() < i64::MAX as f64;
        return if fits { Ok(ticks as i64) } else { Err(out_of_range()) };
    }
    let seconds = number(value, "seconds")?;
    let ticks = seconds.checked_mul(TICKS_PER_SECOND.into()).ok_or_else(out_of_range)?;
    ticks.round().to_i64().ok_or_else(out_of_range)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Variant {
        text.into()
    }

    #[test]
    fn whole_numbers_have_the_narrowest_type_that_says_them() {
        for (value, expected) in [
            (-1, Variant::I4(-1)),
            (1 << 31, Variant::R8(2_147_483_648.0)),
            (-(1 << 53), Variant::R8(-9_007_199_254_740_992.0)),
            ((1 << 53) + 1, Variant::I8(9_007_199_254_740_993)),
        ] {
            assert_eq!(from_int(value), expected);
            assert_eq!(int(&expected), Ok(value));
        }
        assert_eq!(from_uint(u64::MAX), Variant::U8(u64::MAX));
        assert_eq!(uint(&Variant::U8(u64::MAX)), Ok(u64::MAX));
    }

    #[test]
    fn whole_numbers_are_taken_in_every_type_that_can_say_them() {
        let digits = Digits { is_negative: true, scale: 1, units: 30 };
        for three in [
            Variant::I1(-3),
            Variant::I2(-3),
            Variant::R4(-3.0),
            Variant::Currency(-30_000),
            Variant::Decimal(digits),
            text(" -3 "),
        ] {
            assert_eq!(int(&three), Ok(-3), "{three:?}");
        }
        for wrong in [
            Variant::R8(0.5),
            Variant::R8(f64::NAN),
            Variant::R8(1e300),
            Variant::Date(3.0),
            text("three"),
            text(""),
            Variant::Null,
            Variant::Bool(true),
            Variant::List(Vec::new()),
        ] {
            assert!(int(&wrong).is_err(), "{wrong:?}");
        }
        assert!(uint(&Variant::I4(-1)).is_err());
    }

    #[test]
    fn truth_is_taken_as_a_number_and_in_words_too() {
        for (value, expected) in [
            (Variant::Bool(true), true),
            (Variant::I2(-1), true),
            (Variant::R8(0.0), false),
            (text("True"), true),
            (text("FALSE"), false),
        ] {
            assert_eq!(bool(&value), Ok(expected));
        }
        assert!(bool(&text("yes")).is_err());
    }

    #[test]
    fn dates_are_exact_to_the_millisecond_and_text_beyond() {
        let stamp = |ticks| Timestamp { ticks, kind: TimeKind::Unspecified };
        for (ticks, expected) in [
            (TICKS_TO_1899, 0.0),
            (TICKS_TO_1899 + 864_000_000_000, 1.0),
            // A quarter of a day after the day before.
            (TICKS_TO_1899 - 648_000_000_000, -1.25),
            (0, -693_593.0),
        ] {
            assert_eq!(from_timestamp(stamp(ticks)), Ok(Variant::Date(expected)));
            assert_eq!(timestamp(&Variant::Date(expected)), Ok(stamp(ticks)));
        }
        for ticks in [638_448_068_967_890_000, 10_000, Timestamp::MAX_TICKS - 9_999] {
            let written = from_timestamp(stamp(ticks)).unwrap();
            assert!(matches!(written, Variant::Date(_)), "{written:?}");
            assert_eq!(timestamp(&written), Ok(stamp(ticks)));
        }
        let utc = Timestamp { ticks: 638_448_068_967_890_001, kind: TimeKind::Utc };
        let written = from_timestamp(utc).unwrap();
        assert_eq!(written, text("2024-02-29T12:34:56.789000100Z"));
        assert_eq!(timestamp(&written), Ok(utc));
    }

    #[test]
    fn dates_that_no_calendar_has_are_refused() {
        for days in [f64::NAN, f64::INFINITY, -700_000.0, 3_000_000.0, -1e300] {
            assert!(timestamp(&Variant::Date(days)).is_err(), "{days}");
        }
        for wrong in [text("tomorrow"), Variant::I4(1), Variant::Empty] {
            assert!(timestamp(&wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(timestamp(&text("1899-12-30")).unwrap().ticks, TICKS_TO_1899);
    }

    #[test]
    fn spans_are_seconds() {
        assert_eq!(from_time_span(15_000_000), Variant::R8(1.5));
        for ticks in [0, 1, -1, EXACT / 4, EXACT / 4 + 1, i64::MAX, i64::MIN + 1] {
            assert_eq!(time_span(&from_time_span(ticks)), Ok(ticks));
        }
        assert_eq!(time_span(&Variant::I4(2)), Ok(20_000_000));
        assert!(time_span(&Variant::R8(f64::INFINITY)).is_err());
        assert!(time_span(&Variant::R8(f64::NAN)).is_err());
    }
}
