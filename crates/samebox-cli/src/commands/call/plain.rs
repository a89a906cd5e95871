use super::Args;
use crate::exit::{Failure, Outcome, say};
use crate::input::{Input, Payload, Payloads};
use crate::limit::largest_message;
use crate::output::Output;
use crate::payload::{Body, Identity};
use samebox::{Bytes, CallId, Client, Deadline, Endpoint, Error, ErrorKind, connect};
use serde::Serialize;
use std::collections::VecDeque;

/// Asks with payloads: one argument, or stdin.
pub(super) fn run(args: &Args, endpoint: &Endpoint) -> Outcome {
    let ([] | [_]) = args.data[..] else {
        let why =
            "several arguments need an operation: add ?operation=NAME to the endpoint, or quote";
        return Err(Failure::usage(why));
    };
    if args.one_way {
        return Err(Failure::usage(
            "--one-way needs ?operation=NAME in the endpoint; or use `send`",
        ));
    }
    let limit = largest_message(endpoint)?;
    let payloads = Payloads { data: args.data.first().cloned(), split: args.split };
    let mut input = Input::new(&payloads, limit)?;
    let client = connect(&args.endpoint)?;
    let mut caller = Caller {
        endpoint: client.endpoint().to_string(),
        client,
        args,
        output: Output::stdout(),
        outstanding: VecDeque::new(),
        faults: 0,
    };
    loop {
        let batch = input.next_batch()?;
        if batch.is_empty() {
            break;
        }
        caller.ask_all(&batch)?;
    }
    match caller.faults {
        0 => Ok(()),
        _ => Err(Failure::silent(ErrorKind::Fault.exit_code())),
    }
}

/// A client with its outstanding calls, oldest first.
struct Caller<'a> {
    client: Client,
    endpoint: String,
    args: &'a Args,
    output: Output,
    outstanding: VecDeque<CallId>,
    faults: u64,
}

/// One line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    endpoint: &'a str,
    #[serde(flatten)]
    body: Option<Body<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'a str>,
    peer: Identity<'a>,
}

impl Caller<'_> {
    /// How many calls are asked before the first answer is awaited.
    const WINDOW: usize = 64;

    /// Asks a batch and prints all of its answers, so that an interactive user sees them at once.
    fn ask_all(&mut self, batch: &[Payload<'_>]) -> Outcome {
        for payload in batch {
            if self.outstanding.len() == Self::WINDOW {
                self.answer()?;
            }
            let call = self.client.request(payload, Deadline::after(self.args.timeout))?;
            self.outstanding.push_back(call);
        }
        while !self.outstanding.is_empty() {
            self.answer()?;
        }
        self.output.flush()
    }

    /// Waits for the oldest outstanding answer and prints it.
    fn answer(&mut self) -> Outcome {
        let Some(call) = self.outstanding.pop_front() else { return Ok(()) };
        match self.client.response(call, Deadline::after(self.args.timeout)) {
            Ok(answer) => self.print(&answer),
            Err(fault) if fault.kind() == ErrorKind::Fault => self.print_fault(&fault),
            Err(error) => Err(error.into()),
        }
    }

    fn print(&mut self, answer: &Bytes) -> Outcome {
        match self.args.format.json {
            false => self.args.format.write(&mut self.output, answer),
            true => self.print_line(Some(answer[..].into()), None),
        }
    }

    fn print_fault(&mut self, fault: &Error) -> Outcome {
        self.faults += 1;
        say(&fault.to_string());
        if self.args.format.json { self.print_line(None, Some(fault.why())) } else { Ok(()) }
    }

    fn print_line(&mut self, body: Option<Body<'_>>, fault: Option<&str>) -> Outcome {
        let peer = self.client.peer().map(Identity::from).unwrap_or_default();
        self.output.json_line(&Line { endpoint: &self.endpoint, body, fault, peer })
    }
}
