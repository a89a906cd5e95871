use super::row::Row;
use std::fmt::Write as _;

/// All rows for a person: one block per endpoint, one line per size, at most 100 columns.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = String::new();
    let mut last = None;
    for row in rows {
        if last != Some(&row.endpoint) {
            head(&mut text, row, last.is_some());
            last = Some(&row.endpoint);
        }
        line(&mut text, row);
        if row.lost.is_any() {
            lost(&mut text, row);
        }
    }
    text
}

fn head(text: &mut String, row: &Row, apart: bool) {
    if apart {
        text.push('\n');
    }
    let (endpoint, rounds) = (&row.endpoint, row.rounds);
    let what = match row.lent {
        false => String::new(),
        true => format!(", in lent memory beside {} bytes bare", row.floor_size),
    };
    // Writing to a String does not fail.
    let _ = writeln!(text, "{endpoint}{what}, medians of {rounds} rounds");
    columns(
        text,
        row,
        ["SIZE", "TRIP", "P99", "FLOOR", "RATIO", "MSG/S", "FLOOR", "RATIO"].map(String::from),
        ["BATCHED", "RATIO", "BYTES/S"].map(String::from),
    );
}

fn line(text: &mut String, row: &Row) {
    let trip = row.round_trip_ns;
    let compared = [
        row.size.to_string(),
        time(trip.map(|trip| trip.p50)),
        time(trip.map(|trip| trip.p99)),
        time(row.floor_round_trip_ns),
        ratio(row.round_trip_ratio),
        amount(row.messages_per_second),
        amount(row.floor_messages_per_second),
        ratio(row.rate_ratio),
    ];
    let more = [
        amount(row.batched_messages_per_second),
        ratio(row.batched_ratio),
        amount(row.bytes_per_second),
    ];
    columns(text, row, compared, more);
}

/// One line of cells; lent memory has no batches, and no bytes that anybody moves.
fn columns(text: &mut String, row: &Row, compared: [String; 8], more: [String; 3]) {
    let [size, trip, p99, floor, trip_ratio, rate, floor_rate, rate_ratio] = compared;
    let _ = write!(
        text,
        "{size:>8} {trip:>9} {p99:>9} {floor:>9} {trip_ratio:>6}  {rate:>8} {floor_rate:>8} {rate_ratio:>6}"
    );
    if !row.lent {
        let [batched, batched_ratio, bytes] = more;
        let _ = write!(text, "  {batched:>8} {batched_ratio:>6}  {bytes:>9}");
    }
    text.push('\n');
}

fn lost(text: &mut String, row: &Row) {
    let share =
        |lost: Option<f64>| lost.map_or("-".into(), |lost| format!("{:.1} %", lost * 100.0));
    let (single, batched, floor) =
        (share(row.lost.single), share(row.lost.batched), share(row.lost.floor));
    let _ = writeln!(text, "{:>8} lost: {single} single, {batched} batched, {floor} floor", "");
}

/// A time with three digits that count.
pub(crate) fn time(ns: Option<u64>) -> String {
    let Some(ns) = ns else { return "-".into() };
    let ns = ns as f64;
    match ns {
        _ if ns < 1e3 => format!("{ns:.0} ns"),
        _ if ns < 1e6 => format!("{} us", three(ns / 1e3)),
        _ if ns < 1e9 => format!("{} ms", three(ns / 1e6)),
        _ => format!("{} s", three(ns / 1e9)),
    }
}

/// A number of messages or bytes with three digits that count.
pub(crate) fn amount(number: Option<f64>) -> String {
    let Some(number) = number else { return "-".into() };
    match number {
        _ if number < 1e3 => three(number),
        _ if number < 1e6 => format!("{} k", three(number / 1e3)),
        _ if number < 1e9 => format!("{} M", three(number / 1e6)),
        _ => format!("{} G", three(number / 1e9)),
    }
}

pub(crate) fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or("-".into(), |ratio| format!("{ratio:.2}x"))
}

fn three(number: f64) -> String {
    match number {
        _ if number < 9.995 => format!("{number:.2}"),
        _ if number < 99.95 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_that_count() {
        assert_eq!(time(Some(999)), "999 ns");
        assert_eq!(time(Some(12_345)), "12.3 us");
        assert_eq!(time(Some(1_500_000)), "1.50 ms");
        assert_eq!(amount(Some(1_234_567.0)), "1.23 M");
        assert_eq!(amount(None), "-");
    }

    #[test]
    fn no_line_is_longer_than_100_columns() {
        let widest = Some(123_456_789.0);
        let row = Row {
            messages_per_second: widest,
            floor_messages_per_second: widest,
            batched_messages_per_second: widest,
            ..Row::new("unix:x", 1 << 20, 10)
        };
        let row = row.with_bytes();
        let text = table(&[row.clone(), row]);
        assert_eq!(text.lines().count(), 4);
        assert!(text.lines().all(|line| line.len() <= 100), "{text}");
    }

    #[test]
    fn lent_memory_has_no_batches() {
        let row = Row { lent: true, floor_size: 64, ..Row::new("shm:x", 1 << 20, 10) };
        let text = table(&[row]);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "shm:x, in lent memory beside 64 bytes bare, medians of 10 rounds");
        assert!(!lines[1].contains("BATCHED") && lines[1].ends_with("RATIO"), "{text}");
        assert_eq!(lines[1].len(), lines[2].len());
    }
}
