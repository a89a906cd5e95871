use super::calling::{read_answer, whose, write_call};
use super::contract::Wire;
use super::dispatching::Callee;
use crate::calls::Stranger;
use crate::client::{Client, Target, not_sent};
use crate::session::{Handler, NoAnswer, Session, Side};
use crate::settings::Options;
use samebox_core::typed::{Dispatch, Failure, Invocation, Invoke};
use samebox_core::{Deadline, Endpoint, Error, ErrorKind, Operation, Peer, Result};
use samebox_data::Contract;
use std::sync::{Arc, Weak};

/// A client of a service.
struct Remote {
    client: Client,
    wire: Wire,
}

/// Becomes a client.
pub(crate) fn connect(
    endpoint: &Endpoint,
    options: Options,
    target: Target,
    contract: &Contract,
    callbacks: Option<Arc<dyn Dispatch>>,
    deadline: Deadline,
) -> Result<Arc<dyn Invoke>> {
    let callee = callbacks.zip(Wire::callback(contract)).map(|(callbacks, wire)| {
        let callee: Arc<dyn Handler> = Arc::new(Callee::new(Arc::new(wire), callbacks, None));
        callee
    });
    let max = options.max;
    let handlers: (_, Arc<dyn Handler>) = (callee, Arc::new(Stranger));
    let client = Client::connect(endpoint, options, target, max, handlers, deadline)?;
    Ok(Arc::new(Remote { client, wire: Wire::new(contract) }))
}

impl Invoke for Remote {
    fn invoke(&self, call: Invocation<'_>, deadline: Deadline) -> Result<(), Failure> {
        let endpoint = &self.client.endpoint;
        let asks = asks(&self.wire, &call, endpoint)?;
        let operation = if asks { Operation::Call } else { Operation::Send };
        let uri = self.client.uri.as_str();
        let (session, number) = self.client.send(asks, operation, deadline, |id, out, words| {
            write_call(&self.wire, (Side::Client, uri), &call, id, out, words)
        })?;
        if !asks {
            return Ok(());
        }
        finish(&session, number, &self.wire, endpoint, call, deadline)
    }

    fn peer(&self) -> Option<Peer> {
        self.client.peer()
    }
}

/// A service's way back to one client; it ends with the session.
pub(super) struct Back {
    session: Weak<Session>,
    wire: Arc<Wire>,
    peer: Peer,
    endpoint: Endpoint,
}

impl Back {
    pub(super) fn new(session: &Arc<Session>, wire: Arc<Wire>) -> Self {
        let (peer, endpoint) = (session.peer().clone(), session.endpoint().clone());
        Self { session: Arc::downgrade(session), wire, peer, endpoint }
    }
}

impl Invoke for Back {
    fn invoke(&self, call: Invocation<'_>, deadline: Deadline) -> Result<(), Failure> {
        let gone = |why: &str| {
            let why = format!("the client ({}) is not there any more: {why}", self.peer);
            let error = self.endpoint.error(ErrorKind::Disconnected, Operation::Call, why);
            error.with_advice("drop what belongs to this client")
        };
        let session = self.session.upgrade().ok_or_else(|| gone("its session is over"))?;
        if let Some(ended) = session.ended() {
            return Err(gone(&ended.why).into());
        }
        let asks = asks(&self.wire, &call, &self.endpoint)?;
        let (number, id) = match asks.then(|| session.number()) {
            None => (0, None),
            Some(Some((number, id))) => (number, Some(id)),
            Some(None) => {
                let why = "too many calls of this client have no answer";
                return Err(self.endpoint.error(ErrorKind::Full, Operation::Call, why).into());
            }
        };
        let sent = session.send(deadline, |out, words| {
            write_call(&self.wire, whose(&session), &call, id.as_ref(), out, words)
        });
        if let Err(failure) = sent {
            session.give_up(number);
            return Err(not_sent(&self.endpoint, failure, Operation::Call).into());
        }
        if !asks {
            return Ok(());
        }
        finish(&session, number, &self.wire, &self.endpoint, call, deadline)
    }

    fn peer(&self) -> Option<Peer> {
        Some(self.peer.clone())
    }
}

/// Whether a call has an answer.
fn asks(wire: &Wire, call: &Invocation<'_>, endpoint: &Endpoint) -> Result<bool, Error> {
    match wire.operation(call.operation) {
        Some((operation, _)) => Ok(!operation.one_way),
        None => {
            let why = format!("its contract has no operation {}", call.operation);
            Err(endpoint.error(ErrorKind::Mismatch, Operation::Call, why))
        }
    }
}

/// Waits for an answer and reads it.
fn finish(
    session: &Arc<Session>,
    number: u64,
    wire: &Wire,
    endpoint: &Endpoint,
    call: Invocation<'_>,
    deadline: Deadline,
) -> Result<(), Failure> {
    match session.wait(number, deadline) {
        Ok(mut message) => {
            let read = read_answer(wire, call.operation, endpoint, &mut message, call.answer);
            session.keep(message);
            read
        }
        Err(NoAnswer::Ended(ended)) => Err(ended.error(endpoint, Operation::Call).into()),
        Err(NoAnswer::Late | NoAnswer::Unknown) => {
            let why = "no answer came in time";
            let error = endpoint.error(ErrorKind::TimedOut, Operation::Call, why);
            let advice =
                "allow more time, or look whether the service hangs or lacks the operation";
            Err(error.with_advice(advice).into())
        }
    }
}
