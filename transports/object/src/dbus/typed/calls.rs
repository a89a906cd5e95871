//! A call as a message, and what its answer says; for clients and for services that call back.

use super::contract::{Wire, is_structure};
use super::faults;
use crate::dbus::bus::error_of;
use crate::dbus::value::{Decoder, Encoder, Expected, Written, body_of};
use samebox_core::typed::{AnswerPart, Failure, Invocation, ReadAnswer};
use samebox_core::{Endpoint, Error, ErrorKind, Operation};
use samebox_data::Shape;
use zbus::message::{Message, Type};

/// The arguments of a call, for its body.
///
/// # Errors
/// `Malformed` for values that D-Bus cannot carry, `TooLarge`, `Mismatch` for no operation.
pub(super) fn write_arguments(
    endpoint: &Endpoint,
    wire: &Wire,
    call: &Invocation<'_>,
    max: usize,
) -> Result<Written, Error> {
    let failed = |kind, why: String| endpoint.error(kind, Operation::Call, why);
    let Some((operation, _)) = wire.operation(call.operation) else {
        let why = format!("{} has no operation {}", wire.contract.name, call.operation);
        return Err(failed(ErrorKind::Mismatch, why));
    };
    let mut encoder = Encoder::parts(Expected::Parameters(&operation.parameters));
    let written = (call.arguments)(&mut encoder).and_then(|()| encoder.finish());
    let written = written.map_err(|error| {
        let name = format!("{}.{}", wire.contract.name, operation.name);
        failed(ErrorKind::Malformed, format!("the arguments of {name} cannot be sent: {error}"))
            .with_advice("pass what D-Bus can carry")
    })?;
    if written.size > max {
        let why = format!("the arguments have {} bytes, more than ?max={max}", written.size);
        return Err(failed(ErrorKind::TooLarge, why));
    }
    Ok(written)
}

/// Reads the answer to a call of the operation in that place.
pub(super) fn read_answer(
    endpoint: &Endpoint,
    wire: &Wire,
    place: usize,
    message: &Message,
    answer: ReadAnswer<'_>,
) -> Result<(), Failure> {
    let Some((operation, _)) = wire.operation(place) else {
        return Err(not_read(endpoint, "it is of no operation of the contract").into());
    };
    let what = format!("{}.{}", wire.contract.name, operation.name);
    if message.message_type() == Type::Error {
        return Err(read_error(
            endpoint,
            operation.fault.map(|shape| shape()),
            &what,
            message,
            answer,
        ));
    }
    if operation.one_way {
        return Ok(());
    }
    let shape = (operation.result)();
    let body = body_of(message, is_structure(shape));
    let known = usize::from(!matches!(shape, Shape::Unit));
    let read = body
        .values()
        .and_then(|values| answer(AnswerPart::Result, &mut Decoder::new(&values, known)));
    read.map_err(|error| not_read(endpoint, &format!("the result of {what}: {error}")).into())
}

fn read_error(
    endpoint: &Endpoint,
    detail: Option<&'static Shape>,
    what: &str,
    message: &Message,
    answer: ReadAnswer<'_>,
) -> Failure {
    let (name, text) = error_of(message);
    let failure = faults::failure(endpoint, &name, &text, what);
    if let (Failure::Fault(_), Some(_)) = (&failure, detail) {
        let read = body_of(message, false).values().and_then(|values| {
            let mut decoder = Decoder::new(&values, 2);
            if decoder.go_to_detail()? { answer(AnswerPart::Detail, &mut decoder) } else { Ok(()) }
        });
        if let Err(error) = read {
            return not_read(endpoint, &format!("the detail of a fault of {what}: {error}")).into();
        }
    }
    failure
}

fn not_read(endpoint: &Endpoint, why: &str) -> Error {
    let why = format!("the answer cannot be read: {why}");
    let error = endpoint.error(ErrorKind::Mismatch, Operation::Call, why);
    error.with_advice("check that both sides have the same contract")
}
