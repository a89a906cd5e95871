use super::payload::{self, Payload};
use super::{CALL, INTERFACE, SEND};
use crate::dbus::client::{Asked, Client};
use crate::dbus::settings::Options;
use samebox_core::{
    Bytes, Call, CallId, Deadline, Endpoint, Error, ErrorKind, Operation, Outbox, Outgoing, Peer,
    Result,
};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use zbus::Message;
use zbus::message::Type;

/// The sending half: a client that calls one object.
#[derive(Debug)]
pub struct ObjectOutbox {
    client: Client,
    options: Options,
    peer: Arc<Peer>,
    calls: HashMap<u64, Asked>,
    last: u64,
}

/// How many messages of a batch, and bytes of them, are on their way at once.
const WINDOW: usize = 64;
const WINDOW_BYTES: usize = 1 << 20;

/// How long a message that may not wait is given to be taken, which takes two wakes of a thread.
const GRACE: Duration = Duration::from_millis(500);

/// By when a message must be taken: a deadline that has passed is for one try.
fn one_try(deadline: Deadline) -> Deadline {
    if deadline.has_passed() { Deadline::after(GRACE) } else { deadline }
}

/// How often a question is asked again that reached nobody.
const ATTEMPTS: usize = 3;

impl ObjectOutbox {
    pub(crate) fn connect(endpoint: &Endpoint, deadline: Deadline) -> Result<Self> {
        let options = Options::read(endpoint)?;
        let client = Client::connect(endpoint, &options, None, deadline)?;
        let peer = client.peer();
        Ok(Self { client, options, peer, calls: HashMap::new(), last: 0 })
    }

    fn error(&self, kind: ErrorKind, operation: Operation, why: impl Into<String>) -> Error {
        self.client.endpoint().error(kind, operation, why)
    }

    /// How a message travels, if it may.
    fn payload<'a>(&self, message: Outgoing<'a>, operation: Operation) -> Result<Payload<'a>> {
        message.check_properties(self.client.endpoint(), operation, &[])?;
        let (length, max) = (message.payload.len(), self.options.max);
        if length > max {
            let why = format!("the message has {length} bytes and at most {max} go");
            return Err(self.error(ErrorKind::TooLarge, operation, why));
        }
        Payload::new(message.payload, self.options.encoding).map_err(|why| {
            let advice = "leave ?encoding= out, and it travels as bytes";
            self.error(ErrorKind::Malformed, operation, why).with_advice(advice)
        })
    }

    fn request(
        &self,
        payload: &Payload<'_>,
        names: [&str; 2],
        operation: Operation,
        deadline: Deadline,
    ) -> Result<Asked> {
        self.client.request(INTERFACE, payload.of(names), payload, operation, deadline)
    }

    /// Sends messages, many on their way at once; gives how many have been taken, up to the first that
    /// reached nobody.
    fn send_some(
        &self,
        batch: &[Outgoing<'_>],
        deadline: Deadline,
    ) -> Result<usize, (Error, usize)> {
        let (mut under_way, mut bytes) = (VecDeque::new(), VecDeque::new());
        let (mut taken, mut is_lost) = (0, false);
        let mut failure = None;
        let mut rest = batch.iter();
        loop {
            let is_full = under_way.len() >= WINDOW || bytes.iter().sum::<usize>() > WINDOW_BYTES;
            if !is_full
                && !is_lost
                && failure.is_none()
                && let Some(message) = rest.next()
            {
                let payload = self.payload(*message, Operation::Send);
                match payload.and_then(|one| self.request(&one, SEND, Operation::Send, deadline)) {
                    Ok(asked) => {
                        under_way.push_back(asked);
                        bytes.push_back(message.payload.len());
                    }
                    Err(error) => failure = Some(error),
                }
                continue;
            }
            let Some(asked) = under_way.pop_front() else { break };
            bytes.pop_front();
            match self.taken(asked, deadline) {
                Ok(true) if !is_lost => taken += 1,
                Ok(_) => is_lost = true,
                Err(error) => return Err((error, taken)),
            }
        }
        match failure {
            Some(error) if !is_lost => Err((error, taken)),
            _ => Ok(taken),
        }
    }

    /// Waits until a message that was sent is taken; `false` when it reached nobody.
    fn taken(&self, asked: Asked, deadline: Deadline) -> Result<bool> {
        let answer = self.client.wait(&asked, deadline);
        let answer = answer.map_err(|why| self.client.unanswered(why, Operation::Send))?;
        if self.client.is_undelivered(&answer) {
            return Ok(false);
        }
        match answer.message_type() {
            Type::Error => Err(self.client.refused(&answer, Operation::Send)),
            _ => Ok(true),
        }
    }

    fn read_answer(&self, answer: &Message) -> Result<Bytes> {
        if answer.message_type() == Type::Error {
            return Err(self.client.refused(answer, Operation::Call));
        }
        let payload = payload::read(answer);
        let payload = payload.map_err(|why| {
            let why = format!("the answer is no message: {why}");
            self.error(ErrorKind::Malformed, Operation::Call, why)
        })?;
        let (length, max) = (payload.len(), self.options.max);
        if length > max {
            let why = format!("the answer has {length} bytes and at most {max} are taken");
            return Err(self.error(ErrorKind::TooLarge, Operation::Call, why));
        }
        Ok(payload)
    }

    fn note_peer(&mut self) {
        let peer = self.client.peer();
        if !Arc::ptr_eq(&peer, &self.peer) {
            self.peer = peer;
        }
    }
}

impl Outbox for ObjectOutbox {
    fn send(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        let deadline = one_try(deadline);
        let payload = self.payload(message, Operation::Send)?;
        let (name, operation) = (payload.of(SEND), Operation::Send);
        let answer = self.client.call(INTERFACE, name, &payload, operation, deadline)?;
        self.note_peer();
        match answer.message_type() {
            Type::Error => Err(self.client.refused(&answer, operation)),
            _ => Ok(()),
        }
    }

    fn send_many(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        let deadline = one_try(deadline);
        let (mut sent, mut idle) = (0, 0);
        while sent < batch.len() {
            match self.send_some(&batch[sent..], deadline) {
                Ok(0) if idle >= ATTEMPTS => {
                    let why = "its owner changes again and again";
                    let error = self.error(ErrorKind::NotListening, Operation::Send, why);
                    return Err(error.with_completed(sent));
                }
                Ok(more) => (sent, idle) = (sent + more, if more == 0 { idle + 1 } else { 0 }),
                Err((error, more)) => return Err(error.with_completed(sent + more)),
            }
        }
        self.note_peer();
        Ok(())
    }

    fn flush(&mut self, _: Deadline) -> Result<()> {
        // What was sent has been taken.
        Ok(())
    }

    fn peer(&self) -> Option<&Peer> {
        Some(&self.peer)
    }

    fn as_call(&mut self) -> Option<&mut dyn Call> {
        Some(self)
    }
}

impl Call for ObjectOutbox {
    fn request(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<CallId> {
        let payload = self.payload(message, Operation::Call)?;
        let asked = Self::request(self, &payload, CALL, Operation::Call, deadline)?;
        self.note_peer();
        self.last += 1;
        self.calls.insert(self.last, asked);
        Ok(CallId(self.last))
    }

    fn response(&mut self, call: CallId, deadline: Deadline) -> Result<Bytes> {
        let Some(mut asked) = self.calls.remove(&call.0) else {
            let why = "this call has been answered or given up already";
            return Err(self.error(ErrorKind::Unsupported, Operation::Call, why));
        };
        let mut attempts = 0;
        loop {
            let answer = self.client.wait(&asked, deadline);
            let answer = answer.map_err(|why| self.client.unanswered(why, Operation::Call))?;
            if attempts == ATTEMPTS || !self.client.is_undelivered(&answer) {
                self.note_peer();
                return self.read_answer(&answer);
            }
            attempts += 1;
            let question = payload::read(asked.message()).unwrap_or_default();
            let payload = self.payload((&*question).into(), Operation::Call)?;
            asked = Self::request(self, &payload, CALL, Operation::Call, deadline)?;
        }
    }
}
