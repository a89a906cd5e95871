//! The client's half: calls of one object, from any thread, over a connection that heals.
//!
//! Whoever waits for an answer and finds nobody reading reads for all, on its own thread, so a round
//! trip changes no thread.

mod reach;
mod wire;

pub(crate) use wire::{Asked, NoAnswer};

use super::bus::{BUS, Place, error_of};
use super::link::NotSent;
use super::names::Names;
use super::server::errors;
use super::settings::Options;
use samebox_core::{Deadline, Endpoint, Error, ErrorKind, Operation, Peer, Result};
use std::sync::{Arc, Mutex, PoisonError};
use wire::Wire;
use zbus::export::serde::Serialize;
use zbus::message::{Flags, Type};
use zbus::{DynamicType, Message};

/// Takes what comes unasked: signals of the object, and calls of it back.
pub(crate) trait Handler: Send + Sync {
    /// Takes one message; returns what answers it, if it is a call.
    fn take(&self, message: Message) -> Option<Message>;
}

/// A client of one object.
pub(crate) struct Client {
    endpoint: Endpoint,
    names: Names,
    options: Options,
    place: Place,
    handler: Option<Arc<dyn Handler>>,
    wire: Mutex<Arc<Wire>>,
}

impl Client {
    /// Finds the owner of the endpoint's name, which must be this user, until `deadline`.
    ///
    /// Signals and calls back go to `handler`, if there is one.
    ///
    /// # Errors
    /// `NotListening` when nobody has the name by then, `Denied` when another user has.
    pub(crate) fn connect(
        endpoint: &Endpoint,
        options: &Options,
        handler: Option<Arc<dyn Handler>>,
        deadline: Deadline,
    ) -> Result<Self> {
        Self::to(endpoint, Names::of(endpoint)?, options, handler, deadline)
    }

    /// As [`Client::connect`], to an object of other names than the endpoint's own.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub(crate) fn to(
        endpoint: &Endpoint,
        names: Names,
        options: &Options,
        handler: Option<Arc<dyn Handler>>,
        deadline: Deadline,
    ) -> Result<Self> {
        let place = Place::of(options);
        let reach = reach::Reach { endpoint, names: &names, place: &place, handler: &handler };
        let wire = Mutex::new(reach.wire(deadline)?);
        let (endpoint, options) = (endpoint.clone(), options.clone());
        Ok(Self { endpoint, names, options, place, handler, wire })
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// Who has the object, as the system said when it was found.
    pub(crate) fn peer(&self) -> Arc<Peer> {
        self.current().ends.peer.clone()
    }

    fn current(&self) -> Arc<Wire> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A connection that stands; found anew, for as long as `wait` says, when it was lost.
    fn wire(&self, deadline: Deadline) -> Result<Arc<Wire>> {
        let mut wire = self.wire.lock().unwrap_or_else(PoisonError::into_inner);
        if wire.has_ended() {
            let deadline = Deadline::after(self.options.wait).earlier(deadline);
            let Self { endpoint, names, place, handler, .. } = self;
            *wire = reach::Reach { endpoint, names, place, handler }.wire(deadline)?;
        }
        Ok(wire.clone())
    }

    /// Sends a call, without waiting for its answer.
    ///
    /// # Errors
    /// `TimedOut` when there was no room by `deadline`, `NotListening` when the server is not back,
    /// `Full` when too many calls are outstanding, `Malformed` when the body cannot be written.
    pub(crate) fn request<B: Serialize + DynamicType>(
        &self,
        interface: &str,
        member: &str,
        body: &B,
        operation: Operation,
        deadline: Deadline,
    ) -> Result<Asked> {
        self.attempt(operation, deadline, |wire| {
            let message = self.build(wire, interface, member, body, Flags::empty());
            let message = message.map_err(|error| self.unbuilt(operation, &error))?;
            Ok(wire.ask(message, deadline))
        })
    }

    /// Sends a call that is not answered.
    ///
    /// # Errors
    /// As [`Client::request`].
    pub(crate) fn tell<B: Serialize + DynamicType>(
        &self,
        interface: &str,
        member: &str,
        body: &B,
        operation: Operation,
        deadline: Deadline,
    ) -> Result<()> {
        self.attempt(operation, deadline, |wire| {
            let message = self.build(wire, interface, member, body, Flags::NO_REPLY_EXPECTED);
            let message = message.map_err(|error| self.unbuilt(operation, &error))?;
            Ok(wire.tell(message, deadline))
        })
    }

    fn build<B: Serialize + DynamicType>(
        &self,
        wire: &Wire,
        interface: &str,
        member: &str,
        body: &B,
        flags: Flags,
    ) -> zbus::Result<Message> {
        let message = Message::method_call(self.names.path.as_str(), member).interface(interface);
        let message = message.with_flags(flags | Flags::NO_AUTO_START);
        match &wire.ends.owner {
            Some(owner) => message.destination(owner.as_str()).build(body),
            None => message.build(body),
        }
    }

    fn unbuilt(&self, operation: Operation, error: &zbus::Error) -> Error {
        let why = format!("D-Bus cannot carry this: {error}");
        self.endpoint.error(ErrorKind::Malformed, operation, why)
    }

    /// Sends over a connection that stands, and over a fresh one when that turns out to be lost.
    fn attempt<T>(
        &self,
        operation: Operation,
        deadline: Deadline,
        send: impl Fn(&Arc<Wire>) -> Result<Result<T, NotSent>>,
    ) -> Result<T> {
        let failed = |kind, why| Err(self.endpoint.error(kind, operation, why));
        for _ in 0..ATTEMPTS {
            let wire = self.wire(deadline).map_err(|error| error.during(operation))?;
            match send(&wire)? {
                Ok(sent) => return Ok(sent),
                Err(NotSent::Ended) => wire.end(),
                Err(NotSent::Late) => {
                    return failed(ErrorKind::TimedOut, "the server does not take more");
                }
                Err(NotSent::Full) => {
                    return failed(ErrorKind::Full, "too many calls wait for their answers");
                }
            }
        }
        failed(ErrorKind::Disconnected, "the connection is lost again and again")
    }

    /// Waits for the answer to a call, an error message perhaps.
    ///
    /// # Errors
    /// `Late`, or `Ended` when the connection went away.
    pub(crate) fn wait(&self, asked: &Asked, deadline: Deadline) -> Result<Message, NoAnswer> {
        asked.wait(deadline)
    }

    /// Whether an answer says that its call has reached nobody, since the owner of the name has left.
    ///
    /// Then the connection is found anew with the next call, and that one may be made again.
    pub(crate) fn is_undelivered(&self, answer: &Message) -> bool {
        if answer.message_type() != Type::Error || !is_of_bus(answer) {
            return false;
        }
        let (name, _) = error_of(answer);
        let is_away = name == errors::SERVICE_UNKNOWN || name == errors::NAME_HAS_NO_OWNER;
        if is_away {
            let wire = self.current();
            let header = answer.header();
            let asked_by = header.destination().map(|name| name.as_str());
            // Another thread may have a new one already.
            if asked_by == wire.ends.own.as_deref() {
                wire.end();
            }
        }
        is_away
    }

    /// Calls, and waits for the answer, an error message perhaps; healed when the owner has changed.
    ///
    /// # Errors
    /// As [`Client::request`]; `TimedOut`, and `Disconnected` when the server went away meanwhile.
    pub(crate) fn call<B: Serialize + DynamicType>(
        &self,
        interface: &str,
        member: &str,
        body: &B,
        operation: Operation,
        deadline: Deadline,
    ) -> Result<Message> {
        for _ in 0..ATTEMPTS {
            let asked = self.request(interface, member, body, operation, deadline)?;
            let answer =
                self.wait(&asked, deadline).map_err(|why| self.unanswered(why, operation))?;
            if !self.is_undelivered(&answer) {
                return Ok(answer);
            }
        }
        let why = "its owner changes again and again";
        Err(self.endpoint.error(ErrorKind::NotListening, operation, why))
    }

    /// What it means for a user that no answer came.
    pub(crate) fn unanswered(&self, why: NoAnswer, operation: Operation) -> Error {
        let (kind, why) = match why {
            NoAnswer::Late => (ErrorKind::TimedOut, "no answer came in time".into()),
            NoAnswer::Ended(why) => (ErrorKind::Disconnected, why),
        };
        self.endpoint.error(kind, operation, why)
    }

    /// What an error message means for a user; one of the server's own making is a `Fault`.
    pub(crate) fn refused(&self, answer: &Message, operation: Operation) -> Error {
        let (name, text) = error_of(answer);
        let kind = match name.as_str() {
            errors::NO_REPLY if is_of_bus(answer) => ErrorKind::Disconnected,
            errors::DISCONNECTED => ErrorKind::Disconnected,
            errors::SERVICE_UNKNOWN | errors::NAME_HAS_NO_OWNER => ErrorKind::NotListening,
            errors::LIMITS_EXCEEDED if is_of_bus(answer) => ErrorKind::Full,
            errors::LIMITS_EXCEEDED => ErrorKind::TooLarge,
            errors::ACCESS_DENIED => ErrorKind::Denied,
            errors::UNKNOWN_OBJECT
            | errors::UNKNOWN_INTERFACE
            | errors::UNKNOWN_METHOD
            | errors::INVALID_ARGS => ErrorKind::Mismatch,
            _ => ErrorKind::Fault,
        };
        self.endpoint.error(kind, operation, text)
    }
}

/// Whether a message comes from the bus itself.
fn is_of_bus(message: &Message) -> bool {
    message.header().sender().is_some_and(|sender| sender.as_str() == BUS)
}

/// How often a call is made again that reached nobody.
const ATTEMPTS: usize = 4;

impl Drop for Client {
    fn drop(&mut self) {
        self.current().end();
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}
