use super::progress::Progress;
use super::statistics::Percentiles;
use super::table::{ratio, time};
use crate::commands::peer::{Attempt, Session, Trouble};
use samebox::ErrorKind;
use serde::Serialize;
use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What one message from a shell costs.
#[derive(Debug, Serialize)]
pub(super) struct Startup {
    endpoint: String,
    /// Of `samebox send`, from its start to its end.
    startup_ns: Option<Percentiles>,
    samples: u64,
    /// The median of `samebox --version`: a process of the same program that does nothing.
    floor_startup_ns: Option<u64>,
    startup_ratio: Option<f64>,
}

/// How often each program is run in one round.
pub(super) const RUNS: u64 = 10;

/// How long one run may take, far more than it does.
const SLOWEST: Duration = Duration::from_millis(100);

/// Runs `samebox send` again and again, in turns with a program that does nothing.
pub(super) fn measure(endpoint: &str, rounds: usize, progress: &Progress) -> Attempt<Startup> {
    let mut session = Session::open(endpoint)?;
    let address = session.endpoint();
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    let runs = RUNS * rounds as u64;
    session.expect(SLOWEST * u32::try_from(runs).unwrap_or(u32::MAX));
    session.while_taking(runs, 1, || {
        for _ in 0..runs {
            floor.push(run(&["--version"])?);
            ours.push(run(&["send", &address, "x"])?);
            progress.step();
        }
        Ok(())
    })?;
    let (ours, floor) = (Percentiles::of(ours), Percentiles::of(floor));
    let floor = floor.map(|floor| floor.p50);
    Ok(Startup {
        endpoint: endpoint.into(),
        startup_ns: ours,
        samples: runs,
        floor_startup_ns: floor,
        startup_ratio: ours.zip(floor).map(|(ours, floor)| ours.p50 as f64 / floor as f64),
    })
}

/// Nanoseconds from before a process of this program is started until it has ended well.
fn run(args: &[&str]) -> Attempt<u64> {
    let failed = |cause: &dyn std::fmt::Display| {
        let why = format!("`samebox {}` cannot be run: {cause}", args.join(" "));
        Trouble::new(ErrorKind::Io, format!("{why}; check the program"))
    };
    let program = std::env::current_exe().map_err(|cause| failed(&cause))?;
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null());
    let begin = Instant::now();
    let status = command.status().map_err(|cause: io::Error| failed(&cause))?;
    let took = u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX);
    if status.success() { Ok(took) } else { Err(failed(&status)) }
}

/// What came of it, for a person.
pub(super) fn table(startups: &[Startup]) -> String {
    let line = |startup: &Startup| {
        let ours = startup.startup_ns;
        format!(
            "{}: `samebox send` takes {} from start to end, {} p99 ({} runs)\n  {} \
             of a process that does nothing, {}\n",
            startup.endpoint,
            time(ours.map(|ours| ours.p50)),
            time(ours.map(|ours| ours.p99)),
            startup.samples,
            ratio(startup.startup_ratio),
            time(startup.floor_startup_ns),
        )
    };
    startups.iter().map(line).collect()
}
