//! One call on its way to an object, on a thread that nobody waits for longer than he wants.

use super::faults;
use crate::com::finding::Finding;
use crate::com::value::{Node, to_variant};
use crate::com::{trouble, workers};
use samebox_core::typed::Failure;
use samebox_core::{Deadline, Endpoint, ErrorKind, Operation};
use samebox_sys::windows::com::{self, Apartment, Variant};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};

/// How many calls of one client may be under way, with those that nobody waits for.
const UNDER_WAY: usize = 64;

/// The way of one client to its object.
pub(super) struct Way {
    pub(super) finding: Arc<Finding>,
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
    pub(super) fn new(finding: Finding) -> Self {
        Self { finding: Arc::new(finding), under_way: Arc::default() }
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.finding.endpoint
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
        let failed = |kind, why: String| self.endpoint().error(kind, Operation::Call, why);
        let under_way = UnderWay(self.under_way.clone());
        if self.under_way.fetch_add(1, Ordering::Relaxed) >= UNDER_WAY {
            let why = format!("{UNDER_WAY} calls of this client have no answer yet");
            return Err(failed(ErrorKind::Full, why).into());
        }
        let (tell, told) = channel();
        let finding = self.finding.clone();
        let job = move |apartment: &Apartment| {
            let outcome = work(&finding, apartment);
            drop(under_way);
            // Nobody waits for a late answer.
            let _ = tell.send(outcome);
        };
        workers::run(Box::new(job))
            .map_err(|cause| trouble::no_thread(self.endpoint(), Operation::Call, cause))?;
        let outcome = match deadline.remaining() {
            None => told.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(left) => told.recv_timeout(left),
        };
        outcome.unwrap_or_else(|error| {
            Err(match error {
                RecvTimeoutError::Timeout => {
                    let advice = "allow more time, or look whether the service hangs";
                    let why = "no answer came in time".into();
                    failed(ErrorKind::TimedOut, why).with_advice(advice).into()
                }
                RecvTimeoutError::Disconnected => {
                    failed(ErrorKind::Io, "the thread of the call failed".into()).into()
                }
            })
        })
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
    deadline: Deadline,
) -> Result<Variant, Failure> {
    let failure = |failed| faults::failure(&finding.endpoint, operation, failed);
    let arguments = written(apartment, arguments).map_err(failure)?;
    let mut is_first = true;
    loop {
        let patience = if is_first { deadline } else { Deadline::past() };
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
