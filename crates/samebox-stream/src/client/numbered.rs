use super::connection::Connection;
use crate::Connector;
use samebox_core::{
    Bytes, Call, CallId, Deadline, ErrorKind, Operation, Outbox, Outgoing, Peer, Result,
};
use samebox_framing::Kind;
use std::collections::HashMap;

/// A client whose framing numbers its calls: one connection carries everything.
pub(super) struct Numbered<C: Connector> {
    connection: Connection<C>,
    next: u64,
    calls: HashMap<u64, Outstanding>,
}

/// One call without an answer taken.
struct Outstanding {
    /// The connection it was asked on.
    generation: u64,
    answer: Option<Result<Bytes>>,
}

/// Calls that one client may have outstanding.
const CALLS: usize = 4096;

impl<C: Connector> Numbered<C> {
    pub(super) fn new(connection: Connection<C>) -> Self {
        Self { connection, next: 1, calls: HashMap::new() }
    }

    /// Takes in one frame from the server.
    fn take_in(&mut self, kind: Kind, payload: Bytes) -> Result<()> {
        let (number, answer) = match kind {
            Kind::Reply(number) => (number, Ok(payload)),
            Kind::Fault(number) => {
                let words = String::from_utf8_lossy(&payload).into_owned();
                (number, Err(self.error(ErrorKind::Fault, words)))
            }
            Kind::Message | Kind::Call(_) => return Err(self.unasked()),
        };
        if number == 0 || number >= self.next {
            return Err(self.unasked());
        }
        // An answer to a call that has been given up is dropped.
        if let Some(call) = self.calls.get_mut(&number) {
            call.answer.get_or_insert(answer);
        }
        Ok(())
    }

    fn unasked(&mut self) -> samebox_core::Error {
        self.connection.close();
        self.error(ErrorKind::Malformed, "the server sent what nobody asked for")
    }

    fn error(&self, kind: ErrorKind, why: impl Into<String>) -> samebox_core::Error {
        self.connection.endpoint.error(kind, Operation::Call, why)
    }

    fn wait_for(&mut self, number: u64, deadline: Deadline) -> Result<Bytes> {
        loop {
            let Some(call) = self.calls.get_mut(&number) else {
                let why = "this call has been answered or given up already";
                return Err(self.error(ErrorKind::Unsupported, why));
            };
            if let Some(answer) = call.answer.take() {
                return answer;
            }
            if call.generation != self.connection.generation() {
                let why = "the server went away before it answered";
                return Err(self.error(ErrorKind::Disconnected, why));
            }
            match self.connection.read_frame(deadline)? {
                Some((kind, payload)) => self.take_in(kind, payload)?,
                None => {
                    let why = "the server ended the connection before it answered";
                    return Err(self.error(ErrorKind::Disconnected, why));
                }
            }
        }
    }
}

impl<C: Connector> Outbox for Numbered<C> {
    #[inline]
    fn send(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        self.connection.listens = !self.calls.is_empty();
        self.connection.send_frame(Kind::Message, message, Operation::Send, deadline)
    }

    fn send_many(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        self.connection.listens = !self.calls.is_empty();
        self.connection.send_batch(batch, deadline)
    }

    fn flush(&mut self, deadline: Deadline) -> Result<()> {
        self.connection.flush(deadline)
    }

    fn peer(&self) -> Option<&Peer> {
        self.connection.peer()
    }

    fn as_call(&mut self) -> Option<&mut dyn Call> {
        Some(self)
    }
}

impl<C: Connector> Call for Numbered<C> {
    fn request(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<CallId> {
        if self.calls.len() >= CALLS {
            let why = format!("{CALLS} calls are outstanding");
            return Err(self.error(ErrorKind::Full, why).with_advice("take some answers first"));
        }
        let number = self.next;
        self.connection.listens = !self.calls.is_empty();
        self.connection.send_frame(Kind::Call(number), message, Operation::Call, deadline)?;
        self.next += 1;
        let generation = self.connection.generation();
        self.calls.insert(number, Outstanding { generation, answer: None });
        Ok(CallId(number))
    }

    fn response(&mut self, call: CallId, deadline: Deadline) -> Result<Bytes> {
        let outcome = self.wait_for(call.0, deadline);
        self.calls.remove(&call.0);
        outcome
    }
}
