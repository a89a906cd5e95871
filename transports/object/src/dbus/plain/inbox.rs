use super::answer::PlainAnswer;
use super::payload::{self, Payload};
use super::{CALL, INTERFACE, RECEIVED, SEND};
use crate::dbus::server::{
    Argument, Emitter, Export, IncomingCall, Interface, Method, Server, Signal, errors,
};
use crate::dbus::settings::{Encoding, Options};
use samebox_core::{
    Counters, Deadline, Endpoint, Error, ErrorKind, Inbox, Mailbox, Message, Refused, Result,
    Stopper,
};
use std::sync::{Arc, OnceLock};
use zruntime::{Event, EventListener};

/// The receiving half: an object whose calls are messages.
#[derive(Debug)]
pub struct ObjectInbox {
    mailbox: Arc<Mailbox>,
    news: Arc<News>,
    server: Server,
}

impl ObjectInbox {
    pub(crate) fn bind(endpoint: &Endpoint) -> Result<Self> {
        let options = Options::read(endpoint)?;
        let mailbox = Mailbox::new(options.capacity);
        let news = Arc::<News>::default();
        let desk = Arc::new(Desk {
            mailbox: mailbox.clone(),
            news: news.clone(),
            endpoint: Arc::new(endpoint.clone()),
            interfaces: [interface()],
            emitter: OnceLock::new(),
            encoding: options.encoding,
            max: options.max,
        });
        let server = Server::start(endpoint, &options, desk.clone())?;
        // A call that came in meanwhile is not told of.
        let _ = desk.emitter.set(server.emitter());
        Ok(Self { mailbox, news, server })
    }
}

/// What is told of the mailbox.
#[derive(Debug, Default)]
struct News {
    /// A message came, or none will.
    came: Event,
    /// A message was taken, or none will be.
    taken: Event,
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
        loop {
            let came = self.news.came.listen();
            let there = self.mailbox.recv(self.server.endpoint(), Deadline::now());
            match there {
                Err(error) if error.kind() == ErrorKind::TimedOut && !deadline.has_passed() => {}
                other => {
                    self.news.taken.notify(usize::MAX);
                    return other;
                }
            }
            // Whether one came in time is seen by looking.
            let _ = self.server.driver().wait(came, deadline);
        }
    }

    fn stopper(&self) -> Stopper {
        let (stopper, news) = (self.mailbox.stopper(), self.news.clone());
        Stopper::new(move || {
            stopper.stop();
            news.came.notify(usize::MAX);
        })
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
        // Callers of what nobody has received are told so while the server can still tell.
        drop(self.mailbox.close());
        self.news.taken.notify(usize::MAX);
    }
}

/// Takes the calls of all clients.
struct Desk {
    mailbox: Arc<Mailbox>,
    news: Arc<News>,
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

    fn is_full(&self) -> Option<EventListener> {
        let taken = self.news.taken.listen();
        (!self.mailbox.has_room()).then_some(taken)
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
            drop(self.put(message.with_answer(Box::new(answer))));
            return;
        }
        match self.put(message) {
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
    /// There is room: it was waited for.
    fn put(&self, message: Message) -> Result<(), Refused> {
        let put = self.mailbox.put(message, Deadline::now());
        self.news.came.notify(1);
        put
    }

    /// Tells everybody who listens what was sent.
    fn tell(&self, payload: &[u8]) {
        if let (Some(emitter), Ok(payload)) =
            (self.emitter.get(), Payload::new(payload, Encoding::Auto))
        {
            emitter.emit(INTERFACE, payload.of(RECEIVED), &payload);
        }
    }
}
