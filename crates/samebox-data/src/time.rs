//! Moments and spans of time, as .NET counts them.

use crate::{Data, Encode, Error, Member, Reader, Result, Shape, Struct, Writer};
use chrono::{DateTime, FixedOffset, NaiveDateTime, TimeDelta, Utc};
use std::time::{Duration, SystemTime};

/// Ticks of 100 ns in a second.
pub const TICKS_PER_SECOND: i64 = 10_000_000;

/// A moment as .NET's `DateTime` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timestamp {
    /// Ticks of 100 ns since the start of the year 1; in UTC, unless the kind is unspecified.
    pub ticks: i64,
    /// Which clock it was read from.
    pub kind: TimeKind,
}

/// Which clock a [`Timestamp`] was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeKind {
    /// Nobody knows.
    Unspecified,
    /// The world's.
    Utc,
    /// The sender's own.
    Local,
}

/// Ticks from the start of the year 1 to that of 1970.
const TICKS_TO_1970: i64 = 621_355_968_000_000_000;

impl Timestamp {
    /// The last moment of the year 9999, the largest that .NET has.
    pub const MAX_TICKS: i64 = 3_155_378_975_999_999_999;

    /// A moment of the world's clock.
    ///
    /// # Errors
    /// `OutOfRange` before the year 1 and after 9999.
    pub fn utc(moment: DateTime<Utc>) -> Result<Self> {
        Self::of(moment.naive_utc(), TimeKind::Utc)
    }

    fn of(moment: NaiveDateTime, kind: TimeKind) -> Result<Self> {
        let moment = moment.and_utc();
        let ticks = moment
            .timestamp()
            .checked_mul(TICKS_PER_SECOND)
            .and_then(|ticks| ticks.checked_add(i64::from(moment.timestamp_subsec_nanos()) / 100))
            .and_then(|ticks| ticks.checked_add(TICKS_TO_1970))
            .filter(|ticks| (0..=Self::MAX_TICKS).contains(ticks))
            .ok_or(Error::OutOfRange { expected: "a date between the years 1 and 9999" })?;
        Ok(Self { ticks, kind })
    }

    /// The moment, without its kind.
    ///
    /// # Errors
    /// `OutOfRange` before the year 1 and after 9999.
    pub fn naive(self) -> Result<NaiveDateTime> {
        let out_of_range = Error::OutOfRange { expected: "a date between the years 1 and 9999" };
        if !(0..=Self::MAX_TICKS).contains(&self.ticks) {
            return Err(out_of_range);
        }
        let ticks = self.ticks - TICKS_TO_1970;
        let nanoseconds = ticks.rem_euclid(TICKS_PER_SECOND) * 100;
        let seconds = ticks.div_euclid(TICKS_PER_SECOND);
        let nanoseconds = u32::try_from(nanoseconds).map_err(|_| out_of_range.clone())?;
        DateTime::from_timestamp(seconds, nanoseconds)
            .map(|moment| moment.naive_utc())
            .ok_or(out_of_range)
    }
}

impl Encode for Timestamp {
    fn shape() -> &'static Shape {
        &Shape::Timestamp
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        to.timestamp(*self)
    }
}

impl Data for Timestamp {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        from.timestamp()
    }

    /// The start of the year 1, as in .NET.
    fn absent(_: &'static str) -> Result<Self> {
        Ok(Self { ticks: 0, kind: TimeKind::Unspecified })
    }
}

/// A date without a zone.
impl Encode for NaiveDateTime {
    fn shape() -> &'static Shape {
        &Shape::Timestamp
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        to.timestamp(Timestamp::of(*self, TimeKind::Unspecified)?)
    }
}

impl Data for NaiveDateTime {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        from.timestamp()?.naive()
    }
}

impl Encode for DateTime<Utc> {
    fn shape() -> &'static Shape {
        &Shape::Timestamp
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        to.timestamp(Timestamp::utc(*self)?)
    }
}

/// A date of unspecified kind is taken for one of the world's clock.
impl Data for DateTime<Utc> {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        Ok(from.timestamp()?.naive()?.and_utc())
    }
}

impl Encode for SystemTime {
    fn shape() -> &'static Shape {
        &Shape::Timestamp
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        let seconds = match self.duration_since(Self::UNIX_EPOCH) {
            Ok(since) => TimeDelta::from_std(since),
            Err(before) => TimeDelta::from_std(before.duration()).map(|before| -before),
        };
        let out_of_range = Error::OutOfRange { expected: "a date between the years 1 and 9999" };
        let moment = seconds.ok().and_then(|since| DateTime::UNIX_EPOCH.checked_add_signed(since));
        to.timestamp(Timestamp::utc(moment.ok_or(out_of_range)?)?)
    }
}

impl Data for SystemTime {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        let since = from.timestamp()?.naive()?.and_utc() - DateTime::UNIX_EPOCH;
        let ahead = since.abs().to_std().unwrap_or_default();
        let moment = if since < TimeDelta::zero() {
            Self::UNIX_EPOCH.checked_sub(ahead)
        } else {
            Self::UNIX_EPOCH.checked_add(ahead)
        };
        moment.ok_or(Error::OutOfRange { expected: "this system's clock" })
    }
}

/// .NET's `DateTimeOffset`: a moment in UTC and the sender's distance from it.
static DATE_TIME_OFFSET: Struct = Struct {
    name: "DateTimeOffset",
    namespace: "http://schemas.datacontract.org/2004/07/System",
    members: &[
        Member { name: "DateTime", shape: <DateTime<Utc> as Encode>::shape },
        Member { name: "OffsetMinutes", shape: <i16 as Encode>::shape },
    ],
};

impl Encode for DateTime<FixedOffset> {
    fn shape() -> &'static Shape {
        const { &Shape::Struct(&DATE_TIME_OFFSET) }
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        to.structure(&DATE_TIME_OFFSET)?;
        to.member(0)?;
        to.timestamp(Timestamp::utc(self.to_utc())?)?;
        to.member(1)?;
        to.int(i64::from(self.offset().local_minus_utc() / 60))?;
        to.end()
    }
}

impl Data for DateTime<FixedOffset> {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        let (mut moment, mut minutes) = (None, 0);
        from.structure(&DATE_TIME_OFFSET)?;
        while let Some(member) = from.member()? {
            match member {
                0 => moment = Some(DateTime::<Utc>::read(from)?),
                _ => minutes = i32::from(i16::read(from)?),
            }
        }
        let moment = moment.ok_or(Error::Missing { name: "DateTime".into() })?;
        let offset = FixedOffset::east_opt(minutes * 60);
        Ok(moment.with_timezone(&offset.ok_or(Error::OutOfRange { expected: "a time zone" })?))
    }
}

impl Encode for TimeDelta {
    fn shape() -> &'static Shape {
        &Shape::TimeSpan
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        let ticks = self
            .num_seconds()
            .checked_mul(TICKS_PER_SECOND)
            .and_then(|ticks| ticks.checked_add(i64::from(self.subsec_nanos()) / 100));
        to.time_span(ticks.ok_or(Error::OutOfRange { expected: Shape::TimeSpan.name() })?)
    }
}

impl Data for TimeDelta {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        let ticks = from.time_span()?;
        Ok(Self::seconds(ticks / TICKS_PER_SECOND)
            + Self::nanoseconds(ticks % TICKS_PER_SECOND * 100))
    }

    fn absent(_: &'static str) -> Result<Self> {
        Ok(Self::zero())
    }
}

impl Encode for Duration {
    fn shape() -> &'static Shape {
        &Shape::TimeSpan
    }

    fn write(&self, to: &mut dyn Writer) -> Result<()> {
        let ticks = i64::try_from(self.as_nanos() / 100);
        to.time_span(ticks.map_err(|_| Error::OutOfRange { expected: Shape::TimeSpan.name() })?)
    }
}

impl Data for Duration {
    fn read(from: &mut dyn Reader) -> Result<Self> {
        let ticks = u64::try_from(from.time_span()?);
        let ticks =
            ticks.map_err(|_| Error::OutOfRange { expected: "a span that is not negative" })?;
        let second = TICKS_PER_SECOND.unsigned_abs();
        Ok(Self::from_secs(ticks / second) + Self::from_nanos(ticks % second * 100))
    }

    fn absent(_: &'static str) -> Result<Self> {
        Ok(Self::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_counted_from_the_year_1() {
        let moment = DateTime::from_timestamp(1_709_210_096, 789_000_100).unwrap();
        let stamp = Timestamp::utc(moment).unwrap();
        assert_eq!(stamp, Timestamp { ticks: 638_448_068_967_890_001, kind: TimeKind::Utc });
        assert_eq!(stamp.naive(), Ok(moment.naive_utc()));
        assert_eq!(Timestamp::utc(DateTime::UNIX_EPOCH).map(|at| at.ticks), Ok(TICKS_TO_1970));
    }

    #[test]
    fn moments_outside_of_dotnets_calendar_are_refused() {
        for ticks in [i64::MIN, -1, Timestamp::MAX_TICKS + 1, i64::MAX] {
            assert!(Timestamp { ticks, kind: TimeKind::Utc }.naive().is_err(), "{ticks}");
        }
        for moment in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            assert!(Timestamp::utc(moment).is_err(), "{moment}");
        }
        for ticks in [0, Timestamp::MAX_TICKS] {
            let last = Timestamp { ticks, kind: TimeKind::Utc };
            assert_eq!(Timestamp::utc(last.naive().unwrap().and_utc()), Ok(last));
        }
    }
}
