use super::calls::{read_answer, write_arguments};
use super::contract::Wire;
use super::session::Session;
use crate::dbus::link::NotSent;
use crate::dbus::server::{Caller, Emitter};
use crate::dbus::value::Body;
use samebox_core::typed::{Failure, Invocation, Invoke};
use samebox_core::{Deadline, Endpoint, Error, ErrorKind, Operation, Peer, Result};
use std::sync::{Arc, Weak};
use zbus::Message;
use zbus::message::Flags;

/// A service's way back to one client; it ends with the session.
pub(super) struct Back {
    session: Weak<Session>,
    endpoint: Endpoint,
    wire: Arc<Wire>,
    emitter: Emitter,
    peer: Arc<Peer>,
    /// How many bytes the arguments of a call may have.
    max: usize,
}

impl Back {
    pub(super) fn new(
        session: &Arc<Session>,
        endpoint: Endpoint,
        wire: Arc<Wire>,
        emitter: Emitter,
        max: usize,
    ) -> Self {
        let peer = session.client.peer.clone();
        Self { session: Arc::downgrade(session), endpoint, wire, emitter, peer, max }
    }

    /// The message of a call, and whether it is answered.
    fn build(&self, client: &Caller, call: &Invocation<'_>) -> Result<(Message, bool)> {
        let written = write_arguments(&self.endpoint, &self.wire, call, self.max)?;
        let (operation, wired) = self.wire.known(call.operation);
        let mut message = Message::method_call(self.wire.path.as_str(), operation.name.as_ref())
            .interface(self.wire.interface.as_str());
        if client.is_on_bus {
            message = message.destination(client.name.as_str());
        }
        if operation.one_way {
            message = message.with_flags(Flags::NO_REPLY_EXPECTED);
        }
        let built = message.build(&Body { types: &wired.inputs, values: &written.values });
        let message = built.map_err(|error| {
            let why = format!("D-Bus cannot carry this: {error}");
            self.endpoint.error(ErrorKind::Malformed, Operation::Call, why)
        })?;
        Ok((message, !operation.one_way))
    }

    fn gone(&self) -> Error {
        let why = format!("the client ({}) is not there any more", self.peer);
        let error = self.endpoint.error(ErrorKind::Disconnected, Operation::Call, why);
        error.with_advice("drop what belongs to this client")
    }

    fn not_answered(&self, failure: NotSent) -> Error {
        let error = |kind, why| self.endpoint.error(kind, Operation::Call, why);
        match failure {
            NotSent::Ended => self.gone(),
            NotSent::Full => error(ErrorKind::Full, "the client does not read what it is sent"),
            NotSent::Late => error(ErrorKind::TimedOut, "the client did not answer in time"),
        }
    }
}

impl Invoke for Back {
    fn invoke(&self, call: Invocation<'_>, deadline: Deadline) -> Result<(), Failure> {
        let session = self.session.upgrade().filter(|session| !session.is_over());
        let client = session.ok_or_else(|| self.gone())?.client.clone();
        let place = call.operation;
        let (message, asks) = self.build(&client, &call)?;
        if !asks {
            let sent = client.link.send_by(message, deadline);
            return sent.map_err(|failure| self.not_answered(failure).into());
        }
        let answer = self.emitter.ask(&client, message, deadline);
        let answer = answer.map_err(|failure| self.not_answered(failure))?;
        read_answer(&self.endpoint, &self.wire, place, &answer, call.answer)
    }

    fn peer(&self) -> Option<Peer> {
        Some((*self.peer).clone())
    }
}
