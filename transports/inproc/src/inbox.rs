use crate::names;
use crate::queue::Queue;
use samebox_core::{
    Counters, Deadline, Endpoint, Error, ErrorKind, Inbox, Message, Operation, Result, Stopper,
};
use std::sync::Arc;

/// The server's half: owns the queue and the name.
pub struct InprocInbox {
    endpoint: Endpoint,
    queue: Arc<Queue>,
}

impl InprocInbox {
    pub(crate) fn new(endpoint: Endpoint, queue: Arc<Queue>) -> Self {
        Self { endpoint, queue }
    }
}

impl Inbox for InprocInbox {
    fn recv(&mut self, deadline: Deadline) -> Result<Message> {
        self.queue.pop(deadline).map_err(|kind| {
            let why = match kind {
                ErrorKind::Stopped => "the server was stopped",
                _ => "no message came in time",
            };
            self.endpoint.error(kind, Operation::Recv, why)
        })
    }

    fn stopper(&self) -> Stopper {
        let queue = Arc::clone(&self.queue);
        Stopper::new(move || queue.stop())
    }

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn counters(&self) -> Counters {
        self.queue.counters()
    }

    /// Always `None`: a client in the same process cannot break the wire.
    fn take_fault(&mut self) -> Option<Error> {
        None
    }
}

impl Drop for InprocInbox {
    fn drop(&mut self) {
        // The name first: whoever sees the queue closed must find the name free.
        names::free(&self.endpoint);
        self.queue.close();
    }
}
