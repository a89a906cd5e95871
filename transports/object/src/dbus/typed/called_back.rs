use super::contract::Wire;
use super::executing::{Answer, execute};
use crate::dbus::client::Handler;
use crate::dbus::server::errors;
use crate::dbus::value::Body;
use samebox_core::Peer;
use samebox_core::typed::{Caller, Dispatch};
use std::sync::{Arc, OnceLock};
use zbus::Message;
use zbus::message::{Flags, Type};

/// Takes the calls that a service makes at its client.
pub(super) struct CalledBack {
    wire: Wire,
    object: Arc<dyn Dispatch>,
    max: usize,
    /// Who the service is, once that is known.
    service: OnceLock<Arc<Peer>>,
}

/// Refuses the calls that a service makes at a client that has nothing for them.
pub(super) struct Refuses;

impl CalledBack {
    pub(super) fn new(wire: Wire, object: Arc<dyn Dispatch>, max: usize) -> Self {
        Self { wire, object, max, service: OnceLock::new() }
    }

    /// Says who the service is.
    pub(super) fn set_service(&self, peer: Arc<Peer>) {
        // Set once, when the connection stands.
        let _ = self.service.set(peer);
    }

    fn answer(&self, message: &Message) -> zbus::Result<Message> {
        let header = message.header();
        let is_ours = header.path().is_some_and(|path| path.as_str() == self.wire.path)
            && header.interface().is_none_or(|name| name.as_str() == self.wire.interface);
        let member = header.member().map(|member| member.as_str()).unwrap_or_default();
        let Some((place, _)) = self.wire.contract.operation(member).filter(|_| is_ours) else {
            return refuse(message);
        };
        let peer = self.service.get().map_or(&Peer::UNKNOWN, |peer| &**peer);
        let caller = Caller { peer, back: None };
        let object = || self.object.clone();
        match execute(&self.wire, place, message, &caller, object, self.max).answer {
            Answer::Result(types, values) => {
                Message::method_return(&header).build(&Body { types, values: &values })
            }
            Answer::Fault(name, types, values) => {
                Message::error(&header, name).build(&Body { types, values: &values })
            }
            Answer::Refusal(name, why) => {
                Message::error(&header, name).build(&why.replace('\0', "\u{FFFD}"))
            }
        }
    }
}

fn refuse(message: &Message) -> zbus::Result<Message> {
    let header = message.header();
    let member = header.member().map(|member| member.as_str()).unwrap_or_default();
    let why = format!("this client has no {member} that can be called back");
    Message::error(&header, errors::UNKNOWN_METHOD).build(&why)
}

/// Answers a call, unless no answer is expected.
fn take(
    message: &Message,
    answer: impl FnOnce(&Message) -> zbus::Result<Message>,
) -> Option<Message> {
    if message.message_type() != Type::MethodCall {
        return None;
    }
    let answer = answer(message);
    let is_answered = !message.primary_header().flags().contains(Flags::NO_REPLY_EXPECTED);
    answer.ok().filter(|_| is_answered)
}

impl Handler for CalledBack {
    fn take(&self, message: Message) -> Option<Message> {
        take(&message, |message| self.answer(message))
    }
}

impl Handler for Refuses {
    fn take(&self, message: Message) -> Option<Message> {
        take(&message, refuse)
    }
}
