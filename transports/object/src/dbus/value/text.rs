//! Values that D-Bus has no type for, as text.

use samebox_data::chrono::{DateTime, NaiveDateTime, Utc};
use samebox_data::{Error, Result, TICKS_PER_SECOND, TimeKind, Timestamp};

/// How dates are written, but for fractions of a second and the zone.
const DATE: &str = "%Y-%m-%dT%H:%M:%S";

/// A moment as RFC 3339 has it.
pub(super) fn of_timestamp(value: Timestamp) -> Result<String> {
    let mut text = value.naive()?.format(DATE).to_string();
    let fraction = value.ticks.rem_euclid(TICKS_PER_SECOND);
    if fraction != 0 {
        text += format!(".{fraction:07}").trim_end_matches('0');
    }
    text.push_str(match value.kind {
        TimeKind::Utc => "Z",
        // RFC 3339, 4.3: the time in UTC is known, and the zone of the sender is not.
        TimeKind::Local => "-00:00",
        TimeKind::Unspecified => "",
    });
    Ok(text)
}

/// Reads a moment; one with a zone other than `Z` is of the sender's own clock.
pub(super) fn to_timestamp(text: &str) -> Result<Timestamp> {
    let not_a_date = || Error::Unexpected {
        expected: "a date as in 2024-02-29T12:34:56.789Z",
        found: quoted(text).into(),
    };
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        let stamp = Timestamp::utc(moment.with_timezone(&Utc))?;
        let kind = if text.ends_with(['Z', 'z']) { TimeKind::Utc } else { TimeKind::Local };
        return Ok(Timestamp { kind, ..stamp });
    }
    let moment = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f");
    let moment = moment.map_err(|_| not_a_date())?;
    Ok(Timestamp { kind: TimeKind::Unspecified, ..Timestamp::utc(moment.and_utc())? })
}

/// Text of a stranger, short enough to be shown.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.chars().nth(SHOWN) {
        None => format!("{text:?}"),
        Some(_) => format!("{:?}..", text.chars().take(SHOWN).collect::<String>()),
    }
}
