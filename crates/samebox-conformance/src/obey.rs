//! The other side of an actor: does one task after the other.

use crate::task::{Numbers, Task, done_to_line};
use samebox_core::{Deadline, DynTransport, Error, ErrorKind, Inbox, Operation, Outbox, Result};
use std::io::{BufRead, Write};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::time::Duration;

/// Set for a second process, to the seconds of its patience.
pub(crate) const PATIENCE: &str = "SAMEBOX_CONFORMANCE_PATIENCE";

/// What a second process says first.
pub(crate) const READY: &str = "ready";

/// Whether this process was started to do as told.
pub(crate) fn is_told() -> bool {
    std::env::var_os(PATIENCE).is_some()
}

/// Does what standard input says, until it ends.
pub(crate) fn run(transport: &'static dyn DynTransport) {
    let seconds = std::env::var(PATIENCE).ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let (sender, tasks) = mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
        drop(sender);
        // Whoever started this process is gone; a call that blocks must not keep it.
        std::thread::sleep(Duration::from_secs(5));
        std::process::exit(3);
    });
    say(READY);
    obey(transport, Duration::from_secs(seconds), &tasks, |line| say(&line));
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody listens any more when the case has ended.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Does tasks until no more can come.
pub(crate) fn obey(
    transport: &'static dyn DynTransport,
    patience: Duration,
    tasks: &Receiver<String>,
    mut tell: impl FnMut(String),
) {
    let mut puppet = Puppet { transport, patience, inbox: None, outbox: None, serving: false };
    while let Some(task) = puppet.next_task(tasks).as_deref().and_then(Task::from_line) {
        let done = puppet.act(&task).map_err(|error| (error.kind(), error.to_string()));
        tell(done_to_line(&done));
    }
}

struct Puppet {
    transport: &'static dyn DynTransport,
    patience: Duration,
    inbox: Option<Box<dyn Inbox>>,
    outbox: Option<Box<dyn Outbox>>,
    serving: bool,
}

impl Puppet {
    /// The next task, serving until it comes if that was the last one.
    fn next_task(&mut self, tasks: &Receiver<String>) -> Option<String> {
        while self.serving {
            match tasks.try_recv() {
                Ok(line) => return Some(line),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => self.serve(),
            }
        }
        tasks.recv().ok()
    }

    /// Receives one message, if one comes soon, and answers it if it is a call.
    fn serve(&mut self) {
        let soon = Deadline::after(Duration::from_millis(20));
        let Some(Ok(mut message)) = self.inbox.as_mut().map(|inbox| inbox.recv(soon)) else {
            return;
        };
        if message.can_reply() {
            let answer = message.payload().to_vec();
            // A caller that is gone, or takes no answers, is part of some cases.
            let _ = message.reply(answer);
        }
    }

    fn act(&mut self, task: &Task) -> Result<String> {
        self.serving = *task == Task::Serve;
        match task {
            Task::Bind(endpoint) => {
                let inbox = self.inbox.insert(self.transport.bind(endpoint)?);
                return Ok(inbox.endpoint().to_string());
            }
            Task::Serve => {}
            Task::Unbind => self.inbox = None,
            Task::Connect(endpoint) => {
                self.outbox = Some(self.transport.connect(endpoint, self.soon())?);
            }
            Task::Send(numbers) => self.send(*numbers)?,
            Task::Call(numbers) => self.call(*numbers, true)?,
            Task::Request(numbers) => self.call(*numbers, false)?,
        }
        Ok(String::new())
    }

    fn send(&mut self, numbers: Numbers) -> Result<()> {
        let soon = self.soon();
        let outbox = self.outbox()?;
        for payload in numbers.payloads() {
            outbox.send(payload.as_slice().into(), soon)?;
        }
        outbox.flush(soon)
    }

    fn call(&mut self, numbers: Numbers, take_answers: bool) -> Result<()> {
        let soon = self.soon();
        let calls = self.outbox()?.as_call().ok_or_else(|| wrong("it has no calls"))?;
        for payload in numbers.payloads() {
            let call = calls.request(payload.as_slice().into(), soon)?;
            if take_answers && calls.response(call, soon)? != payload {
                return Err(wrong("the answer is not what was asked"));
            }
        }
        Ok(())
    }

    fn outbox(&mut self) -> Result<&mut dyn Outbox> {
        match &mut self.outbox {
            Some(outbox) => Ok(&mut **outbox),
            None => Err(wrong("it is not connected")),
        }
    }

    fn soon(&self) -> Deadline {
        Deadline::after(self.patience)
    }
}

/// An error of the suite itself or of an answer, which no transport reports.
fn wrong(why: &str) -> Error {
    Error::new(ErrorKind::Mismatch, Operation::Call, "the other process", why)
}
