use super::statistics::Percentiles;
use super::table::{amount, time};
use crate::commands::peer::{Attempt, Session, Side, Trouble, fitting_count};
use crate::system::machine;
use samebox::{Client, Endpoint, ErrorKind, connect};
use serde::Serialize;
use std::time::{Duration, Instant};

/// What many idle clients of one server cost.
#[derive(Debug, Serialize)]
pub(super) struct Crowd {
    endpoint: String,
    clients: usize,
    /// Of one connect.
    connect_ns: Option<Percentiles>,
    connects_per_second: f64,
    /// Memory of each process by clients, where the system tells; the kernel's own is not in it.
    server_bytes_per_client: Option<f64>,
    client_bytes_per_client: Option<f64>,
    /// Of one active client beside the idle ones, and without them.
    round_trip_ns: Option<Percentiles>,
    round_trip_ns_alone: Option<Percentiles>,
    samples: usize,
}

const SIZE: usize = 64;
/// How long round trips are measured.
const SLICE: Duration = Duration::from_millis(500);
/// Open files beside the clients.
const OTHERS: u64 = 64;

/// Connects `clients` to one server and leaves them idle.
pub(super) fn gather(endpoint: &str, clients: usize) -> Attempt<Crowd> {
    check(endpoint, clients)?;
    let mut session = Session::open(endpoint)?;
    let alone = trips(&mut session)?;
    let before = (session.memory()?, machine::own_memory());
    let address = session.endpoint();
    let begin = Instant::now();
    let (idle, times) = session.while_serving(|| connect_all(&address, clients))??;
    let took = begin.elapsed();
    // Clients come in one after the other, so after the last has its answer all are in.
    let mut last = connect(&address)?;
    session.answer_one(&mut last, SIZE)?;
    let after = (session.memory()?, machine::own_memory());
    let crowded = trips(&mut session)?;
    let samples = crowded.len();
    drop(idle);
    let each = |before: Option<u64>, after: Option<u64>| {
        Some(after?.saturating_sub(before?) as f64 / clients as f64)
    };
    Ok(Crowd {
        endpoint: endpoint.into(),
        clients,
        connect_ns: Percentiles::of(times),
        connects_per_second: clients as f64 / took.as_secs_f64(),
        server_bytes_per_client: each(before.0, after.0),
        client_bytes_per_client: each(before.1, after.1),
        round_trip_ns: Percentiles::of(crowded),
        round_trip_ns_alone: Percentiles::of(alone),
        samples,
    })
}

fn check(endpoint: &str, clients: usize) -> Attempt<()> {
    let parsed: Endpoint = endpoint.parse()?;
    if parsed.scheme() == "inproc" {
        let why = "inproc: has no server process whose memory could be told";
        return Err(Trouble::new(ErrorKind::Unsupported, format!("{why}; use unix:")));
    }
    machine::allow_open_files(clients as u64 + OTHERS).map_err(|cause| {
        let why = format!("{clients} clients need as many open files: {cause}");
        Trouble::new(ErrorKind::Io, format!("{why}; raise the limit, or use fewer"))
    })
}

fn connect_all(address: &str, clients: usize) -> Attempt<(Vec<Client>, Vec<u64>)> {
    let (mut idle, mut times) = (Vec::with_capacity(clients), Vec::with_capacity(clients));
    for _ in 0..clients {
        let begin = Instant::now();
        idle.push(connect(address)?);
        times.push(u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    Ok((idle, times))
}

fn trips(session: &mut Session) -> Attempt<Vec<u64>> {
    let count = fitting_count(SLICE, |count| {
        let begin = Instant::now();
        session.round_trips(Side::Ours, SIZE, count)?;
        Ok(begin.elapsed())
    })?;
    session.round_trips(Side::Ours, SIZE, count)
}

/// What came of it, for a person.
pub(super) fn table(crowds: &[Crowd]) -> String {
    crowds.iter().map(describe).collect::<Vec<_>>().join("\n")
}

fn describe(crowd: &Crowd) -> String {
    let two = |of: Option<Percentiles>| {
        let (p50, p99) = (time(of.map(|of| of.p50)), time(of.map(|of| of.p99)));
        format!("{p50} median, {p99} p99")
    };
    let lines = [
        (
            "connect",
            format!(
                "{}, {} per second",
                two(crowd.connect_ns),
                amount(Some(crowd.connects_per_second))
            ),
        ),
        (
            "server memory",
            format!("{} bytes per idle client", amount(crowd.server_bytes_per_client)),
        ),
        (
            "client memory",
            format!("{} bytes per idle client", amount(crowd.client_bytes_per_client)),
        ),
        ("round trip", format!("{} of {SIZE} bytes, beside them", two(crowd.round_trip_ns))),
        ("", format!("{}, alone", two(crowd.round_trip_ns_alone))),
    ];
    let lines = lines.map(|(what, value)| format!("  {what:<13}  {value}\n")).concat();
    format!("{}: {} idle clients\n{lines}", crowd.endpoint, crowd.clients)
}
