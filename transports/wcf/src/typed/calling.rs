//! What a call looks like on its way out, and how its answer is read; for clients and for services
//! that call back.

use super::contract::Wire;
use super::memory::with_memory;
use crate::session::{Arrival, Session, Side};
use samebox_core::typed::{AnswerPart, Failure, Fault, FaultCode, Invocation, Origin, ReadAnswer};
use samebox_core::{Endpoint, Error, ErrorKind, Operation};
use samebox_data::Shape;
use samebox_wcf_wire as wire;
use samebox_wcf_wire::datacontract::{Decoder, Encoder};
use samebox_wcf_wire::dictionary::Sent;
use samebox_wcf_wire::nbfx::{Element, Reader, Writer};
use samebox_wcf_wire::soap::{self, Code, Id, Incoming, Outgoing};

/// Writes a call; one with an id is answered.
pub(super) fn write_call(
    wire: &Wire,
    (side, uri): (Side, &str),
    call: &Invocation<'_>,
    id: Option<&Id<'_>>,
    out: &mut Vec<u8>,
    words: Option<&mut Sent>,
) -> samebox_data::Result<()> {
    let Some((operation, actions)) = wire.operation(call.operation) else {
        return Err(samebox_data::Error::Malformed("the contract has no such operation".into()));
    };
    let action = actions.request.as_str();
    let head = match (side, id) {
        (Side::Client, None) => Outgoing::one_way(action, uri),
        (Side::Client, Some(id)) => Outgoing::request(action, uri, id),
        (Side::Server, None) => Outgoing::callback(action),
        (Side::Server, Some(id)) => Outgoing::callback_request(action, id, uri),
    };
    let mut writer = Writer::new(out, words);
    head.start(&mut writer);
    with_memory(|memory| {
        let mut encoder = Encoder::arguments(&mut writer, operation, wire.namespace(), memory);
        (call.arguments)(&mut encoder)?;
        encoder.finish()
    })?;
    Outgoing::finish(&mut writer);
    Ok(())
}

/// Reads the answer to a call of the operation in that place.
pub(super) fn read_answer(
    wire: &Wire,
    place: usize,
    endpoint: &Endpoint,
    message: &mut Arrival,
    answer: ReadAnswer<'_>,
) -> Result<(), Failure> {
    let broken = |error: wire::Error| not_read(endpoint, &error.to_string());
    let read = message.read(|incoming, reader| {
        if incoming.is_fault() {
            return Err(read_fault(wire, place, endpoint, reader, answer));
        }
        read_result(wire, place, endpoint, &incoming, reader, answer).map_err(Failure::Error)
    });
    read.map_err(broken)?
}

fn read_result(
    wire: &Wire,
    place: usize,
    endpoint: &Endpoint,
    incoming: &Incoming<'_>,
    reader: &mut Reader<'_, '_>,
    answer: ReadAnswer<'_>,
) -> Result<(), Error> {
    let unknown = || not_read(endpoint, "it is of no operation of the contract");
    let (operation, actions) = wire.operation(place).ok_or_else(unknown)?;
    let action = incoming.action.as_deref().unwrap_or("");
    if !action.is_empty() && action != actions.reply {
        let why = format!("the answer has the action `{action}` instead of `{}`", actions.reply);
        return Err(endpoint.error(ErrorKind::Mismatch, Operation::Call, why));
    }
    let Some(element) = incoming.body else { return Err(not_read(endpoint, "it is empty")) };
    let outcome = with_memory(|memory| {
        let namespace = wire.namespace();
        let mut decoder = Decoder::answer(reader, &element, operation, namespace, memory)?;
        answer(AnswerPart::Result, &mut decoder)?;
        decoder.finish()
    });
    outcome.map_err(|error: samebox_data::Error| {
        not_read(endpoint, &format!("the result of {}: {error}", operation.name))
    })
}

fn read_fault(
    wire: &Wire,
    place: usize,
    endpoint: &Endpoint,
    reader: &mut Reader<'_, '_>,
    answer: ReadAnswer<'_>,
) -> Failure {
    let (fault, detail) = match soap::Fault::read(reader) {
        Ok((fault, detail)) => (typed_fault(fault), detail),
        Err(error) => return not_read(endpoint, &error.to_string()).into(),
    };
    let promised = wire.operation(place).and_then(|(operation, _)| operation.fault);
    if let Some((element, shape)) = detail.zip(promised)
        && is_of(&element, shape())
    {
        let read = with_memory(|memory| {
            let mut decoder = Decoder::detail(reader, memory);
            answer(AnswerPart::Detail, &mut decoder)
        });
        if let Err(error) = read {
            return not_read(endpoint, &format!("the detail of a fault: {error}")).into();
        }
    }
    Failure::Fault(fault)
}

/// Whether a detail is of that shape, as far as its element says: a service may have others.
fn is_of(element: &Element<'_>, shape: &Shape) -> bool {
    match shape {
        Shape::Struct(of) => element.is(of.namespace, of.name),
        Shape::Enum(of) => element.is(of.namespace, of.name),
        _ => true,
    }
}

pub(super) fn typed_fault(fault: soap::Fault<'_>) -> Fault {
    let origin = match fault.code {
        Code::Sender | Code::MustUnderstand => Origin::Sender,
        _ => Origin::Receiver,
    };
    let first = match fault.code {
        Code::Other(code) => Some(code),
        _ => None,
    };
    // Mono has .NET's own codes in the place of the first.
    let code = fault.subcodes.into_iter().next().or(first).map(|code| FaultCode {
        namespace: code.namespace.into_owned(),
        name: code.name.into_owned(),
    });
    Fault { origin, code: code.map(Box::new), reason: fault.reason.into_owned() }
}

fn not_read(endpoint: &Endpoint, why: &str) -> Error {
    let why = format!("the answer cannot be read: {why}");
    let error = endpoint.error(ErrorKind::Mismatch, Operation::Call, why);
    error.with_advice("check that both sides have the same contract")
}

/// Whose side a session is, and the address of its service.
pub(super) fn whose(session: &Session) -> (Side, &str) {
    (session.side(), session.uri())
}
