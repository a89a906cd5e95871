use super::back::Back;
use super::header::{Header, Kind};
use super::respond::{Note, Responder};
use super::service::Service;
use samebox_core::typed::{Caller, Dispatch, Invoke};
use samebox_core::{ErrorKind, Message, Peer};
use samebox_msgpack::{DEPTH, Decoder};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock};

/// What a service keeps for one client.
pub(super) struct Session {
    service: Arc<Service>,
    peer: Peer,
    /// What takes its calls; made with the first of them.
    object: OnceLock<Arc<dyn Dispatch>>,
    pub(super) back: Option<Arc<Back>>,
    /// The same way back, as the service's methods get it.
    invoke: Option<Arc<dyn Invoke>>,
    /// Used by the pool, with its own lock held.
    pub(super) calls: Mutex<Calls>,
}

/// Calls of one session that wait for a thread.
#[derive(Default)]
pub(super) struct Calls {
    pub(super) waiting: VecDeque<Call>,
    /// How many of them want an answer.
    pub(super) asking: usize,
    /// A thread has the session, or it is among those that wait for one.
    pub(super) scheduled: bool,
}

/// A call as it came.
pub(super) struct Call {
    pub(super) header: Header,
    pub(super) message: Message,
}

impl Call {
    /// Whether its caller waits for an answer.
    pub(super) fn asks(&self) -> bool {
        self.header.kind == Kind::Call
    }
}

impl Calls {
    pub(super) fn push(&mut self, call: Call) {
        self.asking += usize::from(call.asks());
        self.waiting.push_back(call);
    }

    pub(super) fn pop(&mut self) -> Option<Call> {
        let call = self.waiting.pop_front()?;
        self.asking -= usize::from(call.asks());
        Some(call)
    }
}

impl Session {
    pub(super) fn new(service: &Arc<Service>, peer: &Peer) -> Self {
        let back = service
            .contract
            .callback
            .map(|callback| Arc::new(Back::new(Arc::clone(service), callback, peer.clone())));
        Self {
            service: Arc::clone(service),
            peer: peer.clone(),
            object: OnceLock::new(),
            invoke: back.clone().map(|back| back as Arc<dyn Invoke>),
            back,
            calls: Mutex::default(),
        }
    }

    /// Who its first message came from.
    pub(super) fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Whether messages of that peer may belong to it.
    pub(super) fn belongs_to(&self, peer: &Peer) -> bool {
        self.peer.user == peer.user
    }

    /// Executes a call and answers it; `out` is memory to write the answer in.
    pub(super) fn execute(&self, call: Call, out: &mut Vec<u8>) {
        let Call { header, mut message } = call;
        let one_way = header.kind == Kind::OneWay;
        let note = self.dispatch(&header, &message, one_way, out);
        if let Some(note) = note {
            self.note(header, note, &message);
        }
        if one_way {
            return;
        }
        if out.len() > self.service.largest {
            let (size, largest) = (out.len(), self.service.largest);
            let why = format!("the answer has {size} bytes, {largest} are allowed");
            Responder::new(out).refuse(ErrorKind::TooLarge, &why);
        }
        if let Err(error) = message.reply(&*out) {
            self.service.note(error);
        }
    }

    fn dispatch(
        &self,
        header: &Header,
        message: &Message,
        one_way: bool,
        out: &mut Vec<u8>,
    ) -> Option<Note> {
        let index = usize::from(header.operation);
        let operations = &self.service.contract.operations;
        let mut respond = Responder::new(out);
        let Some(operation) = operations.get(index).filter(|known| known.one_way == one_way) else {
            let why = "the contract has no such operation";
            respond.refuse(ErrorKind::Malformed, why);
            return Some(Note::Bad(why.into()));
        };
        let mut arguments = Decoder::new(&message.payload()[Header::LENGTH..], DEPTH);
        let begun = arguments.parts(operation.parameters.len());
        let caller = Caller { peer: message.peer(), back: self.invoke.as_ref() };
        respond.run(begun, &operation.name, |respond| {
            let object = self.object.get_or_init(|| self.service.instances.begin(caller.peer));
            object.dispatch(index, &caller, &mut arguments, respond)
        })
    }

    fn note(&self, header: Header, note: Note, message: &Message) {
        let name = &self.service.contract.operations.get(usize::from(header.operation));
        let name = name.map_or("an operation", |operation| &operation.name);
        match note {
            Note::Panic => {
                let why = format!("{name} panicked; its caller was told that the service failed");
                self.service.note_words(ErrorKind::Fault, why);
            }
            Note::Bad(why) => {
                let why = format!("a call of {name} by {}: {why}", message.peer());
                self.service.note_words(ErrorKind::Malformed, why);
            }
        }
    }

    /// Ends it: the client has gone, or is forgotten.
    pub(super) fn end(&self, kind: ErrorKind, why: &'static str) {
        if let Some(back) = &self.back {
            back.close(kind, why);
        }
    }
}
