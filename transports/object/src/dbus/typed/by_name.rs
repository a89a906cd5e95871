//! Calls of any object: its description tells what its methods take.

use super::called_back::Refuses;
use super::faults;
use crate::dbus::bus::error_of;
use crate::dbus::client::{Client, Handler};
use crate::dbus::introspect;
use crate::dbus::names::Names;
use crate::dbus::server::{INTROSPECTABLE, Interface, Method, errors};
use crate::dbus::settings::{INTERFACE, OPERATION, Options, PATH};
use crate::dbus::value::{Body, Types, body_of, read_values, write_values};
use samebox_core::typed::{Failure, NamedAnswer, NamedCall};
use samebox_core::{Deadline, Endpoint, Error, ErrorKind, Operation, Result, nearest};
use samebox_data::{Structure, Value};
use std::sync::Arc;
use zbus::Message;
use zbus::message::Type;

/// Calls the operation that the endpoint's settings name.
///
/// # Errors
/// As [`Client::call`]; `Mismatch` when the object has no such method or takes other arguments.
pub(crate) fn call_by_name(
    endpoint: &Endpoint,
    call: &NamedCall,
    deadline: Deadline,
) -> Result<NamedAnswer> {
    let Some(member) = endpoint.setting(OPERATION.name) else {
        let error = endpoint.invalid("it names no operation");
        return Err(error.with_advice("add ?operation=NAME"));
    };
    let options = Options::read(endpoint)?;
    let mut names = Names::of(endpoint)?;
    if let Some(path) = endpoint.setting(PATH.name) {
        names.path = path.into();
    }
    let refuses: Arc<dyn Handler> = Arc::new(Refuses);
    let client = Client::to(endpoint, names, &options, Some(refuses), deadline)?;
    let target = Target { endpoint, client };
    let (interface, method) = target.find(member, deadline)?;
    let values = target.arrange(&method, &call.arguments)?;
    let signature: String = method.inputs.iter().map(|one| one.signature.as_str()).collect();
    let types = Types::new(&signature).ok_or_else(|| target.error("its types are too many"))?;
    let values = write_values(&types, &values).map_err(|error| {
        let why = format!("the arguments do not fit {}: {error}", shown(&method));
        endpoint.error(ErrorKind::Mismatch, Operation::Call, why).with_advice(FITS)
    })?;
    let body = Body { types: &types, values: &values };
    let client = &target.client;
    if call.one_way || method.is_one_way {
        client.tell(&interface, &method.name, &body, Operation::Call, deadline)?;
        return Ok(NamedAnswer::Result(Value::Null));
    }
    let answer = client.call(&interface, &method.name, &body, Operation::Call, deadline)?;
    target.read(&method, &answer)
}

const FITS: &str = "pass NAME=TEXT or NAME:=JSON for each argument; {\"@TYPE\":..} is a variant of a \
    type such as u or as";

/// An object that is called.
struct Target<'a> {
    endpoint: &'a Endpoint,
    client: Client,
}

impl Target<'_> {
    fn error(&self, why: impl Into<String>) -> Error {
        self.endpoint.error(ErrorKind::Mismatch, Operation::Call, why)
    }

    /// The method of that name, and whose it is.
    fn find(&self, member: &str, deadline: Deadline) -> Result<(String, Method)> {
        let wanted = self.endpoint.setting(INTERFACE.name);
        let interfaces = self.describe(deadline)?;
        let fits = |interface: &&Interface| wanted.is_none_or(|wanted| wanted == interface.name);
        let mut found = interfaces.iter().filter(fits).filter_map(|interface| {
            let method = interface.methods.iter().find(|method| method.name == member)?;
            Some((interface.name.clone(), method.clone()))
        });
        let path = &self.client.names().path;
        let Some(first) = found.next() else {
            let known = interfaces.iter().filter(fits).flat_map(|one| &one.methods);
            let names: Vec<&str> = known.map(|method| method.name.as_str()).collect();
            let error = self.error(match wanted {
                Some(wanted) if !interfaces.iter().any(|one| one.name == wanted) => {
                    format!("{path} has no interface {wanted}")
                }
                _ => format!("{path} has no method {member}"),
            });
            return Err(match nearest(member, names.iter().copied()) {
                Some(near) => error.with_advice(format!("did you mean `{near}`?")),
                None => error.with_advice("`busctl introspect` or `gdbus introspect` shows it all"),
            });
        };
        match found.next() {
            None => Ok(first),
            Some((other, _)) => {
                let why = format!("{member} is a method of {} and of {other}", first.0);
                let advice = format!("add ?interface={}, or the other", first.0);
                Err(self.error(why).with_advice(advice))
            }
        }
    }

    fn describe(&self, deadline: Deadline) -> Result<Vec<Interface>> {
        let asked =
            self.client.call(INTROSPECTABLE, "Introspect", &(), Operation::Call, deadline)?;
        let path = &self.client.names().path;
        if asked.message_type() == Type::Error {
            let (name, text) = error_of(&asked);
            let why = match name.as_str() {
                errors::UNKNOWN_OBJECT => format!("there is no object {path}: {text}"),
                _ => format!("{path} does not say what it offers: {text}"),
            };
            return Err(self.error(why).with_advice("check the name, and ?path="));
        }
        let body = asked.body();
        let text = body.deserialize::<&str>().unwrap_or_default();
        introspect::read(text).map_err(|why| {
            self.error(format!("what {path} says that it offers cannot be read: {why}"))
        })
    }

    /// The arguments in the order of the method's parameters: by their names, or in their order.
    fn arrange<'v>(
        &self,
        method: &Method,
        arguments: &'v [(String, Value)],
    ) -> Result<Vec<&'v Value>> {
        let inputs = &method.inputs;
        let find = |wanted: &str| arguments.iter().find(|(name, _)| name == wanted);
        let is_named = inputs.iter().all(|one| !one.name.is_empty() && find(&one.name).is_some());
        let knows = |name: &str| inputs.iter().any(|one| one.name == name);
        let knows_some = arguments.iter().any(|(name, _)| knows(name));
        if arguments.len() != inputs.len() || (knows_some && !is_named) {
            let given: Vec<&str> = arguments.iter().map(|(name, _)| name.as_str()).collect();
            let given = if given.is_empty() { "nothing".into() } else { given.join(", ") };
            let why = format!("{} was given {given}", shown(method));
            return Err(self.error(why).with_advice(FITS));
        }
        if is_named {
            return Ok(inputs.iter().filter_map(|one| find(&one.name)).map(|(_, v)| v).collect());
        }
        Ok(arguments.iter().map(|(_, value)| value).collect())
    }

    fn read(&self, method: &Method, answer: &Message) -> Result<NamedAnswer> {
        let broken = |error: samebox_data::Error| {
            let why = format!("the answer cannot be read: {error}");
            self.endpoint.error(ErrorKind::Malformed, Operation::Call, why)
        };
        let read =
            |is_lone| body_of(answer, is_lone).values().and_then(read_values).map_err(broken);
        if answer.message_type() == Type::Error {
            let (name, text) = error_of(answer);
            return match faults::failure(self.endpoint, &name, &text, &method.name) {
                Failure::Error(error) => Err(error),
                Failure::Fault(fault) => {
                    let mut values = read(false)?;
                    values.drain(..values.len().min(1));
                    Ok(NamedAnswer::Fault(fault, values.into_iter().next()))
                }
            };
        }
        let is_lone = matches!(method.outputs.as_slice(), [one] if one.signature.starts_with('('));
        let mut values = read(is_lone)?;
        Ok(NamedAnswer::Result(match values.len() {
            0 => Value::Null,
            1 => values.remove(0),
            several => {
                let names: Vec<_> = method.outputs.iter().map(|one| one.name.clone()).collect();
                if names.len() == several && names.iter().all(|name| !name.is_empty()) {
                    let members = names.into_iter().zip(values).collect();
                    Value::Structure(Structure { members, ..Structure::default() })
                } else {
                    Value::List(values)
                }
            }
        }))
    }
}

/// A method as people write it: `Add(a i, b i)`, or `Add(i, i)` where it has no names for them.
fn shown(method: &Method) -> String {
    let inputs = method.inputs.iter().map(|one| match one.name.as_str() {
        "" => one.signature.clone(),
        name => format!("{name} {}", one.signature),
    });
    format!("{}({})", method.name, inputs.collect::<Vec<_>>().join(", "))
}
