use crate::answer::InprocAnswer;
use crate::caller::Caller;
use crate::queue::{Entry, Queue};
use crate::{Limits, names, this_process};
use samebox_core::{
    Bytes, Call, CallId, Deadline, Endpoint, Error, ErrorKind, Message, Operation, Outbox,
    Outgoing, Peer, Result, WAIT,
};
use std::sync::Arc;
use std::time::Duration;

/// The client's half: one queue of one server, found anew when that server is gone.
pub struct InprocOutbox {
    endpoint: Arc<Endpoint>,
    limits: Limits,
    wait: Duration,
    peer: Arc<Peer>,
    caller: Arc<Caller>,
    queue: Arc<Queue>,
    /// Its number with that queue.
    number: u64,
}

impl InprocOutbox {
    pub(crate) fn connect(endpoint: &Endpoint, limits: Limits, deadline: Deadline) -> Result<Self> {
        endpoint.plain_name()?;
        let wait = endpoint.duration(WAIT, None)?.unwrap_or_default();
        let caller = Arc::new(Caller::new(limits));
        let (queue, number) = attach(endpoint, &caller, Operation::Connect, deadline)?;
        let (endpoint, peer) = (Arc::new(endpoint.clone()), Arc::new(this_process()));
        Ok(Self { endpoint, limits, wait, peer, caller, queue, number })
    }

    /// Finds the server that has the name now, when the one it knew is gone.
    fn heal(&mut self, operation: Operation, deadline: Deadline) -> Result<()> {
        if !self.queue.is_open() {
            let deadline = Deadline::after(self.wait).earlier(deadline);
            (self.queue, self.number) = attach(&self.endpoint, &self.caller, operation, deadline)?;
        }
        Ok(())
    }

    fn check(&self, message: Outgoing<'_>, operation: Operation) -> Result<()> {
        message.check_properties(&self.endpoint, operation, crate::Inproc::PROPERTIES)?;
        let (size, max) = (message.payload.len(), self.limits.max.min(self.queue.limits.max));
        if size <= max {
            return Ok(());
        }
        let why = format!("the message has {size} bytes, {max} are allowed");
        Err(self.endpoint.error(ErrorKind::TooLarge, operation, why))
    }

    fn push(
        &self,
        outgoing: Outgoing<'_>,
        call: Option<CallId>,
        deadline: Deadline,
    ) -> Result<(), ErrorKind> {
        let payload = Bytes::copy_from_slice(outgoing.payload);
        let mut message = Message::new(payload, Arc::clone(&self.peer));
        if let Some(properties) = outgoing.properties {
            message = message.with_properties(properties.clone());
        }
        if let Some(call) = call {
            let (endpoint, caller) = (Arc::clone(&self.endpoint), Arc::clone(&self.caller));
            message = message.with_answer(Box::new(InprocAnswer { endpoint, caller, call }));
        }
        let cost = Limits::cost(outgoing.payload.len());
        self.queue.push(Entry { message, cost, sender: Arc::clone(&self.caller), call }, deadline)
    }

    fn refused(&self, kind: ErrorKind, operation: Operation) -> Error {
        let why = match kind {
            ErrorKind::Full => "the messages that wait for the server fill its capacity",
            ErrorKind::TimedOut => "the server made no room in time",
            _ => "the server went away",
        };
        self.endpoint.error(kind, operation, why)
    }
}

/// Becomes a client of the server that has the name, waiting for one until `deadline`.
fn attach(
    endpoint: &Endpoint,
    caller: &Arc<Caller>,
    operation: Operation,
    deadline: Deadline,
) -> Result<(Arc<Queue>, u64)> {
    loop {
        let Some(queue) = names::find(endpoint, deadline) else {
            let why = "no server of this process has the name";
            return Err(endpoint.error(ErrorKind::NotListening, operation, why));
        };
        // A server on its way out has freed its name already, so the next look finds another.
        if let Some(number) = queue.attach(caller) {
            return Ok((queue, number));
        }
    }
}

impl Outbox for InprocOutbox {
    fn send(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        self.heal(Operation::Send, deadline)?;
        self.check(message, Operation::Send)?;
        self.push(message, None, deadline).map_err(|kind| self.refused(kind, Operation::Send))
    }

    fn send_many(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        for (completed, message) in batch.iter().enumerate() {
            self.send(*message, deadline).map_err(|error| error.with_completed(completed))?;
        }
        Ok(())
    }

    /// Tells whether a server took its leave with messages of this client unread.
    fn flush(&mut self, _: Deadline) -> Result<()> {
        match self.caller.take_unread() {
            0 => Ok(()),
            unread => {
                let why = format!("the server went away with {unread} messages unread");
                Err(self.endpoint.error(ErrorKind::Disconnected, Operation::Send, why))
            }
        }
    }

    fn peer(&self) -> Option<&Peer> {
        self.queue.is_open().then_some(&self.peer)
    }

    fn as_call(&mut self) -> Option<&mut dyn Call> {
        Some(self)
    }
}

impl Call for InprocOutbox {
    fn request(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<CallId> {
        self.heal(Operation::Call, deadline)?;
        self.check(message, Operation::Call)?;
        let call = self.caller.open().ok_or_else(|| {
            let why = "too many calls wait for an answer";
            self.endpoint.error(ErrorKind::Full, Operation::Call, why)
        })?;
        self.push(message, Some(call), deadline).map_err(|kind| {
            self.caller.forget(call);
            self.refused(kind, Operation::Call)
        })?;
        Ok(call)
    }

    fn response(&mut self, call: CallId, deadline: Deadline) -> Result<Bytes> {
        match self.caller.wait(call, deadline) {
            Some(Ok(answer)) => Ok(answer),
            Some(Err((kind, why))) => Err(self.endpoint.error(kind, Operation::Call, why)),
            None => {
                let why = "no answer came in time";
                Err(self.endpoint.error(ErrorKind::TimedOut, Operation::Call, why))
            }
        }
    }
}

impl Drop for InprocOutbox {
    fn drop(&mut self) {
        self.caller.leave();
        self.queue.detach(self.number);
    }
}
