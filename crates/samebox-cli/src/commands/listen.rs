use crate::ending;
use crate::exit::{Failure, Outcome, announce};
use crate::notes::Notes;
use crate::output::Output;
use crate::payload::{Beside, Body, Format, Identity};
use samebox::{Deadline, ErrorKind, Message, Server, bind};
use serde::Serialize;
use std::time::{Duration, Instant, SystemTime};

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  samebox listen pipe:orders
  samebox listen tcp:127.0.0.1:0 --json            any free port
  samebox listen unix:jobs --count 1 > job         one message

`listening on ENDPOINT` on stderr says that clients may come, and where. It
ends with 10 when the mechanism told that messages were lost. A terminal is
shown control characters written out, so that no payload can drive it.")]
pub(crate) struct Args {
    /// Where to listen, such as pipe:orders
    endpoint: String,
    /// End after N messages
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// End when nothing came for this long
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    idle: Option<Duration>,
    #[command(flatten)]
    format: Format,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let server = bind(&args.endpoint)?;
    let stopper = server.stopper();
    ending::stops(move || stopper.stop());
    ending::on_stdout_closed();
    announce(server.endpoint());
    let mut output = Output::stdout();
    let heard = Listener::new(server, args).listen(&mut output);
    // The name is free by now; a reader that is stuck cannot hold it.
    output.flush().and(heard)
}

/// A server whose messages are printed.
struct Listener<'a> {
    server: Server,
    endpoint: String,
    notes: Notes,
    args: &'a Args,
    last: Instant,
}

/// One line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    endpoint: &'a str,
    #[serde(flatten)]
    body: Body<'a>,
    received_at: String,
    peer: Identity<'a>,
    properties: Beside<'a>,
}

impl<'a> Listener<'a> {
    /// How long a fault of a peer may wait to be told.
    const TICK: Duration = Duration::from_millis(500);

    fn new(server: Server, args: &'a Args) -> Self {
        let endpoint = server.endpoint().to_string();
        Self { server, endpoint, notes: Notes::default(), args, last: Instant::now() }
    }

    fn listen(mut self, output: &mut Output) -> Outcome {
        let mut left = self.args.count;
        while left != Some(0) {
            let Some(message) = self.next(output)? else { break };
            self.print(&message, output)?;
            left = left.map(|left| left - 1);
        }
        self.notes.tell(&mut self.server);
        match self.server.counters().lost {
            0 => Ok(()),
            _ => Err(Failure::silent(ErrorKind::Lost.exit_code())),
        }
    }

    /// The next message, `None` when none came for as long as the user said.
    fn next(&mut self, output: &mut Output) -> Result<Option<Message>, Failure> {
        if let Some(message) = self.recv(Deadline::now())? {
            return Ok(Some(message));
        }
        output.flush()?;
        self.last = Instant::now();
        loop {
            self.notes.tell(&mut self.server);
            let idle = self.args.idle.map(|idle| idle.saturating_sub(self.last.elapsed()));
            let patience = idle.map_or(Self::TICK, |idle| idle.min(Self::TICK));
            match self.recv(Deadline::after(patience))? {
                None if idle.is_some_and(|idle| idle <= patience) => return Ok(None),
                None => {}
                message => return Ok(message),
            }
        }
    }

    fn recv(&mut self, deadline: Deadline) -> Result<Option<Message>, Failure> {
        match self.server.recv(deadline) {
            Ok(message) => Ok(Some(message)),
            Err(error) => match error.kind() {
                ErrorKind::TimedOut => Ok(None),
                ErrorKind::Stopped => Err(ending::failure()),
                _ => Err(error.into()),
            },
        }
    }

    fn print(&self, message: &Message, output: &mut Output) -> Outcome {
        if !self.args.format.json {
            return self.args.format.write(output, message.payload());
        }
        output.json_line(&Line {
            endpoint: &self.endpoint,
            body: message.payload().into(),
            received_at: humantime::format_rfc3339_micros(SystemTime::now()).to_string(),
            peer: message.peer().into(),
            properties: message.properties().into(),
        })
    }
}
