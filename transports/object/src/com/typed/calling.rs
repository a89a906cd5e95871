//! One call on its way to an object, on a thread that nobody waits for longer than he wants.

use super::faults;
use crate::com::finding::Finding;
use crate::com::options::Options;
use crate::com::value::{Node, to_variant};
use crate::com::{trouble, workers};
use samebox_core::typed::Failure;
use samebox_core::{Deadline, Endpoint, Error, ErrorKind, Operation};
use samebox_sys::windows::com::{self, Apartment, Guid, Remote, Variant};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// How many calls of one client may be under way, with those that nobody waits for.
const UNDER_WAY: usize = 64;

/// The way of one client to its object.
pub(super) struct Way {
    finding: Arc<Finding>,
    /// How long a server that is not there is waited for.
    wait: Duration,
    /// How many calls have a thread.
    under_way: Arc<AtomicUsize>,
}

/// That a call has a thread.
struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Way {
    /// To an object that has the method `first`.
    pub(super) fn new(endpoint: &Endpoint, options: &Options, first: &str) -> Self {
        let class = Guid::from_u128(options.identity.class.as_u128());
        let finding = Arc::new(Finding::new(endpoint, class, first));
        Self { finding, wait: options.wait, under_way: Arc::default() }
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.finding.endpoint
    }

    /// Until when a call waits for a server that is not there.
    pub(super) fn patience(&self, deadline: Deadline) -> Deadline {
        if self.wait.is_zero() {
            return Deadline::past();
        }
        Deadline::after(self.wait).earlier(deadline)
    }

    /// Finds the object, whatever time the system needs to start its server.
    ///
    /// # Errors
    /// As for plain messages, and those of `meet`.
    pub(super) fn find(
        &self,
        deadline: Deadline,
        meet: impl FnOnce(&Endpoint, &Apartment, &Remote) -> Result<(), Error> + Send + 'static,
    ) -> Result<(), Error> {
        let told = self.start(move |finding, apartment| {
            let found = finding.get(apartment, deadline)?;
            meet(&finding.endpoint, apartment, &found.object)
        })?;
        self.finding.wait(&told, deadline).unwrap_or_else(|| {
            let why = match self.finding.is_starting() {
                true => "the system starts the object's server, which does not come up",
                false => "the object's server does not answer",
            };
            Err(self.endpoint().error(ErrorKind::NotListening, Operation::Connect, why))
        })
    }

    /// Has a thread do something with the object, and waits for it until `deadline`.
    ///
    /// # Errors
    /// `TimedOut`, `Full`, and those of `work`.
    pub(super) fn run<T: Send + 'static>(
        &self,
        deadline: Deadline,
        work: impl FnOnce(&Finding, &Apartment) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let told = self.start(work)?;
        let outcome = match deadline.remaining() {
            None => told.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(left) => told.recv_timeout(left),
        };
        outcome.unwrap_or_else(|error| {
            let failed = |kind, why| self.endpoint().error(kind, Operation::Call, why);
            Err(Failure::Error(match error {
                RecvTimeoutError::Timeout => failed(ErrorKind::TimedOut, "no answer came in time")
                    .with_advice("allow more time, or look whether the service hangs"),
                RecvTimeoutError::Disconnected => {
                    failed(ErrorKind::Io, "the thread of the call failed")
                }
            }))
        })
    }

    /// Has a thread do something with the object; gives where it tells the outcome.
    fn start<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Finding, &Apartment) -> T + Send + 'static,
    ) -> Result<Receiver<T>, Error> {
        let under_way = UnderWay(self.under_way.clone());
        if self.under_way.fetch_add(1, Ordering::Relaxed) >= UNDER_WAY {
            let why = format!("{UNDER_WAY} calls of this client have no answer yet");
            return Err(self.endpoint().error(ErrorKind::Full, Operation::Call, why));
        }
        let (tell, told) = channel();
        let finding = self.finding.clone();
        let job = move |apartment: &Apartment| {
            let outcome = work(&finding, apartment);
            drop(under_way);
            // Nobody waits for a late answer.
            let _ = tell.send(outcome);
        };
        let failed = |cause| trouble::no_thread(self.endpoint(), Operation::Call, cause);
        workers::run(Box::new(job)).map(|()| told).map_err(failed)
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.finding.give_up();
    }
}

/// Calls a method of the object; of the next one where this one had gone before.
///
/// # Errors
/// The object's fault, or that the call did not cross.
pub(super) fn call(
    finding: &Finding,
    apartment: &Apartment,
    operation: &str,
    arguments: &[Option<Node>],
    patience: Deadline,
) -> Result<Variant, Failure> {
    let failure = |failed| faults::failure(&finding.endpoint, operation, failed);
    let arguments = written(apartment, arguments).map_err(failure)?;
    let mut is_first = true;
    loop {
        let found = finding.get(apartment, patience)?;
        let called = found
            .number(apartment, operation)
            .and_then(|number| found.object.invoke(apartment, number, &arguments));
        match called {
            Ok(value) => return Ok(value),
            Err(failed) if failed.is_gone() => {
                finding.lose(&found);
                if !std::mem::take(&mut is_first) || !trouble::is_unsent(&failed) {
                    return Err(failure(failed));
                }
            }
            Err(failed) => return Err(failure(failed)),
        }
    }
}

/// Arguments as COM carries them; those at the end that were left out are not there.
fn written(
    apartment: &Apartment,
    arguments: &[Option<Node>],
) -> Result<Vec<Variant>, com::Failure> {
    let given = arguments.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
    let written = arguments[..given].iter().map(|argument| match argument {
        Some(node) => to_variant(apartment, node),
        None => Ok(Variant::Missing),
    });
    written.collect()
}
