use crate::transports::transport;
use samebox_core::{
    Bytes, Call, CallId, Capabilities, Deadline, Endpoint, ErrorKind, Operation, Outbox, Outgoing,
    Peer, Properties, Result, WAIT,
};

/// The sending end: one connection to one server, healed when the server restarts.
///
/// A client is used by one thread at a time; give each thread its own.
pub struct Client {
    outbox: Box<dyn Outbox>,
    endpoint: Endpoint,
    capabilities: Capabilities,
}

/// Connects to the server at `endpoint`, waiting for it as long as its setting `wait` says.
///
/// # Errors
/// `InvalidEndpoint`, `NotListening` when no server is there, `Denied` when the server belongs to
/// another user, `Unsupported` where this machine lacks the mechanism.
pub fn connect(endpoint: &str) -> Result<Client> {
    let endpoint: Endpoint = endpoint.parse()?;
    let deadline = waiting(&endpoint)?;
    Client::open(endpoint, deadline)
}

/// Until when a client waits for its server, as the endpoint says.
pub(crate) fn waiting(endpoint: &Endpoint) -> Result<Deadline> {
    let wait = endpoint.duration(WAIT, None)?;
    Ok(wait.map_or_else(Deadline::now, Deadline::after))
}

/// Connects to the server at `endpoint`, waiting for it until `deadline`.
///
/// # Errors
/// As [`connect`].
pub fn connect_by(endpoint: &str, deadline: impl Into<Deadline>) -> Result<Client> {
    Client::open(endpoint.parse()?, deadline.into())
}

/// How many messages of a [`Client::send_many`] are handed to the transport at once.
const BATCH: usize = 1024;

impl Client {
    fn open(endpoint: Endpoint, deadline: Deadline) -> Result<Self> {
        let transport = transport(&endpoint)?;
        let outbox = transport.connect(&endpoint, deadline)?;
        Ok(Self { outbox, endpoint, capabilities: transport.capabilities() })
    }

    /// What its further powers need.
    pub(crate) fn parts(&mut self) -> (&mut dyn Outbox, &Endpoint) {
        (self.outbox.as_mut(), &self.endpoint)
    }

    /// Sends one message at once; waits while the receiver's buffer is full.
    ///
    /// What `Ok` means is [`Capabilities::acceptance`].
    ///
    /// # Errors
    /// `TooLarge` before any byte leaves, `Disconnected` or `NotListening` when the server went away
    /// and is not back, `Full` where the overflow policy is to refuse.
    pub fn send(&mut self, payload: impl AsRef<[u8]>) -> Result<()> {
        self.outbox.send(payload.as_ref().into(), Deadline::NEVER)
    }

    /// As [`Client::send`], giving up at `deadline`.
    ///
    /// # Errors
    /// As [`Client::send`], and `TimedOut`.
    pub fn send_by(
        &mut self,
        payload: impl AsRef<[u8]>,
        deadline: impl Into<Deadline>,
    ) -> Result<()> {
        self.outbox.send(payload.as_ref().into(), deadline.into())
    }

    /// Sends one message with properties.
    ///
    /// # Errors
    /// As [`Client::send_by`], and `Unsupported` for a property that the transport lacks.
    pub fn send_with(
        &mut self,
        payload: impl AsRef<[u8]>,
        properties: &Properties,
        deadline: impl Into<Deadline>,
    ) -> Result<()> {
        let message = Outgoing { payload: payload.as_ref(), properties: Some(properties) };
        self.outbox.send(message, deadline.into())
    }

    /// Sends many messages in order, in as few system calls as the transport can; returns how many.
    ///
    /// # Errors
    /// As [`Client::send`]; [`Error::completed`](crate::Error::completed) tells how many messages went
    /// out before it.
    pub fn send_many<I>(&mut self, payloads: I) -> Result<usize>
    where
        I: IntoIterator<Item: AsRef<[u8]>>,
    {
        self.send_many_by(payloads, Deadline::NEVER)
    }

    /// As [`Client::send_many`], giving up at `deadline`.
    ///
    /// # Errors
    /// As [`Client::send_many`], and `TimedOut`.
    pub fn send_many_by<I>(&mut self, payloads: I, deadline: impl Into<Deadline>) -> Result<usize>
    where
        I: IntoIterator<Item: AsRef<[u8]>>,
    {
        let deadline = deadline.into();
        let mut payloads = payloads.into_iter();
        let mut sent = 0;
        loop {
            let kept: Vec<_> = payloads.by_ref().take(BATCH).collect();
            if kept.is_empty() {
                return Ok(sent);
            }
            let batch: Vec<_> =
                kept.iter().map(|payload| Outgoing::from(payload.as_ref())).collect();
            self.outbox.send_many(&batch, deadline).map_err(|error| {
                let completed = sent + error.completed();
                error.with_completed(completed)
            })?;
            sent += kept.len();
        }
    }

    /// Waits until all that was sent is as safe as the mechanism can make it.
    ///
    /// # Errors
    /// `TimedOut` when that cannot be told by `deadline`, `Disconnected` when the server dropped it.
    pub fn flush(&mut self, deadline: impl Into<Deadline>) -> Result<()> {
        self.outbox.flush(deadline.into())
    }

    /// Asks the server and waits for its answer.
    ///
    /// # Errors
    /// `Unsupported` where the transport is not duplex, `TimedOut` without an answer by `deadline`,
    /// `Fault` with the server's words, and as [`Client::send`].
    pub fn call(
        &mut self,
        payload: impl AsRef<[u8]>,
        deadline: impl Into<Deadline>,
    ) -> Result<Bytes> {
        let deadline = deadline.into();
        let calls = self.calls()?;
        let id = calls.request(payload.as_ref().into(), deadline)?;
        calls.response(id, deadline)
    }

    /// Asks the server without waiting; [`Client::response`] takes the answer.
    ///
    /// Several calls may be outstanding, and answers may be taken in any order.
    ///
    /// # Errors
    /// As [`Client::call`], and `Full` when too many are outstanding.
    pub fn request(
        &mut self,
        payload: impl AsRef<[u8]>,
        deadline: impl Into<Deadline>,
    ) -> Result<CallId> {
        self.calls()?.request(payload.as_ref().into(), deadline.into())
    }

    /// Waits for the answer to an outstanding call, which is over afterwards.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn response(&mut self, call: CallId, deadline: impl Into<Deadline>) -> Result<Bytes> {
        self.calls()?.response(call, deadline.into())
    }

    /// Who the server is, where the kernel vouches for it and a connection stands.
    pub fn peer(&self) -> Option<&Peer> {
        self.outbox.peer()
    }

    /// The endpoint it was connected to.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What its transport can do.
    pub fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn calls(&mut self) -> Result<&mut dyn Call> {
        let Self { outbox, endpoint, .. } = self;
        outbox.as_call().ok_or_else(|| {
            let why = format!("{}: carries messages one way only", endpoint.scheme());
            endpoint.error(ErrorKind::Unsupported, Operation::Call, why)
        })
    }
}
