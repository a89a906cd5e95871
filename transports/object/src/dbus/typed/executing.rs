//! Executing a call: what a method makes of it, and what is answered.

use super::contract::{Wire, is_structure};
use super::faults::{TOO_LARGE, UNSUPPORTED, error_name};
use crate::dbus::server::errors;
use crate::dbus::value::{Encoder, Expected, Types, arguments_of};
use samebox_core::ErrorKind;
use samebox_core::typed::{Caller, Dispatch, Fault, Respond, WriteParts};
use samebox_data::{Error, Result, Shape};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use zbus::Message;

/// What is answered to a call.
pub(super) enum Answer<'a> {
    /// A result: its types and its bytes.
    Result(&'a Types, Vec<u8>),
    /// A fault: the name of the error, the types and the bytes of its reason and its detail.
    Fault(String, &'a Types, Vec<u8>),
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
    let received = arguments_of(message, is_lone);
    let mut respond = Responder { wire, place, max, answer: None };
    // Whatever the method left behind is its own; nothing of the session is touched by it.
    let executed = catch_unwind(AssertUnwindSafe(|| {
        let mut decoder = received.decoder(operation.parameters.len());
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
        written: Result<Vec<u8>>,
        answer: impl FnOnce(Vec<u8>) -> Answer<'a>,
    ) -> Result<()> {
        let (name, error) = match written {
            Ok(bytes) if bytes.len() <= self.max => {
                self.answer = Some(answer(bytes));
                return Ok(());
            }
            Ok(bytes) => {
                let why = format!("{what} has {} bytes, more than ?max={}", bytes.len(), self.max);
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
        let mut bytes = Vec::new();
        let mut encoder = Encoder::parts(&mut bytes, Expected::Result((operation.result)()));
        let written = result(&mut encoder).and_then(|()| encoder.finish()).map(|()| bytes);
        self.take("the result", written, |bytes| Answer::Result(&wired.output, bytes))
    }

    fn fault(&mut self, fault: &Fault, detail: Option<WriteParts<'_>>) -> Result<()> {
        let (operation, wired) = self.wire.known(self.place);
        let shape = operation.fault.map(|shape| shape()).zip(wired.fault.as_ref());
        let detail = detail.zip(shape);
        // What is said of a fault must cross whatever it is.
        let reason = fault.reason.replace('\0', "\u{FFFD}");
        let shape = detail.map_or(&Shape::Unit, |(_, (shape, _))| shape);
        let mut bytes = Vec::new();
        let written = Encoder::fault(&mut bytes, &reason, shape).and_then(|mut encoder| {
            if let Some((detail, _)) = detail {
                detail(&mut encoder)?;
            }
            encoder.finish()
        });
        let types = detail.map_or(&wired.reason, |(_, (_, types))| types);
        let written = written.map(|()| bytes);
        self.take("the fault", written, |bytes| Answer::Fault(error_name(fault), types, bytes))
    }
}
