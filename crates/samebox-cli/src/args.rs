use crate::commands::{
    bench, call, completions, doctor, explain, listen, ls, man, object, reply, send, tour,
    transports,
};
use crate::system::program;
use clap::{CommandFactory, Parser, Subcommand};

/// The whole command line: the one definition behind help, man page and completions.
#[derive(Parser)]
#[command(
    name = "samebox",
    bin_name = "samebox",
    version,
    about = "Messages between processes on one machine, whatever the mechanism",
    after_help = MORE,
    max_term_width = 100,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

/// What the program can do; one file each in `commands`.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Send messages
    Send(send::Args),
    /// Print the messages that come
    Listen(listen::Args),
    /// Ask a server and print its answers
    Call(call::Args),
    /// Answer the calls that come
    Reply(reply::Args),
    /// Have the system start the server of an object, or take that back
    Object(object::Args),
    /// Send a greeting through every transport and show what came of it
    Tour(tour::Args),
    /// Measure transports against the bare mechanism
    Bench(bench::Args),
    /// Show every transport and what it can do
    Transports(transports::Args),
    /// List the local endpoints that are there now
    Ls(ls::Args),
    /// Check what local messages need, and one endpoint
    Doctor(doctor::Args),
    /// Explain an exit code or a kind of error
    Explain(explain::Args),
    /// Print the completions of a shell
    Completions(completions::Args),
    /// Print the manual page
    Man(man::Args),
    /// The other end of what `tour` and `bench` start
    #[command(hide = true)]
    Peer,
}

const MORE: &str = "\
Examples:
  samebox listen pipe:orders                       print what comes
  samebox send pipe:orders 'Hello, World!'         send one message
  samebox reply unix:upper --exec 'tr a-z A-Z'     answer by a command
  samebox call unix:upper hello                    print the answer

An endpoint is scheme:name?setting=value; `samebox transports` lists the
schemes, `samebox transports NAME` the settings of one. Data goes to
stdout, talk to stderr. The exit code tells what went wrong: `samebox
explain` lists them.";

/// Reads the command line; wrong usage, `--help` and `--version` end the program here.
///
/// `None` stands for a command line without a command.
pub(crate) fn parse() -> Option<Command> {
    Cli::parse_from(program::arguments()).command
}

/// The definition itself, for help, man page and completions.
pub(crate) fn definition() -> clap::Command {
    Cli::command()
}
