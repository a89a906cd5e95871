use super::order::Attempt;
use std::time::Duration;

/// How many messages take about as long as `slice`, found out by more and more of them.
///
/// That also warms up whatever has to be warm.
pub(crate) fn fitting_count(
    slice: Duration,
    mut time_of: impl FnMut(u64) -> Attempt<Duration>,
) -> Attempt<u64> {
    /// The least and the most that is done at once.
    const BOUNDS: (u64, u64) = (16, 10_000_000);
    let (least, most) = BOUNDS;
    let mut count = least;
    loop {
        let took = time_of(count)?.max(Duration::from_micros(1));
        let fits = (count as f64 * slice.as_secs_f64() / took.as_secs_f64()) as u64;
        if took >= slice / 4 || count == most {
            return Ok(fits.clamp(least, most));
        }
        count = fits.clamp(2 * count, 16 * count).min(most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(slice_ms: u64, each_ns: u64) -> u64 {
        let time_of = |count| Ok(Duration::from_nanos(count * each_ns));
        fitting_count(Duration::from_millis(slice_ms), time_of).unwrap()
    }

    #[test]
    fn the_count_fills_the_slice() {
        assert_eq!(fit(10, 1_000), 10_000);
        assert_eq!(fit(10, 100_000), 100);
    }

    #[test]
    fn it_ends_for_what_is_much_too_slow_or_too_fast() {
        assert_eq!(fit(1, 1_000_000_000), 16);
        assert_eq!(fit(1000, 0), 10_000_000);
    }
}
