//! Runs IPC crates beside samebox, each as two processes, and writes one table and one plot.

mod document;
mod end;
mod floor;
mod measure;
mod plot;
mod report;
mod rounds;
mod session;
mod statistics;
mod subject;
mod subjects;

use clap::{Parser, Subcommand, ValueEnum};
use measure::Wait;
use report::Report;
use rounds::Plan;
use rustix::process::{Signal, set_parent_process_death_signal};
use session::Cores;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use subject::{Link, Outcome};
use subjects::{FLOORS, SUBJECTS};

/// Measures IPC crates beside samebox and beside what shared memory costs at least.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Args {
    /// The cores of the two processes.
    #[arg(long, default_value = "0,1", value_parser = cores)]
    cores: Cores,
    /// How long all rounds take together, about.
    #[arg(long, default_value_t = 90.0)]
    seconds: f64,
    /// How often everything is measured.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Only these subjects.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Put the table between the markers of this document, and the plot beside it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Run everything for a few milliseconds: fails when a subject does not work.
    #[arg(long, conflicts_with_all = ["out", "seconds", "rounds"])]
    smoke: bool,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// One of the two processes of a subject; this program starts them itself.
    #[command(hide = true)]
    End { side: Side, subject: String, name: String, size: usize, wait: String },
}

#[derive(Clone, Copy, ValueEnum)]
enum Side {
    Near,
    Far,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let outcome = match &args.role {
        Some(role) => role.run(),
        None => args.measure(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Args {
    fn measure(&self) -> Outcome<()> {
        self.cores.check()?;
        let (rounds, seconds) = if self.smoke { (1, 0.2) } else { (self.rounds, self.seconds) };
        let time = Duration::try_from_secs_f64(seconds)?;
        let plan = Plan { cores: self.cores, rounds: rounds.into(), time, only: self.only.clone() };
        let report = rounds::run(&plan, &|round| eprintln!("round {} of {rounds}", round + 1))?;
        match &self.out {
            Some(document) => write(&report, document)?,
            None => println!("{}", document::marked(&report.markdown("benchmarks-peers.svg"))),
        }
        match report.failures() {
            failures if failures.is_empty() => Ok(()),
            failures => Err(failures.join("\nerror: ").into()),
        }
    }
}

/// Writes the section of `document` and the plot beside it.
fn write(report: &Report, document: &Path) -> Outcome<()> {
    let stem = document.file_stem().ok_or("not the name of a file")?.to_string_lossy();
    let plot = format!("{stem}-peers.svg");
    let text = std::fs::read_to_string(document)?;
    let text = document::with_section(&text, &report.markdown(&plot))
        .map_err(|error| format!("{} {error}", document.display()))?;
    std::fs::write(document.with_file_name(&plot), plot::svg(report)?)?;
    Ok(std::fs::write(document, text)?)
}

impl Role {
    fn run(&self) -> Outcome<()> {
        // A process that polls for messages of a dead one would do so for ever.
        set_parent_process_death_signal(Some(Signal::KILL))?;
        let Self::End { side, subject, name, size, wait } = self;
        let entry = FLOORS.iter().chain(SUBJECTS).find(|entry| entry.name == subject);
        let entry = entry.ok_or("no such subject")?;
        let wait = Wait::parse(wait).ok_or("no such way to wait")?;
        let link = Link { name: name.clone(), size: *size, wait };
        let run = match side {
            Side::Near => entry.near,
            Side::Far => entry.far,
        };
        run(&link).map_err(|error| format!("{}: {error}", entry.name).into())
    }
}

fn cores(text: &str) -> Result<Cores, String> {
    let numbers = text.split_once(',').map(|(near, far)| (near.parse(), far.parse()));
    match numbers {
        Some((Ok(near), Ok(far))) if near != far => Ok(Cores { near, far }),
        _ => Err("two different cores, as in 0,1".into()),
    }
}
