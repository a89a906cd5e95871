//! `samebox call`: questions and their answers.

mod arguments;
mod named;
mod plain;

use crate::exit::Outcome;
use crate::input::Split;
use crate::payload::Format;
use samebox::Endpoint;
use std::ffi::OsString;
use std::time::Duration;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  samebox call unix:upper hello
  samebox call unix:upper --split line < words     one call per line
  samebox call 'net.tcp://localhost:9000/Calc?contract=ICalc&operation=Add' a=2 b=40
  samebox call 'net.tcp://localhost:9000/Calc?contract=ICalc&operation=Sum' 'values:=[1,2]'

Answers come in the order of the calls. A fault of the server is told on
stderr and ends with 64; with --split the other calls go on.

Where the endpoint names an operation, DATA is its arguments in the order
of its parameters: NAME=TEXT and NAME:=JSON, or one JSON object, or `-` for
a JSON object on stdin. The result is printed as JSON. In an object of
JSON, \"@namespace\" is the XML namespace of its members (else that of the
object around it) and \"@name\" the name of its class, which a list of
objects needs. .NET takes members in its own order, which is that of their
names unless they have an Order, and passes over others in silence.")]
pub(crate) struct Args {
    /// Whom to ask, such as unix:upper
    endpoint: String,
    /// The payload, or the arguments of an operation; stdin when it is `-` or absent
    #[arg(allow_negative_numbers = true)]
    data: Vec<OsString>,
    /// How stdin is cut into messages
    #[arg(long, value_enum, default_value_t = Split::Eof, value_name = "WHERE")]
    split: Split,
    /// How long one answer may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    timeout: Duration,
    /// The operation gives no answer; do not wait for one
    #[arg(long)]
    one_way: bool,
    #[command(flatten)]
    format: Format,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let endpoint: Endpoint = args.endpoint.parse()?;
    if endpoint.setting("operation").is_some() {
        named::run(args, &endpoint)
    } else {
        plain::run(args, &endpoint)
    }
}
