//! What clients ask of a bus, answered by a server that has none.
//!
//! Some programs speak to a bus only (`busctl --address`): they say hello, look for the owner of a name
//! and ask for signals. There is one name here, and its owner is at the other end.

use super::Shared;
use super::call::{Caller, IncomingCall, errors};
use crate::dbus::bus::BUS;
use std::sync::Arc;
use zbus::Message;

/// The unique name of the server; those of its clients begin with `:1`.
pub(super) const OWN_NAME: &str = ":0.0";

/// Whether a call is meant for a bus.
pub(super) fn is_for_bus(message: &Message) -> bool {
    let header = message.header();
    header.interface().is_some_and(|interface| interface.as_str() == BUS)
}

/// Answers it.
pub(super) fn answer(shared: &Shared, caller: &Arc<Caller>, message: Message) {
    let body = message.body();
    let first = body.deserialize::<&str>().unwrap_or_default();
    let own = first == shared.names.bus || first == OWN_NAME;
    let call = IncomingCall::new(message, caller.clone());
    let member = call.member();
    // A caller that is gone needs to know nothing.
    let _ = match member.as_str() {
        "Hello" => call.reply(&caller.name.as_str()),
        "AddMatch" | "RemoveMatch" => {
            caller.link.set_signals(member == "AddMatch");
            call.reply(&())
        }
        "NameHasOwner" => call.reply(&own),
        "GetNameOwner" if own => call.reply(&OWN_NAME),
        "GetNameOwner" => {
            call.error(errors::NAME_HAS_NO_OWNER, &format!("nobody has the name {first} here"))
        }
        "ListNames" => call.reply(&[BUS, shared.names.bus.as_str()].as_slice()),
        _ => call.error(errors::UNKNOWN_METHOD, "there is no bus here"),
    };
}
