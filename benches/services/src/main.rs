//! Measures typed calls over a Unix socket beside plain ones and beside gRPC, in one run.

#![cfg(target_os = "linux")]

mod measure;
mod samebox;
mod subject;
mod tonic;

use clap::{Parser, Subcommand};
use measure::Row;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use subject::{FLOOR, Outcome, SUBJECTS};

/// Measures an echo of 64 bytes: samebox's plain call, its contracts, and tonic.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Args {
    /// How often everything is measured
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// Run everything for a moment: fails when a subject does not work
    #[arg(long)]
    smoke: bool,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// The server of a subject; this program starts it itself
    #[command(hide = true)]
    Serve { subject: String, path: PathBuf },
}

fn main() -> ExitCode {
    let args = Args::parse();
    let outcome = match &args.role {
        Some(Role::Serve { subject, path }) => serve(subject, path),
        None => measure(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(name: &str, path: &std::path::Path) -> Outcome<()> {
    let subject = SUBJECTS.iter().find(|subject| subject.name == name).ok_or("no such subject")?;
    (subject.serve)(path, &mut || println!("ready"))
}

fn measure(args: &Args) -> Outcome<()> {
    let (rounds, slice) = if args.smoke { (1, 5) } else { (args.rounds, 150) };
    let rows = measure::all(rounds, Duration::from_millis(slice))?;
    print!("{}", table(&rows));
    Ok(())
}

/// A table in Markdown; ratios are to the plain call over a Unix socket.
fn table(rows: &[Row]) -> String {
    let floor = rows.iter().find(|row| row.name == FLOOR).map_or(f64::NAN, |row| row.request);
    let mut text = String::from(
        "| | request | ratio | requests/s | one-way | ratio |\n|---|--:|--:|--:|--:|--:|\n",
    );
    for row in rows {
        let per_second = 1e9 / row.request;
        let one_way = row.one_way.map_or_else(
            || "| |".to_owned(),
            |one_way| format!("{:.2} us | {:.2} |", one_way / 1e3, one_way / floor),
        );
        text += &format!(
            "| {} | {:.2} us | {:.2} | {per_second:.0} | {one_way}\n",
            row.name,
            row.request / 1e3,
            row.request / floor
        );
    }
    text
}
