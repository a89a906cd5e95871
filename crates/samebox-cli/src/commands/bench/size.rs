use std::time::Duration;

/// A payload size: bytes, or with a unit as in endpoints.
pub(crate) fn parse(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "B" => 1,
        "k" | "KiB" => 1 << 10,
        "M" | "MiB" => 1 << 20,
        _ => 0,
    };
    let size = digits.parse::<usize>().ok().and_then(|number| number.checked_mul(unit));
    size.filter(|size| *size > 0).ok_or_else(|| "write a size such as 64, 4KiB or 1MiB".into())
}

/// A time in seconds, with or without the unit.
pub(crate) fn parse_seconds(text: &str) -> Result<Duration, String> {
    let number = text.strip_suffix('s').unwrap_or(text).parse().ok();
    let time = number.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let bounds = Duration::from_millis(1)..=Duration::from_secs(3600);
    time.filter(|time| bounds.contains(time))
        .ok_or_else(|| "write seconds such as 2 or 0.5, up to 3600".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse("64"), Ok(64));
        assert_eq!(parse("4KiB"), Ok(4096));
        assert_eq!(parse("1MiB"), Ok(1 << 20));
        for wrong in ["", "0", "-1", "KiB", "1GB", "1.5M", "99999999999999999999"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn seconds_are_bounded() {
        assert_eq!(parse_seconds("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_seconds("2s"), Ok(Duration::from_secs(2)));
        for wrong in ["0", "-1", "nan", "inf", "1e9", "x", ""] {
            assert!(parse_seconds(wrong).is_err(), "{wrong}");
        }
    }
}
