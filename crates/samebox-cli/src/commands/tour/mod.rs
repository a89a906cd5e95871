mod table;
mod visit;

use crate::commands::bench::progress::Progress;
use crate::commands::peer::interruptible;
use crate::exit::{Failure, Outcome};
use crate::output;
use samebox::{ErrorKind, TRANSPORTS};
use visit::{Status, visit};

#[derive(clap::Args)]
#[command(after_help = "\
Each transport gets a second process of its own, which says what it received; what never leaves a
process gets a second thread. Ends with 0 unless a transport that this system has failed.")]
pub(crate) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    interruptible(|| {
        let progress = Progress::new(TRANSPORTS.len() as u64);
        let mut stops = Vec::new();
        for transport in TRANSPORTS {
            progress.name(transport.info().scheme);
            stops.push(visit(transport.info())?);
            progress.step();
        }
        progress.end();
        if args.json {
            output::print_json(&stops)?;
        } else {
            output::print_foreign(&table::table(&stops))?;
        }
        match stops.iter().any(|stop| stop.status == Status::Failed) {
            true => Err(Failure::silent(ErrorKind::Io.exit_code())),
            false => Ok(()),
        }
    })
}
