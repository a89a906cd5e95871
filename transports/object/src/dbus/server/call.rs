use crate::dbus::link::{Link, NotSent};
use samebox_core::Peer;
use std::sync::Arc;
use zbus::export::serde::Serialize;
use zbus::message::Flags;
use zbus::{DynamicType, Message};

/// Who calls, on a bus or on a connection of its own.
#[derive(Debug)]
pub(crate) struct Caller {
    /// Its unique name on the bus; one of this server's making elsewhere.
    pub(crate) name: String,
    pub(crate) peer: Arc<Peer>,
    pub(crate) link: Arc<Link>,
    /// On a bus messages say whom they are for.
    pub(crate) is_on_bus: bool,
}

/// A call that came in, and the way to answer it, from any thread.
///
/// Dropped unanswered, it tells its caller so.
#[derive(Debug)]
pub(crate) struct IncomingCall {
    pub(crate) message: Message,
    pub(crate) caller: Arc<Caller>,
    wants_answer: bool,
}

/// Names of errors that every D-Bus program knows.
pub(crate) mod errors {
    pub(crate) const FAILED: &str = "org.freedesktop.DBus.Error.Failed";
    pub(crate) const UNKNOWN_METHOD: &str = "org.freedesktop.DBus.Error.UnknownMethod";
    pub(crate) const UNKNOWN_OBJECT: &str = "org.freedesktop.DBus.Error.UnknownObject";
    pub(crate) const UNKNOWN_INTERFACE: &str = "org.freedesktop.DBus.Error.UnknownInterface";
    pub(crate) const UNKNOWN_PROPERTY: &str = "org.freedesktop.DBus.Error.UnknownProperty";
    pub(crate) const INVALID_ARGS: &str = "org.freedesktop.DBus.Error.InvalidArgs";
    pub(crate) const ACCESS_DENIED: &str = "org.freedesktop.DBus.Error.AccessDenied";
    pub(crate) const LIMITS_EXCEEDED: &str = "org.freedesktop.DBus.Error.LimitsExceeded";
    pub(crate) const NO_REPLY: &str = "org.freedesktop.DBus.Error.NoReply";
    pub(crate) const SERVICE_UNKNOWN: &str = "org.freedesktop.DBus.Error.ServiceUnknown";
    pub(crate) const NAME_HAS_NO_OWNER: &str = "org.freedesktop.DBus.Error.NameHasNoOwner";
    pub(crate) const DISCONNECTED: &str = "org.freedesktop.DBus.Error.Disconnected";
}

impl IncomingCall {
    pub(super) fn new(message: Message, caller: Arc<Caller>) -> Self {
        let flags = message.primary_header().flags();
        let wants_answer = !flags.contains(Flags::NO_REPLY_EXPECTED);
        Self { message, caller, wants_answer }
    }

    /// What of the interface is called.
    pub(crate) fn member(&self) -> String {
        self.message.header().member().map(ToString::to_string).unwrap_or_default()
    }

    /// Whether its caller waits for an answer.
    pub(crate) fn wants_answer(&self) -> bool {
        self.wants_answer
    }

    /// Whether its caller can still be answered.
    pub(crate) fn is_gone(&self) -> bool {
        self.caller.link.is_ended()
    }

    /// Answers it; nothing is sent to a caller that does not wait for one.
    ///
    /// # Errors
    /// `Full` when the caller does not read its answers, `Ended` when it is gone.
    pub(crate) fn reply<B: Serialize + DynamicType>(mut self, body: &B) -> Result<(), NotSent> {
        if !std::mem::take(&mut self.wants_answer) {
            return Ok(());
        }
        match Message::method_return(&self.message.header()).build(body) {
            Ok(answer) => self.caller.link.send(answer),
            Err(error) => {
                self.wants_answer = true;
                self.error(errors::FAILED, &format!("the answer cannot be written: {error}"))
            }
        }
    }

    /// Answers that it failed: the name of the error, and words.
    ///
    /// # Errors
    /// As [`IncomingCall::reply`].
    pub(crate) fn error(mut self, name: &str, text: &str) -> Result<(), NotSent> {
        self.send_error(name, text)
    }

    /// Answers that it failed, with more than words in the body.
    ///
    /// # Errors
    /// As [`IncomingCall::reply`].
    pub(crate) fn error_with<B: Serialize + DynamicType>(
        mut self,
        name: &str,
        body: &B,
    ) -> Result<(), NotSent> {
        if !std::mem::take(&mut self.wants_answer) {
            return Ok(());
        }
        match Message::error(&self.message.header(), name).build(body) {
            Ok(answer) => self.caller.link.send(answer),
            Err(error) => {
                self.wants_answer = true;
                self.error(errors::FAILED, &format!("the fault cannot be written: {error}"))
            }
        }
    }

    fn send_error(&mut self, name: &str, text: &str) -> Result<(), NotSent> {
        if !std::mem::take(&mut self.wants_answer) {
            return Ok(());
        }
        // D-Bus has no NUL in its texts.
        let text = text.replace('\0', "\u{FFFD}");
        let header = self.message.header();
        let built = Message::error(&header, name).build(&text);
        match built.or_else(|_| Message::error(&header, errors::FAILED).build(&text)) {
            Ok(answer) => self.caller.link.send(answer),
            Err(_) => Ok(()),
        }
    }
}

impl Drop for IncomingCall {
    fn drop(&mut self) {
        // A caller that is gone needs to know nothing.
        let _ = match self.caller.link.is_leaving() {
            true => self.send_error(errors::DISCONNECTED, "the server ends"),
            false => self.send_error(errors::NO_REPLY, "the server dropped the call unanswered"),
        };
    }
}
