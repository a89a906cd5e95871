//! Executing a call: what a method makes of it, and what is answered.

use super::contract::{Wire, is_structure};
use super::faults::{TOO_LARGE, UNSUPPORTED, error_name};
use crate::dbus::server::errors;
use crate::dbus::value::{Decoder, Encoder, Expected, Node, Types, Written, body_of};
use samebox_core::ErrorKind;
use samebox_core::typed::{Caller, Dispatch, Fault, Respond, WriteParts};
use samebox_data::{Error, Result, Shape};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use zbus::Message;

/// What is answered to a call.
pub(super) enum Answer<'a> {
    /// A result, and its types.
    Result(&'a Types, Vec<Node<'static>>),
    /// A fault: the name of the error, its reason and its detail, and their types.
    Fault(String, &'a Types, Vec<Node<'static>>),
    /// It was not executed, or what it gave cannot be carried: the name of the error, and words.
    Refusal(&'static str, String),
}

/// What became of a call.
pub(super) struct Executed<'a> {
    pub(super) answer: Answer<'a>,
    /// What is worth a note for the program of this side.
    pub(super) note: Option<(ErrorKind, String)>,
}

/// Executes the call that a message is of an operation in its place.
pub(super) fn execute<'a>(
    wire: &'a Wire,
    place: usize,
    message: &Message,
    caller: &Caller<'_>,
    object: impl FnOnce() -> Arc<dyn Dispatch>,
    max: usize,
) -> Executed<'a> {
    let (operation, wired) = wire.known(place);
    let is_lone = match operation.parameters.as_ref() {
        [one] => is_structure((one.shape)()),
        _ => false,
    };
    let body = body_of(message, is_lone);
    let mut respond = Responder { wire, place, max, answer: None };
    // Whatever the method left behind is its own; nothing of the session is touched by it.
    let executed = catch_unwind(AssertUnwindSafe(|| {
        let values = body.values()?;
        let mut decoder = Decoder::new(&values, operation.parameters.len());
        object().dispatch(place, caller, &mut decoder, &mut respond)
    }));
    let refusal = |name, why: &str| Answer::Refusal(name, why.into());
    let (answer, note) = match (executed, respond.answer) {
        (Err(_), _) => {
            let why = "the service failed while it executed the call";
            let note = (ErrorKind::Fault, format!("{} panicked", operation.name));
            (refusal(errors::FAILED, why), Some(note))
        }
        (Ok(Ok(())), None) if operation.one_way => (Answer::Result(&wired.output, vec![]), None),
        (Ok(Ok(())), None) => (refusal(errors::FAILED, "the service gave no answer"), None),
        (Ok(_), Some(answer)) => (answer, None),
        (Ok(Err(error)), None) => {
            let why = format!("the arguments of {} cannot be read: {error}", operation.name);
            (refusal(errors::INVALID_ARGS, &why), Some((ErrorKind::Malformed, why)))
        }
    };
    Executed { answer, note }
}

/// Takes the answer of one call.
struct Responder<'a> {
    wire: &'a Wire,
    place: usize,
    /// How many bytes an answer may have.
    max: usize,
    answer: Option<Answer<'a>>,
}

impl<'a> Responder<'a> {
    /// Takes what was written, or has the caller told what is wrong with it.
    fn take(
        &mut self,
        what: &str,
        written: Result<Written>,
        answer: impl FnOnce(Vec<Node<'static>>) -> Answer<'a>,
    ) -> Result<()> {
        let (name, error) = match written {
            Ok(Written { values, size }) if size <= self.max => {
                self.answer = Some(answer(values));
                return Ok(());
            }
            Ok(Written { size, .. }) => {
                let why = format!("{what} has {size} bytes, more than ?max={}", self.max);
                (TOO_LARGE, Error::Malformed(why.into()))
            }
            Err(error) => (UNSUPPORTED, error),
        };
        self.answer = Some(Answer::Refusal(name, format!("{what} cannot be carried: {error}")));
        Err(error)
    }
}

impl Respond for Responder<'_> {
    fn result(&mut self, result: WriteParts<'_>) -> Result<()> {
        let (operation, wired) = self.wire.known(self.place);
        let mut encoder = Encoder::parts(Expected::Result((operation.result)()));
        let written = result(&mut encoder).and_then(|()| encoder.finish());
        self.take("the result", written, |values| Answer::Result(&wired.output, values))
    }

    fn fault(&mut self, fault: &Fault, detail: Option<WriteParts<'_>>) -> Result<()> {
        let (operation, wired) = self.wire.known(self.place);
        let shape = operation.fault.map(|shape| shape()).zip(wired.fault.as_ref());
        let detail = detail.zip(shape);
        // What is said of a fault must cross whatever it is.
        let reason = fault.reason.replace('\0', "\u{FFFD}");
        let shape = detail.map_or(&Shape::Unit, |(_, (shape, _))| shape);
        let written = Encoder::fault(&reason, shape).and_then(|mut encoder| {
            if let Some((detail, _)) = detail {
                detail(&mut encoder)?;
            }
            encoder.finish()
        });
        let types = detail.map_or(&wired.reason, |(_, (_, types))| types);
        self.take("the fault", written, |values| Answer::Fault(error_name(fault), types, values))
    }
}
