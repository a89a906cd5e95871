use crate::exit::{Failure, Outcome};
use crate::input::{Input, Payload, Payloads};
use crate::limit::largest_message;
use crate::pace::{Pace, parse_rate};
use samebox::{Client, Deadline, ErrorKind, connect};
use std::iter::repeat_n;
use std::time::Duration;

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  samebox send pipe:orders 'Hello, World!'
  samebox send 'pipe:orders?wait=5s' < order       wait for the server
  journalctl -f | samebox send unix:log --split line

All of stdin is one message unless --split says otherwise; nothing above
the setting `max` is read or sent.")]
pub(crate) struct Args {
    /// Where to send, such as pipe:orders
    endpoint: String,
    #[command(flatten)]
    payloads: Payloads,
    /// Send each message N times
    #[arg(long, value_name = "N", default_value_t = 1)]
    count: usize,
    /// Send at most N messages per second
    #[arg(long, value_name = "N", value_parser = parse_rate)]
    rate: Option<f64>,
    /// How long a message may wait for room, or for the server to be sure of it
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = humantime::parse_duration)]
    timeout: Duration,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let limit = largest_message(&args.endpoint.parse()?)?;
    let mut input = Input::new(&args.payloads, limit)?;
    let mut sender = Sender {
        client: connect(&args.endpoint)?,
        count: args.count,
        pace: args.rate.map(Pace::per_second),
        timeout: args.timeout,
        sent: 0,
    };
    let read = sender.send_all(&mut input);
    // What went out before the input failed is worth delivering.
    if !matches!(read, Err(Stop::Sending(_))) {
        sender.client.flush(Deadline::after(args.timeout))?;
    }
    read.map_err(|stop| sender.explain(stop))
}

/// A client with the user's wishes on how to send.
struct Sender {
    client: Client,
    count: usize,
    pace: Option<Pace>,
    timeout: Duration,
    sent: usize,
}

/// What ended the sending before the end of the input.
enum Stop {
    Reading(Failure),
    Sending(samebox::Error),
}

impl Sender {
    /// How many messages share one deadline.
    const CHUNK: usize = 1024;

    fn send_all(&mut self, input: &mut Input) -> Result<(), Stop> {
        loop {
            let batch = input.next_batch().map_err(Stop::Reading)?;
            if batch.is_empty() {
                return Ok(());
            }
            self.send_batch(&batch).map_err(Stop::Sending)?;
        }
    }

    fn send_batch(&mut self, batch: &[Payload<'_>]) -> samebox::Result<()> {
        let mut left = batch.len().saturating_mul(self.count);
        let count = self.count;
        let mut messages = batch.iter().flat_map(|payload| repeat_n(payload, count));
        while left > 0 {
            let chunk = left.min(Self::CHUNK);
            let chunk = self.pace.as_mut().map_or(chunk, |pace| pace.take(chunk));
            let part: Vec<_> = messages.by_ref().take(chunk).collect();
            self.send_chunk(&part)?;
            left -= chunk;
        }
        Ok(())
    }

    /// Sends messages that are due now, going on after the deadline as long as some get through.
    fn send_chunk(&mut self, mut part: &[&Payload<'_>]) -> samebox::Result<()> {
        while !part.is_empty() {
            let deadline = Deadline::after(self.timeout);
            let sent = match part {
                [one] => self.client.send_by(one, deadline).map(|()| 1),
                many => self.client.send_many_by(many, deadline),
            };
            let through = match &sent {
                Ok(sent) => *sent,
                Err(error) => error.completed(),
            };
            self.sent += through;
            part = &part[through.min(part.len())..];
            match sent {
                Err(error) if error.kind() == ErrorKind::TimedOut && through > 0 => {}
                other => drop(other?),
            }
        }
        Ok(())
    }

    fn explain(&self, stop: Stop) -> Failure {
        let failure = match stop {
            Stop::Reading(failure) => failure,
            Stop::Sending(error) => error.into(),
        };
        match self.sent {
            0 => failure,
            1 => failure.with_note("one message went out before"),
            sent => failure.with_note(&format!("{sent} messages went out before")),
        }
    }
}
