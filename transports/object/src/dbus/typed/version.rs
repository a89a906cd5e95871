//! Which version of a contract a service has, as its description says.

use super::contract::Wire;
use crate::dbus::client::Client;
use crate::dbus::introspect;
use crate::dbus::server::{INTROSPECTABLE, Interface};
use samebox_core::{Deadline, Endpoint, ErrorKind, Operation, Result};
use std::time::Duration;
use zbus::Message;
use zbus::message::Type;

/// The annotation of an interface that is a contract: the contract's version.
pub(super) const VERSION: &str = "org.samebox.Contract.Version";

/// How long a server may take to describe its object; one that takes longer is believed to fit.
const PATIENCE: Duration = Duration::from_secs(5);

/// Refuses a service that says that it has another version of the contract, or none of it.
///
/// # Errors
/// `Mismatch`, and what keeps the question from crossing.
pub(super) fn check(client: &Client, wire: &Wire) -> Result<()> {
    let deadline = Deadline::after(PATIENCE);
    match client.call(INTROSPECTABLE, "Introspect", &(), Operation::Connect, deadline) {
        Ok(answer) => compare(client.endpoint(), wire, &answer),
        Err(error) if error.kind() == ErrorKind::TimedOut => Ok(()),
        Err(error) => Err(error),
    }
}

/// What another program says is believed as far as it says anything.
fn compare(endpoint: &Endpoint, wire: &Wire, answer: &Message) -> Result<()> {
    let body = answer.body();
    let text = match answer.message_type() {
        Type::MethodReturn => body.deserialize::<&str>().unwrap_or_default(),
        _ => return Ok(()),
    };
    let Ok(interfaces) = introspect::read(text) else { return Ok(()) };
    let contract = &wire.contract;
    let versions = |interface: &Interface| -> Option<String> {
        let found = interface.annotations.iter().find(|(name, _)| name == VERSION);
        found.map(|(_, value)| value.clone())
    };
    if let Some(found) = interfaces.iter().find(|one| one.name == wire.interface) {
        let theirs = versions(found).filter(|theirs| *theirs != contract.version);
        return theirs.map_or(Ok(()), |theirs| {
            let name = &contract.name;
            let why = format!(
                "the service has {name} {theirs}, and this client has {name} {}",
                contract.version
            );
            Err(endpoint.error(ErrorKind::Mismatch, Operation::Connect, why))
        });
    }
    let others = interfaces.iter().filter(|one| !one.name.starts_with("org.freedesktop.DBus."));
    let others: Vec<_> = others.map(|one| one.name.as_str()).take(SHOWN).collect();
    if others.is_empty() {
        return Ok(());
    }
    let why = format!("the object has no interface {}, but {}", wire.interface, others.join(", "));
    let error = endpoint.error(ErrorKind::Mismatch, Operation::Connect, why);
    Err(error.with_advice("give the contract the name of one of them, with its dots"))
}

/// How many interfaces are named in an error.
const SHOWN: usize = 5;
