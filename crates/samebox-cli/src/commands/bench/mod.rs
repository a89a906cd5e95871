mod clients;
pub(crate) mod floor;
mod measure;
pub(crate) mod progress;
mod row;
mod size;
mod startup;
pub(crate) mod statistics;
pub(crate) mod table;

use crate::commands::peer::{Attempt, Session, Side, interruptible};
use crate::exit::{Failure, Outcome, say};
use crate::output;
use crate::system;
use floor::Mechanism;
use measure::{Measure, Plan};
use progress::Progress;
use row::Row;
use samebox::{Endpoint, transport};
use std::num::NonZeroUsize;
use std::time::Duration;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  samebox bench unix:bench pipe:bench tcp:127.0.0.1:0
  samebox bench inproc:bench --size 64,1MiB --seconds 5 --json
  samebox bench shm:bench --cores 0,1                  each end on a core of its own
  samebox bench shm:bench --cores 0,1 --lent           what a message costs without a copy
  samebox bench unix:bench --clients 10000             what idle clients cost
  samebox bench unix:bench --startup                   what one message from a shell costs

A second process is the server; beside samebox, and in turns with it, the same mechanism is measured
bare, which is the floor. A ratio is samebox by the floor in the same round; the table shows medians
of all rounds. With --lent only the first 8 bytes of a message are written, in memory of the
transport, and read there, whatever its size; its floor is 64 bytes.")]
pub(crate) struct Args {
    /// What to measure, such as unix:bench; the name must be free
    #[arg(value_name = "ENDPOINT", required = true)]
    endpoints: Vec<String>,
    /// Payload sizes; 64,1KiB,64KiB,1MiB by default, and 8 too with --lent
    #[arg(long = "size", value_name = "N", value_delimiter = ',', value_parser = size::parse)]
    sizes: Vec<usize>,
    /// How long to measure each size
    #[arg(long, value_name = "S", default_value = "2", value_parser = size::parse_seconds)]
    seconds: Duration,
    /// How many rounds to divide that time into
    #[arg(long, value_name = "N", default_value = "20")]
    rounds: NonZeroUsize,
    /// Keep the client on core A and the server on core B
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 1)]
    cores: Vec<usize>,
    /// Write into memory that the transport lends, and read in place; for shm:
    #[arg(long, conflicts_with_all = ["clients", "startup"])]
    lent: bool,
    /// Connect N idle clients instead, and tell what they cost
    #[arg(long, value_name = "N", conflicts_with_all = ["sizes", "cores"])]
    clients: Option<NonZeroUsize>,
    /// Run `samebox send` again and again instead, and tell how long it takes
    #[arg(long, conflicts_with_all = ["sizes", "cores", "clients"])]
    startup: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The sizes that are measured unless the user says otherwise.
const SIZES: [usize; 4] = [64, 1 << 10, 64 << 10, 1 << 20];

/// The same with lent memory, where the smallest shows what does not depend on the size.
const LENT_SIZES: [usize; 5] = [8, 64, 1 << 10, 64 << 10, 1 << 20];

/// The size of the floor's messages beside those in lent memory, whatever their size.
const FLOOR_OF_LENT: usize = 64;

pub(crate) fn run(args: &Args) -> Outcome {
    match args.clients {
        Some(clients) => interruptible(|| crowds(args, clients.get())),
        None if args.startup => interruptible(|| startups(args)),
        None => speed(args),
    }
}

fn crowds(args: &Args, clients: usize) -> Outcome {
    let crowds = args.endpoints.iter().map(|endpoint| clients::gather(endpoint, clients));
    let crowds = crowds.collect::<Attempt<Vec<_>>>()?;
    if args.json { output::print_json(&crowds) } else { output::print(&clients::table(&crowds)) }
}

fn startups(args: &Args) -> Outcome {
    let rounds = args.rounds.get();
    let progress = Progress::new(startup::RUNS * (rounds * args.endpoints.len()) as u64);
    let startups = args.endpoints.iter().map(|endpoint| {
        progress.name(endpoint);
        startup::measure(endpoint, rounds, &progress)
    });
    let startups = startups.collect::<Attempt<Vec<_>>>()?;
    progress.end();
    if args.json {
        output::print_json(&startups)
    } else {
        output::print(&startup::table(&startups))
    }
}

fn speed(args: &Args) -> Outcome {
    let cores = match args.cores[..] {
        [] => None,
        [ours, theirs] => Some((ours, theirs)),
        _ => return Err(Failure::usage("--cores takes two: the client's and the server's")),
    };
    let plans: Vec<_> =
        args.endpoints.iter().map(|endpoint| Run::new(endpoint, args)).collect::<Result<_, _>>()?;
    if let Some((ours, _)) = cores {
        pin(ours)?;
    }
    interruptible(|| measure(&plans, cores.map(|(_, theirs)| theirs), args.json))
}

fn measure(plans: &[Run], core: Option<usize>, json: bool) -> Outcome {
    let progress = Progress::new(plans.iter().map(Run::turns).sum());
    let mut rows = Vec::new();
    for run in plans {
        progress.name(&run.endpoint);
        rows.extend(run.measure(core, &progress)?);
    }
    progress.end();
    if json { output::print_json(&rows) } else { output::print(&table::table(&rows)) }
}

fn pin(core: usize) -> Outcome {
    system::machine::stay_on(core).map_err(|cause| {
        Failure::usage(format!(
            "this process cannot stay on core {core}: {cause}; leave --cores out"
        ))
    })
}

/// One endpoint to measure.
struct Run {
    endpoint: String,
    floor: Option<Mechanism>,
    sizes: Vec<usize>,
    plan: Plan,
}

impl Run {
    fn new(endpoint: &str, args: &Args) -> Result<Self, Failure> {
        let parsed: Endpoint = endpoint.parse()?;
        let on_one_core = matches!(args.cores[..], [ours, theirs] if ours == theirs);
        let floor = Mechanism::of(&parsed, on_one_core);
        let (side, usual) = match args.lent {
            false => (Side::Ours, &SIZES[..]),
            true => (Side::Lent, &LENT_SIZES[..]),
        };
        if side == Side::Lent {
            expect_loans(&parsed)?;
        }
        let sizes = sizes(&parsed, if args.sizes.is_empty() { usual } else { &args.sizes })?;
        let rounds = args.rounds.get();
        // The rounds and what warms up.
        let turns = Measure::turns(side, rounds, floor.is_some());
        let plan =
            Plan { side, rounds, slice: args.seconds / u32::try_from(turns).unwrap_or(u32::MAX) };
        Ok(Self { endpoint: endpoint.into(), floor, sizes, plan })
    }

    fn turns(&self) -> u64 {
        Measure::turns(self.plan.side, self.plan.rounds, self.floor.is_some())
            * self.sizes.len() as u64
    }

    fn measure(&self, core: Option<usize>, progress: &Progress) -> Attempt<Vec<Row>> {
        let mut session = Session::pinned(&self.endpoint, core)?;
        session.expect(self.plan.slice);
        let has_floor = session.with_floor(self.floor.clone())?;
        let mut rows = Vec::new();
        for &size in &self.sizes {
            let floor_size = if self.plan.side == Side::Lent { FLOOR_OF_LENT } else { size };
            let session = &mut session;
            let measure = Measure { session, plan: self.plan, size, floor_size, has_floor };
            rows.push(measure.run(&self.endpoint, &|| progress.step())?);
        }
        Ok(rows)
    }
}

/// Refuses a transport that has no memory to lend.
fn expect_loans(endpoint: &Endpoint) -> samebox::Result<()> {
    if transport(endpoint)?.capabilities().loan {
        return Ok(());
    }
    let why = format!("{}: has no memory to lend", endpoint.scheme());
    Err(endpoint.invalid(why).with_advice("use an endpoint of shm:, or leave --lent out"))
}

/// The sizes to measure, as far as the transport carries them.
fn sizes(endpoint: &Endpoint, wanted: &[usize]) -> samebox::Result<Vec<usize>> {
    let largest = crate::limit::largest_message(endpoint)?;
    let (fit, more): (Vec<_>, Vec<_>) = wanted.iter().partition(|size| **size <= largest);
    if fit.is_empty() {
        let why = format!("it carries at most {largest} bytes");
        return Err(endpoint.invalid(why).with_advice("choose a smaller --size"));
    }
    if !more.is_empty() {
        say(&format!("{endpoint} carries at most {largest} bytes; larger sizes are left out"));
    }
    Ok(fit)
}
