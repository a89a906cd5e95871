//! The `samebox` program: local messages from a shell.

#![forbid(unsafe_code)]

mod args;
mod commands;
mod ending;
mod escape;
mod exec;
mod exit;
mod finding;
mod input;
mod limit;
mod notes;
mod output;
mod pace;
mod payload;
mod pool;
#[cfg(target_os = "linux")]
mod rings_linux;
#[cfg(not(target_os = "linux"))]
mod rings_missing;
mod standing;

// What the program asks of the operating system beside samebox; both halves have the same items.
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use rings_linux as rings;
#[cfg(not(target_os = "linux"))]
use rings_missing as rings;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

use std::process::ExitCode;

fn main() -> ExitCode {
    let command = args::parse();
    ending::on_interrupt();
    exit::code_of(commands::run(command))
}
