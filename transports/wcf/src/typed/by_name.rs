use super::calling::typed_fault;
use crate::calls::Stranger;
use crate::client::{Client, Target};
use crate::session::{Arrival, Handler, NoAnswer};
use crate::settings::Options;
use samebox_core::typed::{NamedAnswer, NamedCall};
use samebox_core::{Deadline, Endpoint, Error, ErrorKind, Operation, Result};
use samebox_data::{Structure, Value};
use samebox_wcf_wire as wire;
use samebox_wcf_wire::nbfx::{Reader, Writer};
use samebox_wcf_wire::soap::{self, Fault, Incoming, Outgoing};
use samebox_wcf_wire::untyped;
use std::sync::Arc;

/// Calls the operation that the endpoint's settings name, whose contract nobody has.
pub(crate) fn call_by_name(
    endpoint: &Endpoint,
    options: Options,
    target: Target,
    call: &NamedCall,
    deadline: Deadline,
) -> Result<NamedAnswer> {
    let names = options.plain.clone();
    let action = soap::action(&names.namespace, &names.contract, &names.send);
    let max = options.max;
    let handlers: (_, Arc<dyn Handler>) = (None, Arc::new(Stranger));
    let client = Client::connect(endpoint, options, target, max, handlers, deadline)?;
    let uri = client.uri.as_str();
    let (session, number) =
        client.send(!call.one_way, Operation::Call, deadline, |id, out, words| {
            let mut writer = Writer::new(out, words);
            let head = Outgoing::one_way(&action, uri);
            id.map_or(head, |id| Outgoing::request(&action, uri, id)).start(&mut writer);
            writer.start("", names.send.as_str());
            writer.xmlns("", names.namespace.as_str());
            untyped::write_members(&mut writer, &call.arguments)?;
            writer.end();
            Outgoing::finish(&mut writer);
            Ok(())
        })?;
    if call.one_way {
        return Ok(NamedAnswer::Result(Value::Null));
    }
    match session.wait(number, deadline) {
        Ok(answer) => read(endpoint, answer, &names.send),
        Err(NoAnswer::Ended(ended)) => Err(ended.error(endpoint, Operation::Call)),
        Err(NoAnswer::Late | NoAnswer::Unknown) => {
            let error =
                endpoint.error(ErrorKind::TimedOut, Operation::Call, "no answer came in time");
            Err(error.with_advice("allow more time, or look whether the service has the operation"))
        }
    }
}

fn read(endpoint: &Endpoint, mut answer: Arrival, operation: &str) -> Result<NamedAnswer> {
    let broken = |error: wire::Error| -> Error {
        let why = format!("the answer cannot be read: {error}");
        endpoint.error(ErrorKind::Malformed, Operation::Call, why)
    };
    let read = answer.read(|incoming, reader| read_body(&incoming, reader, operation));
    read.map_err(broken)?.map_err(broken)
}

fn read_body(
    incoming: &Incoming<'_>,
    reader: &mut Reader<'_, '_>,
    operation: &str,
) -> std::result::Result<NamedAnswer, wire::Error> {
    if incoming.is_fault() {
        let (fault, detail) = Fault::read(reader)?;
        let detail =
            detail.map(|_| untyped::read_value(reader, untyped::Limits::default())).transpose()?;
        return Ok(NamedAnswer::Fault(typed_fault(fault), detail));
    }
    if incoming.body.is_none() {
        return Ok(NamedAnswer::Result(Value::Null));
    }
    let mut members = untyped::read_members(reader, untyped::Limits::default())?;
    let is_result = |name: &str| name.strip_suffix("Result") == Some(operation);
    Ok(NamedAnswer::Result(match members.as_slice() {
        [] => Value::Null,
        [(name, _)] if is_result(name) => members.remove(0).1,
        // What the operation gives beside its result has names.
        _ => Value::Structure(Structure { name: None, namespace: None, members }),
    }))
}
