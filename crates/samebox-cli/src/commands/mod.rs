//! The commands, one file each: `Args` is its part of the command line, `run` does it.

pub(crate) mod bench;
pub(crate) mod call;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod listen;
pub(crate) mod ls;
pub(crate) mod man;
pub(crate) mod object;
pub(crate) mod peer;
pub(crate) mod reply;
pub(crate) mod send;
pub(crate) mod tour;
pub(crate) mod transports;

use crate::args::{Command, definition};
use crate::exit::Outcome;
use crate::output;

/// Runs a command; without one, prints help.
pub(crate) fn run(command: Option<Command>) -> Outcome {
    match command {
        None => output::print(&definition().render_help().to_string()),
        Some(Command::Send(args)) => send::run(&args),
        Some(Command::Listen(args)) => listen::run(&args),
        Some(Command::Call(args)) => call::run(&args),
        Some(Command::Reply(args)) => reply::run(&args),
        Some(Command::Object(args)) => object::run(&args),
        Some(Command::Tour(args)) => tour::run(&args),
        Some(Command::Bench(args)) => bench::run(&args),
        Some(Command::Transports(args)) => transports::run(&args),
        Some(Command::Ls(args)) => ls::run(&args),
        Some(Command::Doctor(args)) => doctor::run(&args),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Completions(args)) => completions::run(&args),
        Some(Command::Man(args)) => man::run(&args),
        Some(Command::Peer) => peer::run(),
    }
}
