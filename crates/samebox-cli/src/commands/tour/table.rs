use super::visit::{Status, Stop};
use crate::commands::bench::table::{amount, time};
use crate::escape::one_line;
use std::fmt::Write as _;

/// One row per transport; why one did not deliver stands below it.
pub(super) fn table(stops: &[Stop]) -> String {
    let mut text = String::new();
    row(&mut text, ["TRANSPORT", "MECHANISM", "STATUS", "RECEIVED", "ROUND TRIP", "MSG/S"]);
    for stop in stops {
        let received = stop.payload.as_deref().map(one_line).unwrap_or("-".into());
        let (trip, rate) = (time(stop.round_trip_ns_p50), amount(stop.messages_per_second));
        let status = stop.status.to_string();
        row(&mut text, [stop.transport, stop.mechanism, &status, &received, &trip, &rate]);
        for line in stop.reason.as_deref().map(wrap).unwrap_or_default() {
            // Writing to a String does not fail.
            let _ = writeln!(text, "{:10} {line}", "");
        }
    }
    text.push('\n');
    text.push_str(&summary(stops));
    text
}

fn row(text: &mut String, [transport, mechanism, status, received, trip, rate]: [&str; 6]) {
    // Writing to a String does not fail.
    let _ = writeln!(
        text,
        "{transport:<9}  {mechanism:<40}  {status:<11}  {received:<13}  {trip:>10}  {rate:>6}"
    );
}

/// Lines of at most so many characters as fit below a row.
fn wrap(reason: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in one_line(reason).split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + word.chars().count() < 89 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}

fn summary(stops: &[Stop]) -> String {
    let count = |status| stops.iter().filter(|stop| stop.status == status).count();
    let mut text = format!("{} delivered", count(Status::Delivered));
    for status in [Status::Unavailable, Status::Failed] {
        let count = count(status);
        if count > 0 {
            let _ = write!(text, ", {count} {status}");
        }
    }
    text.push_str(". Each transport had a process of its own as receiver");
    let alone = |stop: &&Stop| stop.status == Status::Delivered && stop.receiver_pid.is_none();
    for stop in stops.iter().filter(alone) {
        let _ = write!(text, "; {}: a thread", stop.transport);
    }
    text.push_str(".\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop(status: Status, reason: Option<&str>) -> Stop {
        Stop {
            endpoint: "unix:x".into(),
            transport: "unix",
            mechanism: "Unix socket where .NET puts a named pipe",
            status,
            reason: reason.map(Into::into),
            payload: Some("Hello, World!".into()),
            round_trip_ns_p50: Some(12_345),
            messages_per_second: Some(1_234_567.0),
            receiver_pid: Some(1),
        }
    }

    #[test]
    fn a_row_fits_into_100_columns_and_a_reason_stands_below_its_row() {
        let text = table(&[
            stop(Status::Delivered, None),
            stop(Status::Unavailable, Some(&"none here ".repeat(15))),
        ]);
        let lines: Vec<_> = text.lines().collect();
        assert!(lines.iter().all(|line| line.len() <= 100), "{text}");
        assert!(
            lines[3].trim().starts_with("none here") && lines[4].contains("none here"),
            "{text}"
        );
        assert!(lines[6].starts_with("1 delivered, 1 unavailable."), "{text}");
    }

    #[test]
    fn what_a_peer_received_cannot_drive_the_terminal() {
        let odd = Stop { payload: Some("a\nb\x1b[2J".into()), ..stop(Status::Failed, None) };
        assert!(table(&[odd]).contains("a\\nb\\x1b[2J"));
    }
}
