use crate::transports::transport;
use samebox_core::{
    Capabilities, Counters, Deadline, Endpoint, Error, ErrorKind, Inbox, Message, Operation,
    Result, Stopper,
};
use std::thread::JoinHandle;

/// The receiving end: hears every client of its endpoint.
///
/// Dropping it frees the name; clients see that the server went away.
pub struct Server {
    inbox: Box<dyn Inbox>,
    capabilities: Capabilities,
}

/// Becomes the server of `endpoint`, for this user only unless its setting `allow` names others.
///
/// # Errors
/// `InvalidEndpoint`, `AddressInUse` when a live server owns the name, `Denied` when another user
/// does, `Unsupported` where this machine lacks the mechanism.
pub fn bind(endpoint: &str) -> Result<Server> {
    let endpoint: Endpoint = endpoint.parse()?;
    let transport = transport(&endpoint)?;
    Ok(Server { inbox: transport.bind(&endpoint)?, capabilities: transport.capabilities() })
}

impl Server {
    /// The next message of any client; [`Deadline::now`] tries without waiting.
    ///
    /// A bad client never ends it; see [`Server::take_fault`].
    ///
    /// # Errors
    /// `TimedOut` when none came by `deadline`, `Stopped` after its [`Stopper`] was used.
    pub fn recv(&mut self, deadline: impl Into<Deadline>) -> Result<Message> {
        self.inbox.recv(deadline.into())
    }

    /// Where its further powers are.
    pub(crate) fn inbox(&mut self) -> &mut dyn Inbox {
        self.inbox.as_mut()
    }

    /// Calls `handler` for each message, on a thread of its own, until stopped.
    ///
    /// # Errors
    /// `Io` when the system gives no thread.
    pub fn start(self, handler: impl FnMut(Message) + Send + 'static) -> Result<Running> {
        let endpoint = self.endpoint().clone();
        let stopper = self.stopper();
        let name = format!("samebox {endpoint}").chars().take(15).collect();
        let thread = std::thread::Builder::new().name(name).spawn(|| self.run(handler));
        let thread = thread.map_err(|cause| {
            endpoint
                .error(ErrorKind::Io, Operation::Recv, "the system gives no thread")
                .with_source(cause)
        })?;
        Ok(Running { endpoint, stopper, thread: Some(thread) })
    }

    fn run(mut self, mut handler: impl FnMut(Message)) -> Result<()> {
        loop {
            match self.recv(Deadline::NEVER) {
                Ok(message) => handler(message),
                Err(error) if error.kind() == ErrorKind::Stopped => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// What ends a blocked [`Server::recv`] from another thread.
    pub fn stopper(&self) -> Stopper {
        self.inbox.stopper()
    }

    /// The endpoint as bound, with what the system chose (a port, say) filled in.
    pub fn endpoint(&self) -> &Endpoint {
        self.inbox.endpoint()
    }

    /// What its transport can do.
    pub fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    /// What has been counted so far: received, lost, refused, cut off.
    pub fn counters(&self) -> Counters {
        self.inbox.counters()
    }

    /// Takes the oldest note of what a bad client did; the latest 64 are kept.
    pub fn take_fault(&mut self) -> Option<Error> {
        self.inbox.take_fault()
    }
}

/// Messages until the server is stopped; ends with the error, if one ends it.
impl Iterator for Server {
    type Item = Result<Message>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.recv(Deadline::NEVER) {
            Err(error) if error.kind() == ErrorKind::Stopped => None,
            other => Some(other),
        }
    }
}

/// A server whose handler runs on a thread; dropping it stops it.
pub struct Running {
    endpoint: Endpoint,
    stopper: Stopper,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Running {
    /// The endpoint as bound.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Stops the server and waits until its handler has returned and its name is free.
    ///
    /// # Errors
    /// What ended the server before, if anything did; `Io` when its handler panicked.
    pub fn stop(mut self) -> Result<()> {
        self.join()
    }

    fn join(&mut self) -> Result<()> {
        self.stopper.stop();
        let Some(thread) = self.thread.take() else { return Ok(()) };
        if thread.thread().id() == std::thread::current().id() {
            // Dropped by its own handler: the loop ends when the handler returns.
            return Ok(());
        }
        thread.join().unwrap_or_else(|_| {
            let why = "the handler panicked";
            Err(self.endpoint.error(ErrorKind::Io, Operation::Recv, why))
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Whoever wants the outcome calls `stop`.
        let _ = self.join();
    }
}
