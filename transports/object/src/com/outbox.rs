//! The sending half: a client of the object.

use super::finding::{self, Finding};
use super::lane::Lane;
use super::options::Options;
use super::payload::{self, NO_TEXT};
use super::trouble::{self, is_busy, is_unasked, is_unsent};
use super::workers;
use samebox_core::{
    Backoff, Bytes, Call, CallId, Deadline, Endpoint, Error, ErrorKind, Operation, Outbox,
    Outgoing, Peer, Result,
};
use samebox_sys::windows::com::{Apartment, Guid, Variant};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

/// How many calls may be under way: each has a thread.
const OUTSTANDING: usize = 64;
/// Messages that one worker is given at once, and how many bytes of them.
const TOGETHER: usize = 256;
const TOGETHER_BYTES: usize = 1 << 20;

/// A client of a COM object.
pub struct ObjectOutbox {
    finding: Arc<Finding>,
    options: Options,
    lane: Lane,
    calls: HashMap<u64, Receiver<Result<Bytes>>>,
    last: u64,
    /// How many calls have a thread, with those that nobody waits for.
    under_way: Arc<AtomicUsize>,
}

/// What a batch that is under way shares with whoever waits for it.
#[derive(Default)]
struct Progress {
    sent: AtomicUsize,
    is_given_up: AtomicBool,
}

impl ObjectOutbox {
    pub(super) fn connect(
        endpoint: &Endpoint,
        options: Options,
        deadline: Deadline,
    ) -> Result<Self> {
        let class = Guid::from_u128(options.identity.class.as_u128());
        let finding = Arc::new(Finding::new(endpoint, class, "Send"));
        let (lane, calls, under_way) = Default::default();
        let outbox = Self { finding, options, lane, calls, last: 0, under_way };
        outbox.find(deadline)?;
        Ok(outbox)
    }

    fn endpoint(&self) -> &Endpoint {
        &self.finding.endpoint
    }

    /// Looks for the server until `deadline`.
    fn find(&self, deadline: Deadline) -> Result<()> {
        let (tell, told) = channel();
        let finding = self.finding.clone();
        let look = move |apartment: &Apartment| {
            // Nobody waits for a late answer.
            let _ = tell.send(finding.get(apartment, deadline).map(drop));
        };
        workers::run(Box::new(look))
            .map_err(|cause| trouble::no_thread(self.endpoint(), Operation::Connect, cause))?;
        self.finding.wait(&told, deadline).unwrap_or_else(|| {
            self.finding.give_up();
            let why = match self.finding.is_starting() {
                true => "the system starts the object's server, which does not come up",
                false => "the object's server does not answer",
            };
            Err(self.endpoint().error(ErrorKind::NotListening, Operation::Connect, why))
        })
    }

    /// The value that a message is.
    fn value(&self, message: Outgoing<'_>, operation: Operation) -> Result<Variant> {
        message.check_properties(self.endpoint(), operation, &[])?;
        let (length, max) = (message.payload.len(), self.options.max);
        if length > max {
            let why = format!("the message has {length} bytes and at most {max} go");
            return Err(self.endpoint().error(ErrorKind::TooLarge, operation, why));
        }
        payload::write(message.payload, self.options.encoding)
            .ok_or_else(|| self.endpoint().error(ErrorKind::Malformed, operation, NO_TEXT))
    }

    /// The values at the start of a batch that go together, and the error of the one behind them.
    fn group(&self, batch: &[Outgoing<'_>]) -> (Vec<Variant>, Option<Error>) {
        let (mut values, mut bytes) = (Vec::new(), 0);
        for message in batch.iter().take(TOGETHER) {
            bytes += message.payload.len();
            if bytes > TOGETHER_BYTES && !values.is_empty() {
                break;
            }
            match self.value(*message, Operation::Send) {
                Ok(value) => values.push(value),
                Err(error) => return (values, Some(error)),
            }
        }
        (values, None)
    }

    /// Sends values in order; an error has how many of them went out.
    fn send_group(&self, values: Vec<Variant>, deadline: Deadline) -> Result<()> {
        let (tell, told) = channel();
        let (finding, progress) = (self.finding.clone(), Arc::<Progress>::default());
        let (patience, shared) = (self.patience(deadline), progress.clone());
        let was_there = finding.is_found();
        let send = move |apartment: &Apartment| {
            let outcome = values.into_iter().try_for_each(|value| {
                send(&finding, apartment, value, &shared, (was_there, patience), deadline)?;
                shared.sent.fetch_add(1, Ordering::Relaxed);
                Ok(())
            });
            // Nobody waits for a late outcome.
            let _ = tell.send(outcome);
        };
        let number = self.lane.push(Box::new(send));
        let number =
            number.map_err(|cause| trouble::no_thread(self.endpoint(), Operation::Send, cause))?;
        let outcome = finding::receive(&told, deadline).unwrap_or_else(|| {
            progress.is_given_up.store(true, Ordering::Relaxed);
            let why = match self.lane.withdraw(number) {
                true => "what was sent before has not been taken",
                false => "the server has not taken it in time, and may yet do so",
            };
            Err(self.endpoint().error(ErrorKind::TimedOut, Operation::Send, why))
        });
        outcome.map_err(|error| error.with_completed(progress.sent.load(Ordering::Relaxed)))
    }

    /// Until when a server that has gone is waited for.
    fn patience(&self, deadline: Deadline) -> Deadline {
        match self.options.wait.is_zero() {
            true => Deadline::past(),
            false => Deadline::after(self.options.wait).earlier(deadline),
        }
    }
}

/// Sends one message, to the next server where this one has gone without taking it.
fn send(
    finding: &Finding,
    apartment: &Apartment,
    value: Variant,
    progress: &Progress,
    (mut was_there, patience): (bool, Deadline),
    deadline: Deadline,
) -> Result<()> {
    let given_up = || progress.is_given_up.load(Ordering::Relaxed);
    let (arguments, mut is_first) = ([value], true);
    let mut backoff = Backoff::until(deadline);
    loop {
        let found = finding.get(apartment, patience).map_err(|error| gone(error, was_there))?;
        let failure = match found.object.invoke(apartment, found.first, &arguments) {
            Ok(_) => return Ok(()),
            Err(failure) => failure,
        };
        let again = if failure.is_gone() {
            finding.lose(&found);
            was_there = true;
            // A second one that goes at once would be too much of a coincidence.
            std::mem::take(&mut is_first) && is_unsent(&failure)
        } else {
            is_busy(&failure) && backoff.pause()
        };
        if !again || given_up() {
            return Err(trouble::error(&finding.endpoint, Operation::Send, failure));
        }
    }
}

/// The error of a client that had a server a moment ago and finds none.
fn gone(error: Error, was_there: bool) -> Error {
    match error.kind() {
        ErrorKind::NotListening if was_there => {
            let why = "the server has gone, and no other is there";
            let kind = ErrorKind::Disconnected;
            Error::new(kind, Operation::Send, error.endpoint(), why).with_source(error)
        }
        _ => error.during(Operation::Send),
    }
}

/// Asks, and asks the next server where this one had gone before.
fn ask(
    finding: &Finding,
    apartment: &Apartment,
    value: Variant,
    (was_there, patience): (bool, Deadline),
    max: usize,
) -> Result<Bytes> {
    let arguments = [value];
    let mut is_first = true;
    loop {
        let found = finding.get(apartment, patience);
        let found =
            found.map_err(|error| gone(error, was_there || !is_first).during(Operation::Call))?;
        let asked = found
            .number(apartment, "Call")
            .and_then(|number| found.object.invoke(apartment, number, &arguments));
        match asked.and_then(payload::read) {
            Ok(answer) if answer.len() <= max => return Ok(answer),
            Ok(answer) => {
                let why =
                    format!("the answer has {} bytes and at most {max} are taken", answer.len());
                return Err(finding.endpoint.error(ErrorKind::TooLarge, Operation::Call, why));
            }
            Err(failure) => {
                if failure.is_gone() {
                    finding.lose(&found);
                    if std::mem::take(&mut is_first) && is_unasked(&failure) {
                        continue;
                    }
                }
                return Err(trouble::error(&finding.endpoint, Operation::Call, failure));
            }
        }
    }
}

impl Outbox for ObjectOutbox {
    fn send(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        let value = self.value(message, Operation::Send)?;
        self.send_group(vec![value], deadline)
    }

    fn send_many(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        let mut completed = 0;
        while completed < batch.len() {
            let (values, refused) = self.group(&batch[completed..]);
            let count = values.len();
            if count > 0 {
                let sent = self.send_group(values, deadline);
                sent.map_err(|error| {
                    let before = completed + error.completed();
                    error.with_completed(before)
                })?;
            }
            completed += count;
            if let Some(error) = refused {
                return Err(error.with_completed(completed));
            }
        }
        Ok(())
    }

    fn flush(&mut self, _: Deadline) -> Result<()> {
        // What was sent is in the server's mailbox.
        Ok(())
    }

    fn peer(&self) -> Option<&Peer> {
        None
    }

    fn as_call(&mut self) -> Option<&mut dyn Call> {
        Some(self)
    }
}

/// That a call has a thread.
struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Call for ObjectOutbox {
    fn request(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<CallId> {
        let value = self.value(message, Operation::Call)?;
        if self.under_way.fetch_add(1, Ordering::Relaxed) >= OUTSTANDING {
            self.under_way.fetch_sub(1, Ordering::Relaxed);
            let why = format!("{OUTSTANDING} calls wait for their answers already");
            return Err(self.endpoint().error(ErrorKind::Full, Operation::Call, why));
        }
        let under_way = UnderWay(self.under_way.clone());
        let (tell, told) = channel();
        let (finding, max) = (self.finding.clone(), self.options.max);
        let before = (finding.is_found(), self.patience(deadline));
        let work = move |apartment: &Apartment| {
            let answer = ask(&finding, apartment, value, before, max);
            drop(under_way);
            // Nobody waits for a late answer.
            let _ = tell.send(answer);
        };
        workers::run(Box::new(work))
            .map_err(|cause| trouble::no_thread(self.endpoint(), Operation::Call, cause))?;
        self.last += 1;
        self.calls.insert(self.last, told);
        Ok(CallId(self.last))
    }

    fn response(&mut self, call: CallId, deadline: Deadline) -> Result<Bytes> {
        let failed = |kind, why| Err(self.finding.endpoint.error(kind, Operation::Call, why));
        let Some(told) = self.calls.remove(&call.0) else {
            let why = "this call has been answered or given up already";
            return failed(ErrorKind::Unsupported, why);
        };
        let outcome = match deadline.remaining() {
            None => told.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(left) => told.recv_timeout(left),
        };
        match outcome {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => failed(ErrorKind::TimedOut, "no answer came in time"),
            Err(RecvTimeoutError::Disconnected) => {
                failed(ErrorKind::Io, "the thread of the call failed")
            }
        }
    }
}

impl Drop for ObjectOutbox {
    fn drop(&mut self) {
        self.finding.give_up();
    }
}
