use crate::ending;
use crate::exec::{Bounds, Exec};
use crate::exit::{Failure, Outcome, announce, sentence};
use crate::limit::largest_message;
use crate::notes::Notes;
use crate::pool::Pool;
use samebox::{Deadline, ErrorKind, Message, Server, bind};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  samebox reply unix:upper --exec 'tr a-z A-Z'
  samebox reply pipe:clock --exec date
  samebox reply tcp:127.0.0.1:7000 --echo

The command gets the payload on stdin; its stdout is the answer. If it
fails, the caller gets a fault with the last line of its stderr. In its
environment SAMEBOX_ENDPOINT tells where it serves, SAMEBOX_PEER_UID (on
Windows SAMEBOX_PEER_SID) and SAMEBOX_PEER_PID who asks, where the system
vouches for it.")]
pub(crate) struct Args {
    /// Where to listen, such as unix:upper
    endpoint: String,
    #[command(flatten)]
    answer: Answer,
    /// Keep the line break that ends a command's output
    #[arg(long, requires = "exec")]
    raw: bool,
    /// How many commands run at once; the number of cores by default
    #[arg(long, value_name = "N", requires = "exec")]
    jobs: Option<NonZeroUsize>,
    /// How long a command may take before it is killed
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = humantime::parse_duration)]
    timeout: Duration,
    /// End after N messages
    #[arg(long, value_name = "N")]
    count: Option<u64>,
}

/// Where the answers come from: one of these.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Answer {
    /// Answer with what this shell command prints
    #[arg(long, value_name = "COMMAND")]
    exec: Option<String>,
    /// Answer with this text
    #[arg(long)]
    text: Option<String>,
    /// Answer with the payload itself
    #[arg(long)]
    echo: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let mut server = bind(&args.endpoint)?;
    let notes = Shared::default();
    let (stopper, how) = (server.stopper(), How::new(args, &server, &notes)?);
    let exec = how.exec();
    ending::stops(move || {
        stopper.stop();
        exec.iter().for_each(|exec| exec.stop());
    });
    announce(server.endpoint());
    let served = serve(&mut server, &how, &notes, args.count);
    // Commands that run still answer through the server, so it ends after them.
    drop(how);
    drop(server);
    served
}

/// Notes that several threads make.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Notes>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the answers come from.
enum How {
    Echo,
    Text(String),
    Exec(Arc<Exec>, Pool),
}

impl How {
    fn new(args: &Args, server: &Server, notes: &Shared) -> Result<Self, Failure> {
        let Some(line) = &args.answer.exec else {
            return Ok(args.answer.text.clone().map_or(Self::Echo, Self::Text));
        };
        let output = largest_message(server.endpoint())?;
        let bounds = Bounds { time: args.timeout, output, raw: args.raw };
        let exec = Arc::new(Exec::new(line, server.endpoint().to_string(), bounds));
        let jobs = args.jobs.or_else(|| available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        let (working, notes) = (Arc::clone(&exec), notes.clone());
        let pool = Pool::start(jobs, move |message| by_command(&working, message, &notes));
        let pool = pool.map_err(|cause| {
            let why = format!("the system gives no {jobs} threads: {cause}; lower --jobs");
            Failure::new(ErrorKind::Io, why)
        })?;
        Ok(Self::Exec(exec, pool))
    }

    fn exec(&self) -> Option<Arc<Exec>> {
        match self {
            Self::Exec(exec, _) => Some(Arc::clone(exec)),
            Self::Echo | Self::Text(_) => None,
        }
    }

    fn answer(&self, message: Message, notes: &Shared) {
        match self {
            Self::Echo => {
                let payload = message.payload().to_vec();
                reply(message, Ok(&payload), notes);
            }
            Self::Text(text) => reply(message, Ok(text.as_bytes()), notes),
            Self::Exec(_, pool) => pool.take(message),
        }
    }
}

fn by_command(exec: &Exec, message: Message, notes: &Shared) {
    let answer = exec.answer(&message);
    if let Err(fault) = &answer {
        notes.lock().say(&format!("no answer for {}: {fault}", message.peer()));
    }
    reply(message, answer.as_deref().map_err(String::as_str), notes);
}

/// Gives the sender its answer or its fault, if it waits for one.
fn reply(mut message: Message, answer: Result<&[u8], &str>, notes: &Shared) {
    if !message.can_reply() {
        return;
    }
    let replied = match answer {
        Ok(answer) => message.reply(answer),
        Err(fault) => message.fault(fault),
    };
    if let Err(error) = replied {
        notes.lock().say(&sentence(&error));
    }
}

/// How long a fault of a peer may wait to be told.
const TICK: Duration = Duration::from_millis(500);

fn serve(server: &mut Server, how: &How, notes: &Shared, mut left: Option<u64>) -> Outcome {
    while left != Some(0) {
        match server.recv(Deadline::after(TICK)) {
            Ok(message) => {
                how.answer(message, notes);
                left = left.map(|left| left - 1);
            }
            Err(error) => match error.kind() {
                ErrorKind::TimedOut => {}
                ErrorKind::Stopped => return Err(ending::failure()),
                _ => return Err(error.into()),
            },
        }
        notes.lock().tell(server);
    }
    Ok(())
}
