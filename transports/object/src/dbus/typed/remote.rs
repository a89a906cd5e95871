use super::called_back::{CalledBack, Refuses};
use super::calls::{read_answer, write_arguments};
use super::contract::Wire;
use super::version;
use crate::dbus::client::{Client, Handler};
use crate::dbus::names::Names;
use crate::dbus::settings::Options;
use crate::dbus::value::Body;
use samebox_core::typed::{Dispatch, Failure, Invocation, Invoke};
use samebox_core::{Deadline, Endpoint, Operation, Peer, Result};
use samebox_data::Contract;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A client of a service.
struct Remote {
    client: Client,
    wire: Wire,
    /// How many bytes the arguments of a call may have.
    max: usize,
    /// One-way calls that the server has not said it has taken, by what they take.
    ahead: AtomicUsize,
}

/// How far one-way calls may run ahead of the server, and what each takes beside its bytes.
const AHEAD: usize = 256 << 10;
const OVERHEAD: usize = 4 << 10;

/// Becomes a client.
///
/// # Errors
/// As [`Client::connect`]; `Unsupported` for a contract that D-Bus cannot carry, `Mismatch` when the
/// server says that it has another version of it.
pub(crate) fn connect(
    endpoint: &Endpoint,
    contract: &Contract,
    callbacks: Option<Arc<dyn Dispatch>>,
    deadline: Deadline,
) -> Result<Arc<dyn Invoke>> {
    let options = Options::read(endpoint)?;
    let names = Names::of(endpoint)?;
    let wire = Wire::new(endpoint, &names, contract, Operation::Connect)?;
    let back = Wire::callback(endpoint, &names, contract, Operation::Connect)?;
    let called_back = callbacks
        .zip(back)
        .map(|(callbacks, back)| Arc::new(CalledBack::new(back, callbacks, options.max)));
    let handler: Option<Arc<dyn Handler>> = match &called_back {
        Some(called_back) => Some(called_back.clone()),
        None if contract.callback.is_some() => Some(Arc::new(Refuses)),
        None => None,
    };
    let client = Client::connect(endpoint, &options, handler, deadline)?;
    if let Some(called_back) = called_back {
        called_back.set_service(client.peer());
    }
    version::check(&client, &wire)?;
    Ok(Arc::new(Remote { client, wire, max: options.max, ahead: AtomicUsize::new(0) }))
}

impl Invoke for Remote {
    fn invoke(&self, call: Invocation<'_>, deadline: Deadline) -> Result<(), Failure> {
        let endpoint = self.client.endpoint();
        let written = write_arguments(endpoint, &self.wire, &call, self.max)?;
        let (operation, wired) = self.wire.known(call.operation);
        let (interface, member) = (self.wire.interface.as_str(), operation.name.as_ref());
        let body = Body { types: &wired.inputs, values: &written.values };
        if operation.one_way && self.runs_ahead(written.size) {
            self.client.tell(interface, member, &body, Operation::Send, deadline)?;
            return Ok(());
        }
        let doing = if operation.one_way { Operation::Send } else { Operation::Call };
        let answer = self.client.call(interface, member, &body, doing, deadline)?;
        read_answer(endpoint, &self.wire, call.operation, &answer, call.answer)
    }

    fn peer(&self) -> Option<Peer> {
        Some((*self.client.peer()).clone())
    }
}

impl Remote {
    /// Whether a one-way call need not wait until the server has taken it.
    fn runs_ahead(&self, bytes: usize) -> bool {
        let cost = bytes.saturating_add(OVERHEAD);
        let ahead = self.ahead.fetch_add(cost, Ordering::Relaxed).saturating_add(cost);
        if ahead > AHEAD {
            self.ahead.store(0, Ordering::Relaxed);
        }
        ahead <= AHEAD
    }
}
