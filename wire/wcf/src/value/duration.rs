use super::{digits, fraction};
use std::fmt;

const SECOND: u64 = 10_000_000;
const DAY: u64 = 86_400 * SECOND;

/// A length of time in ticks of 100 ns, as .NET's `TimeSpan`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TimeSpan(pub i64);

impl TimeSpan {
    /// Reads text such as `P1DT2H3M4.005S`; as in .NET a year has 365 days and a month 30.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let text = text.strip_prefix('P')?;
        let (date, time) = match text.split_once('T') {
            Some((_, "")) => return None,
            Some((date, time)) => (date, time),
            None => (text, ""),
        };
        if date.is_empty() && time.is_empty() {
            return None;
        }
        let days = parts(date, &[('Y', 365 * DAY), ('M', 30 * DAY), ('D', DAY)])?;
        let hours = [('H', 3600 * SECOND), ('M', 60 * SECOND), ('S', SECOND)];
        let ticks = i128::from(days.checked_add(parts(time, &hours)?)?);
        i64::try_from(if negative { -ticks } else { ticks }).ok().map(Self)
    }
}

/// The sum of numbers with their units, which come in order, each at most once.
fn parts(mut text: &str, mut units: &[(char, u64)]) -> Option<u64> {
    let mut sum: u64 = 0;
    while !text.is_empty() {
        let (number, rest) = digits(text);
        let (behind, rest) = rest.strip_prefix('.').map_or(("", rest), digits);
        let letter = rest.chars().next()?;
        let place = units.iter().position(|(unit, _)| *unit == letter)?;
        let (unit, size) = units[place];
        if rest.len() < text.len() - number.len() && (unit != 'S' || behind.is_empty()) {
            return None;
        }
        sum = sum.checked_add(number.parse::<u64>().ok()?.checked_mul(size)?)?;
        sum = sum.checked_add(fraction(behind))?;
        units = &units[place + 1..];
        text = &rest[1..];
    }
    Some(sum)
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ticks = self.0.unsigned_abs();
        f.write_str(if self.0 < 0 { "-P" } else { "P" })?;
        let (days, seconds) = (ticks / DAY, ticks % DAY / SECOND);
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if ticks.is_multiple_of(DAY) {
            return f.write_str(if days > 0 { "" } else { "T0S" });
        }
        f.write_str("T")?;
        for (count, unit) in [(seconds / 3600, 'H'), (seconds / 60 % 60, 'M')] {
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        let fraction = ticks % SECOND;
        match (seconds % 60, fraction) {
            (0, 0) => Ok(()),
            (seconds, 0) => write!(f, "{seconds}S"),
            (seconds, _) => {
                let digits = format!("{fraction:07}");
                write!(f, "{seconds}.{}S", digits.trim_end_matches('0'))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_come_back_as_dotnet_writes_them() {
        let cases = [
            ("PT0S", 0),
            ("P1DT2H3M4.005S", 937_840_050_000),
            ("-PT0.0000001S", -1),
            ("P2D", 2 * DAY as i64),
            ("PT5M", 300 * SECOND as i64),
            ("P10675199DT2H48M5.4775807S", i64::MAX),
            ("-P10675199DT2H48M5.4775808S", i64::MIN),
        ];
        for (text, ticks) in cases {
            assert_eq!(TimeSpan(ticks).to_string(), text);
            assert_eq!(TimeSpan::parse(text), Some(TimeSpan(ticks)), "{text}");
        }
        assert_eq!(TimeSpan::parse("P1Y1M"), Some(TimeSpan(395 * DAY as i64)));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "P", "PT", "1D", "P1S", "PT1D", "PT1M1H", "PT1.5M", "PT1.S", "P1DT", "PTS"]
        {
            assert_eq!(TimeSpan::parse(text), None, "{text}");
        }
        assert_eq!(TimeSpan::parse("P10675199DT2H48M5.4775808S"), None);
        assert_eq!(TimeSpan::parse("P99999999999999999999D"), None);
    }
}
