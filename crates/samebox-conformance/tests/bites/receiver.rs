use crate::flaw::Flaw;
use samebox_core::{
    Counters, Deadline, Endpoint, Error, ErrorKind, Inbox, Message, Operation, Result, Stopper,
};

/// A receiving half with a flaw.
pub(crate) struct Receiver {
    inner: Option<Box<dyn Inbox>>,
    flaw: Flaw,
    endpoint: Endpoint,
    stopped: bool,
}

impl Receiver {
    pub(crate) fn new(inner: Box<dyn Inbox>, flaw: Flaw) -> Self {
        let endpoint = inner.endpoint().clone();
        Self { inner: Some(inner), flaw, endpoint, stopped: false }
    }

    fn inner(&self) -> &dyn Inbox {
        self.inner.as_deref().expect("it is there until it is dropped")
    }
}

impl Inbox for Receiver {
    fn recv(&mut self, deadline: Deadline) -> Result<Message> {
        if self.flaw == Flaw::StopsOnce && self.stopped {
            return Err(self.endpoint.error(ErrorKind::TimedOut, Operation::Recv, "as before"));
        }
        let deadline = match self.flaw {
            Flaw::ReceivesBeyondDeadline => Deadline::NEVER,
            Flaw::GivesUpEarly => Deadline::now(),
            _ => deadline,
        };
        let received = self.inner.as_mut().expect("it is there until it is dropped").recv(deadline);
        self.stopped |= received.as_ref().is_err_and(|error| error.kind() == ErrorKind::Stopped);
        received
    }

    fn stopper(&self) -> Stopper {
        match self.flaw {
            Flaw::NeverStops => Stopper::new(|| {}),
            _ => self.inner().stopper(),
        }
    }

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn counters(&self) -> Counters {
        match self.flaw {
            Flaw::CountsNothing => Counters::default(),
            _ => self.inner().counters(),
        }
    }

    fn take_fault(&mut self) -> Option<Error> {
        None
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if self.flaw == Flaw::NeverGivesUpItsName {
            std::mem::forget(self.inner.take());
        }
    }
}
