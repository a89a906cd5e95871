use super::answer::PlainAnswer;
use super::payload::{self, Payload};
use super::{CALL, INTERFACE, RECEIVED, SEND};
use crate::dbus::server::{
    Argument, Emitter, Export, IncomingCall, Interface, Method, Server, Signal, errors,
};
use crate::dbus::settings::{Encoding, Options};
use samebox_core::{
    Counters, Deadline, Endpoint, Error, Inbox, Mailbox, Message, Refused, Result, Stopper,
};
use std::sync::{Arc, OnceLock};

/// The receiving half: an object whose calls are messages.
#[derive(Debug)]
pub struct ObjectInbox {
    mailbox: Arc<Mailbox>,
    server: Server,
}

impl ObjectInbox {
    pub(crate) fn bind(endpoint: &Endpoint) -> Result<Self> {
        let options = Options::read(endpoint)?;
        let mailbox = Mailbox::new(options.capacity);
        let desk = Arc::new(Desk {
            mailbox: mailbox.clone(),
            endpoint: Arc::new(endpoint.clone()),
            interfaces: [interface()],
            emitter: OnceLock::new(),
            encoding: options.encoding,
            max: options.max,
        });
        let server = Server::start(endpoint, &options, desk.clone())?;
        // A call that came in meanwhile is not told of.
        let _ = desk.emitter.set(server.emitter());
        Ok(Self { mailbox, server })
    }
}

/// What plain messages are for other programs.
fn interface() -> Interface {
    let one = |name: &str, text: bool| vec![Argument::new(name, if text { "s" } else { "ay" })];
    let method = |name: &str, text: bool, outputs| Method {
        name: name.into(),
        inputs: one("data", text),
        outputs,
        is_one_way: false,
    };
    let signal = |name: &str, text| Signal { name: name.into(), arguments: one("data", text) };
    Interface {
        name: INTERFACE.into(),
        methods: vec![
            method(SEND[0], true, vec![]),
            method(CALL[0], true, one("answer", true)),
            method(SEND[1], false, vec![]),
            method(CALL[1], false, one("answer", false)),
        ],
        signals: vec![signal(RECEIVED[0], true), signal(RECEIVED[1], false)],
        ..Interface::default()
    }
}

impl Inbox for ObjectInbox {
    fn recv(&mut self, deadline: Deadline) -> Result<Message> {
        self.mailbox.recv(self.server.endpoint(), deadline)
    }

    fn stopper(&self) -> Stopper {
        self.mailbox.stopper()
    }

    fn endpoint(&self) -> &Endpoint {
        self.server.endpoint()
    }

    fn counters(&self) -> Counters {
        let mut counters = self.server.counters();
        counters.received = self.mailbox.counters().received;
        counters
    }

    fn take_fault(&mut self) -> Option<Error> {
        self.server.take_fault()
    }
}

impl Drop for ObjectInbox {
    fn drop(&mut self) {
        self.server.leave();
        // The server's thread may be waiting to put a message in; callers of what nobody has received
        // are told so while the server can still tell.
        drop(self.mailbox.close());
    }
}

/// Takes the calls of all clients.
struct Desk {
    mailbox: Arc<Mailbox>,
    endpoint: Arc<Endpoint>,
    interfaces: [Interface; 1],
    emitter: OnceLock<Emitter>,
    encoding: Encoding,
    max: usize,
}

impl Export for Desk {
    fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    fn call(&self, call: IncomingCall) {
        // A caller that is gone needs to know nothing, here and below.
        let payload = match payload::read(&call.message) {
            Ok(payload) => payload,
            Err(why) => {
                let _ = call.error(errors::INVALID_ARGS, &why);
                return;
            }
        };
        if payload.len() > self.max {
            let why = format!("it has {} bytes and at most {} are taken", payload.len(), self.max);
            let _ = call.error(errors::LIMITS_EXCEEDED, &why);
            return;
        }
        let message = Message::new(payload.clone(), call.caller.peer.clone());
        if CALL.contains(&call.member().as_str()) && call.wants_answer() {
            let (endpoint, encoding, max) = (self.endpoint.clone(), self.encoding, self.max);
            let answer = PlainAnswer { call, endpoint, encoding, max };
            // Refused, it tells its caller when it is dropped.
            return drop(self.mailbox.put(message.with_answer(Box::new(answer)), Deadline::NEVER));
        }
        match self.mailbox.put(message, Deadline::NEVER) {
            Ok(()) => {
                let _ = call.reply(&());
                self.tell(&payload);
            }
            Err(Refused::Closed(_) | Refused::Full(_)) => {
                let _ = call.error(errors::DISCONNECTED, "the server receives no more");
            }
        }
    }
}

impl Desk {
    /// Tells everybody who listens what was sent.
    fn tell(&self, payload: &[u8]) {
        if let (Some(emitter), Ok(payload)) =
            (self.emitter.get(), Payload::new(payload, Encoding::Auto))
        {
            emitter.emit(INTERFACE, payload.of(RECEIVED), &payload);
        }
    }
}
