use super::{digits, fraction};
use std::fmt;

const SECOND: u64 = 10_000_000;
const DAY: u64 = 86_400 * SECOND;
const TICKS: u64 = (1 << 62) - 1;
/// The last tick of the year 9999.
const LAST: u64 = 3_155_378_975_999_999_999;

/// A moment of .NET's calendar, in ticks of 100 ns since the start of the year 1.
///
/// On the wire it is one `u64`: the kind in the two high bits, the ticks in the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateTime {
    ticks: u64,
    kind: Kind,
}

/// What the ticks of a [`DateTime`] are relative to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Nobody said.
    Unspecified,
    /// UTC.
    Utc,
    /// Some local time; the ticks are UTC all the same.
    Local,
}

impl DateTime {
    /// A moment; `None` after the year 9999.
    pub const fn new(ticks: u64, kind: Kind) -> Option<Self> {
        if ticks > LAST { None } else { Some(Self { ticks, kind }) }
    }

    /// Ticks of 100 ns since the start of the year 1.
    pub const fn ticks(self) -> u64 {
        self.ticks
    }

    /// What the ticks are relative to.
    pub const fn kind(self) -> Kind {
        self.kind
    }

    /// Its bits on the wire.
    pub const fn to_wire(self) -> u64 {
        (self.kind as u64) << 62 | self.ticks
    }

    /// Reads its bits; `None` after the year 9999.
    pub const fn from_wire(bits: u64) -> Option<Self> {
        let kind = match bits >> 62 {
            0 => Kind::Unspecified,
            1 => Kind::Utc,
            // 3 is an hour that a change of the clock repeats.
            _ => Kind::Local,
        };
        let ticks = bits & TICKS;
        match (kind, Self::new(ticks, kind)) {
            // Local time within a day of the year 1 can be before it in UTC; .NET wraps around.
            (Kind::Local, None) if ticks > TICKS - DAY => Self::new(0, kind),
            (_, moment) => moment,
        }
    }

    /// Reads text such as `2024-02-29T12:34:56.789Z`; with an offset it is [`Kind::Local`].
    pub fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.split_once('T').unwrap_or((text, "00:00:00"));
        let mut parts = date.splitn(3, '-').map(number);
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) {
            return None;
        }
        if day < 1 || day > days_of(year, month) || date.len() != 10 {
            return None;
        }
        let days = days_before(year) + (1..month).map(|month| days_of(year, month)).sum::<u64>();
        let (clock, zone) = time.split_at(time.find(['Z', '+', '-']).unwrap_or(time.len()));
        let ticks = (days + day - 1) * DAY + clock_ticks(clock)?;
        match zone {
            "" => Self::new(ticks, Kind::Unspecified),
            "Z" => Self::new(ticks, Kind::Utc),
            _ => Self::new(ticks.checked_add_signed(-offset_ticks(zone)?)?, Kind::Local),
        }
    }

    /// Year, month, day.
    fn date(self) -> (u64, u64, u64) {
        let days = self.ticks / DAY;
        let mut year = days / 366 + 1;
        while days_before(year + 1) <= days {
            year += 1;
        }
        let mut rest = days - days_before(year);
        let mut month = 1;
        while rest >= days_of(year, month) {
            rest -= days_of(year, month);
            month += 1;
        }
        (year, month, rest + 1)
    }
}

/// `12:34:56.789`; 24:00:00 is the start of the next day.
fn clock_ticks(clock: &str) -> Option<u64> {
    let (clock, behind) = clock.split_once('.').map_or((clock, None), |(a, b)| (a, Some(b)));
    let mut parts = clock.splitn(3, ':').map(number);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let behind = match behind {
        None => 0,
        Some(text) if !text.is_empty() && digits(text).1.is_empty() => fraction(text),
        Some(_) => return None,
    };
    let seconds = hour * 3600 + minute * 60 + second;
    if clock.len() != 8 || minute > 59 || second > 59 || seconds * SECOND + behind > DAY {
        return None;
    }
    Some(seconds * SECOND + behind)
}

/// `+02:00`.
fn offset_ticks(zone: &str) -> Option<i64> {
    let (sign, rest) = zone.split_at(1);
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if rest.len() != 5 || hours > 14 || minutes > 59 {
        return None;
    }
    let ticks = ((hours * 60 + minutes) * 60 * SECOND) as i64;
    Some(if sign == "-" { -ticks } else { ticks })
}

fn number(text: &str) -> Option<u64> {
    let (number, rest) = digits(text);
    if rest.is_empty() { number.parse().ok() } else { None }
}

const fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_of(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days before the first of January of `year`.
const fn days_before(year: u64) -> u64 {
    let past = year - 1;
    past * 365 + past / 4 - past / 100 + past / 400
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        let seconds = self.ticks % DAY / SECOND;
        let (hour, minute) = (seconds / 3600, seconds / 60 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}", seconds % 60)?;
        let behind = self.ticks % SECOND;
        if behind > 0 {
            let digits = format!(".{behind:07}");
            f.write_str(digits.trim_end_matches('0'))?;
        }
        f.write_str(if self.kind == Kind::Unspecified { "" } else { "Z" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_come_back_as_dotnet_writes_them() {
        let cases = [
            ("0001-01-01T00:00:00", 0, Kind::Unspecified),
            ("9999-12-31T23:59:59.9999999Z", LAST, Kind::Utc),
            ("1970-01-01T00:00:00Z", 621_355_968_000_000_000, Kind::Utc),
            ("2024-02-29T12:34:56.789Z", 638_448_068_967_890_000, Kind::Utc),
        ];
        for (text, ticks, kind) in cases {
            let moment = DateTime::new(ticks, kind).unwrap();
            assert_eq!(moment.to_string(), text);
            assert_eq!(DateTime::parse(text), Some(moment), "{text}");
            assert_eq!(DateTime::from_wire(moment.to_wire()), Some(moment));
        }
    }

    #[test]
    fn an_offset_is_taken_off() {
        let moment = DateTime::parse("2024-02-29T14:34:56.789+02:00").unwrap();
        assert_eq!((moment.ticks(), moment.kind()), (638_448_068_967_890_000, Kind::Local));
        assert_eq!(moment.to_string(), "2024-02-29T12:34:56.789Z");
        assert_eq!(DateTime::parse("0001-01-01T00:00:00+01:00"), None);
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        let wrong = [
            "",
            "2024",
            "2024-13-01",
            "2023-02-29",
            "2024-02-00",
            "2024-2-29",
            "0000-01-01",
            "2024-02-29T",
            "2024-02-29T25:00:00",
            "2024-02-29T12:60:00",
            "2024-02-29T12:00:60",
            "2024-02-29T12:00:00.",
            "2024-02-29T12:00:00+2",
            "2024-02-29T12:00:00+15:00",
            "2024-02-29T12:00:00Zz",
            "-2024-02-29T12:00:00",
            "9999-12-31T24:00:00",
        ];
        for text in wrong {
            assert_eq!(DateTime::parse(text), None, "{text}");
        }
        assert_eq!(DateTime::from_wire(LAST + 1), None);
    }
}
