use crate::commands::bench::statistics::Percentiles;
use crate::commands::peer::{Attempt, Session, Side, Trouble, Way, fitting_count};
use crate::exit::Failure;
use samebox::{ErrorKind, Info};
use serde::Serialize;
use std::fmt;
use std::process;
use std::time::{Duration, Instant};

/// What every transport is to carry.
const GREETING: &str = "Hello, World!";
/// How long each measurement takes, about.
const SLICE: Duration = Duration::from_millis(80);

/// What came of one transport.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Stop {
    pub(super) endpoint: String,
    pub(super) transport: &'static str,
    pub(super) mechanism: &'static str,
    pub(super) status: Status,
    /// Why it was not delivered.
    pub(super) reason: Option<String>,
    /// What the other end says that it received.
    pub(super) payload: Option<String>,
    pub(super) round_trip_ns_p50: Option<u64>,
    pub(super) messages_per_second: Option<f64>,
    /// The process that received it; none where it was a thread of this one.
    pub(super) receiver_pid: Option<u32>,
}

/// Whether the greeting came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Delivered,
    /// This system lacks the mechanism.
    Unavailable,
    Failed,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Delivered => "delivered",
            Self::Unavailable => "unavailable",
            Self::Failed => "failed",
        })
    }
}

/// Sends the greeting through one transport and measures it; only an interruption is an error.
pub(super) fn visit(info: &'static Info) -> Result<Stop, Failure> {
    let mut stop = Stop {
        endpoint: endpoint(info.scheme),
        transport: info.scheme,
        mechanism: info.mechanism,
        status: Status::Delivered,
        reason: None,
        payload: None,
        round_trip_ns_p50: None,
        messages_per_second: None,
        receiver_pid: None,
    };
    match try_out(&mut stop) {
        Ok(()) => {}
        Err(trouble) if trouble.kind == ErrorKind::Stopped => return Err(trouble.into()),
        Err(trouble) => {
            let lacking = trouble.kind == ErrorKind::Unsupported;
            stop.status = if lacking { Status::Unavailable } else { Status::Failed };
            stop.reason = Some(trouble.reason);
        }
    }
    Ok(stop)
}

/// An endpoint that nobody else has.
fn endpoint(scheme: &str) -> String {
    match scheme {
        "tcp" | "udp" => format!("{scheme}:127.0.0.1:0"),
        "net.tcp" => "net.tcp://127.0.0.1:0/samebox-tour".into(),
        "net.uds" => {
            let place = std::env::temp_dir().join(format!("samebox-tour-{}.uds", process::id()));
            format!("net.uds:{}", place.display())
        }
        "net.pipe" => format!("net.pipe://localhost/samebox-tour-{}", process::id()),
        _ => format!("{scheme}:samebox-tour-{}", process::id()),
    }
}

fn try_out(stop: &mut Stop) -> Attempt<()> {
    let mut session = Session::open(&stop.endpoint)?;
    stop.endpoint = session.endpoint();
    stop.receiver_pid = session.second_id();
    let payload = stop.payload.insert(session.say(GREETING)?);
    if payload != GREETING {
        let why = "the other end received something else than was sent";
        return Err(Trouble::new(ErrorKind::Malformed, why));
    }
    let samples = round_trips(&mut session)?;
    stop.round_trip_ns_p50 = Percentiles::of(samples).map(|trips| trips.p50);
    stop.messages_per_second = rate(&mut session)?;
    Ok(())
}

fn round_trips(session: &mut Session) -> Attempt<Vec<u64>> {
    let size = GREETING.len();
    let count = fitting_count(SLICE, |count| {
        let begin = Instant::now();
        session.round_trips(Side::Ours, size, count)?;
        Ok(begin.elapsed())
    })?;
    session.round_trips(Side::Ours, size, count)
}

/// Messages per second, sent one by one and counted where they were received.
fn rate(session: &mut Session) -> Attempt<Option<f64>> {
    let mut send = |count| session.one_way(Side::Ours, Way::Single, GREETING.len(), count);
    let count = fitting_count(SLICE, |count| Ok(send(count)?.1))?;
    Ok(send(count)?.0.rate())
}
