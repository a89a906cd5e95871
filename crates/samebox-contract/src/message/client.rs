use super::answer::{self, Kind as AnswerKind, Title};
use super::fingerprint::fingerprint;
use super::header::{Header, Kind, SessionId};
use super::lane::{Connection, Lane, Turn};
use super::listener::Listener;
use super::needs;
use samebox_core::typed::{Dispatch, Failure, Invocation, Invoke, ReadAnswer};
use samebox_core::{
    Bytes, Deadline, DynTransport, Endpoint, Error, ErrorKind, Operation, Peer, Result,
};
use samebox_data::Contract;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Connects to a service whose calls travel as messages.
pub(crate) fn connect(
    transport: &dyn DynTransport,
    endpoint: &Endpoint,
    contract: &'static Contract,
    callbacks: Option<Arc<dyn Dispatch>>,
    deadline: Deadline,
) -> Result<Arc<dyn Invoke>> {
    needs::check(transport, endpoint, contract, Operation::Connect)?;
    let terms = Arc::new(Terms::new(endpoint, contract));
    let mut connection = Connection::new(transport.connect(endpoint, deadline)?);
    let known = connection.outbox.peer().cloned();
    if transport.capabilities().duplex {
        greet(&mut connection, &terms, deadline)?;
    }
    let listener = match callbacks.filter(|_| contract.callback.is_some()) {
        None => None,
        Some(callbacks) => {
            let second = Connection::new(transport.connect(endpoint, deadline)?);
            Some(Listener::start(second, Arc::clone(&terms), callbacks)?)
        }
    };
    let used = AtomicBool::new(listener.is_some());
    Ok(Arc::new(Client { terms, lane: Lane::new(connection), listener, peer: known, used }))
}

/// How long a server that was reached may take to say which contract it has, at least.
const GREETING: Duration = Duration::from_secs(10);

/// How long the end of a client may take to reach the server.
const PARTING: Duration = Duration::from_secs(1);

/// What a client says in every message, and how it speaks of its server.
pub(super) struct Terms {
    endpoint: Endpoint,
    pub(super) contract: &'static Contract,
    fingerprint: u64,
    session: SessionId,
}

impl Terms {
    fn new(endpoint: &Endpoint, contract: &'static Contract) -> Self {
        Self {
            endpoint: endpoint.clone(),
            contract,
            fingerprint: fingerprint(contract),
            session: uuid::Uuid::new_v4().into_bytes(),
        }
    }

    /// Begins a message in place of what `out` holds.
    pub(super) fn begin(&self, out: &mut Vec<u8>, kind: Kind, operation: u16) {
        out.clear();
        let Self { fingerprint, session, .. } = *self;
        Header { kind, fingerprint, session, operation }.write(out);
    }

    pub(super) fn error(&self, kind: ErrorKind, doing: Operation, why: impl Into<String>) -> Error {
        self.endpoint.error(kind, doing, why)
    }

    /// The error of a server with another contract, whose answer told which.
    fn mismatch(&self, body: &[u8], doing: Operation) -> Error {
        let ours = Title::of(self.contract);
        let Ok(theirs) = Title::read(body) else { return self.stranger(doing) };
        let why = if ours == theirs {
            format!("both sides have {} {}, but not the same one", ours.name, ours.version)
        } else if ours.name == theirs.name && ours.version == theirs.version {
            let (ours_in, theirs_in) = (&ours.namespace, &theirs.namespace);
            format!("this client has {} of {ours_in}, the server that of {theirs_in}", ours.name)
        } else {
            format!(
                "this client has {} {}, the server {} {}",
                ours.name, ours.version, theirs.name, theirs.version
            )
        };
        let error = self.error(ErrorKind::Mismatch, doing, why);
        if ours != theirs {
            return error;
        }
        error.with_advice(
            "build both sides from one definition, and give a changed one a new version",
        )
    }

    /// The error of a server that answers something else.
    fn stranger(&self, doing: Operation) -> Error {
        let why = "what answers there is no host of typed services";
        let advice = format!("check the endpoint; a host of {} must be there", self.contract.name);
        self.error(ErrorKind::Mismatch, doing, why).with_advice(advice)
    }
}

/// Asks the server which contract it has.
fn greet(connection: &mut Connection, terms: &Terms, deadline: Deadline) -> Result<()> {
    let doing = Operation::Connect;
    let least = Deadline::after(GREETING);
    let patient = deadline.remaining().is_none_or(|left| left > GREETING);
    let deadline = if patient { deadline } else { least };
    terms.begin(&mut connection.buffer, Kind::Hello, 0);
    answer::write_title(&mut connection.buffer, terms.contract);
    let answer = exchange(connection, terms, "its greeting", deadline).map_err(|error| {
        let error = error.during(doing);
        match error.kind() {
            ErrorKind::Fault => terms.stranger(doing).with_source(error),
            ErrorKind::TimedOut => {
                let why = "it took the greeting of a typed client and did not answer it";
                let advice = "check that a host of typed services is there, not a plain listener";
                terms.error(ErrorKind::TimedOut, doing, why).with_advice(advice)
            }
            _ => error,
        }
    })?;
    match answer::split(&answer) {
        Some((AnswerKind::Welcome, _)) => Ok(()),
        Some((AnswerKind::Mismatch, body)) => Err(terms.mismatch(body, doing)),
        _ => Err(terms.stranger(doing)),
    }
}

/// Sends what the buffer of the connection holds, and waits for the answer.
fn exchange(
    connection: &mut Connection,
    terms: &Terms,
    what: &str,
    deadline: Deadline,
) -> Result<Bytes> {
    let Connection { outbox, buffer } = connection;
    let calls = outbox
        .as_call()
        .ok_or_else(|| needs::no_answers(&terms.endpoint, terms.contract, what, Operation::Call))?;
    let call = calls.request(buffer.as_slice().into(), deadline)?;
    calls.response(call, deadline)
}

/// The client of a service whose calls travel as messages.
struct Client {
    terms: Arc<Terms>,
    lane: Lane,
    listener: Option<Listener>,
    /// Who the server was when the client connected.
    peer: Option<Peer>,
    /// The server may know the session.
    used: AtomicBool,
}

impl Client {
    /// Waits for the connection and writes a call into its buffer.
    fn prepare(&self, call: &Invocation<'_>, kind: Kind, deadline: Deadline) -> Result<Turn<'_>> {
        let mut turn = self.lane.take(deadline).ok_or_else(|| {
            let why = "an earlier call of this client was not done in time";
            let advice = "allow more time, or connect another client for calls that take long";
            self.terms.error(ErrorKind::TimedOut, Operation::Call, why).with_advice(advice)
        })?;
        let operation = u16::try_from(call.operation).map_err(|_| self.unknown())?;
        self.terms.begin(&mut turn.buffer, kind, operation);
        let count = self.terms.contract.operations[call.operation].parameters.len();
        write_arguments(&mut turn.buffer, count, call).map_err(|error| {
            let name = &self.terms.contract.operations[call.operation].name;
            let why = format!("the arguments of {name} cannot be carried: {error}");
            self.terms.error(ErrorKind::Unsupported, Operation::Call, why)
        })?;
        self.used.store(true, Ordering::Relaxed);
        Ok(turn)
    }

    fn unknown(&self) -> Error {
        let why = format!("{} has no such operation", self.terms.contract.name);
        self.terms.error(ErrorKind::Unsupported, Operation::Call, why)
    }
}

/// Writes the arguments of a call behind what `out` holds.
pub(super) fn write_arguments(
    out: &mut Vec<u8>,
    count: usize,
    call: &Invocation<'_>,
) -> samebox_data::Result<()> {
    use samebox_data::Writer;
    let mut to = samebox_msgpack::Encoder::new(out);
    to.parts(count)?;
    (call.arguments)(&mut to)?;
    to.end()?;
    to.finish()
}

impl Invoke for Client {
    fn invoke(&self, call: Invocation<'_>, deadline: Deadline) -> Result<(), Failure> {
        let operations = &self.terms.contract.operations;
        let operation = operations.get(call.operation).ok_or_else(|| self.unknown())?;
        if operation.one_way {
            let mut turn = self.prepare(&call, Kind::OneWay, deadline)?;
            let Connection { outbox, buffer } = &mut *turn;
            return Ok(outbox.send(buffer.as_slice().into(), deadline)?);
        }
        let mut turn = self.prepare(&call, Kind::Call, deadline)?;
        let answer = exchange(&mut turn, &self.terms, &operation.name, deadline)?;
        drop(turn);
        finish(&self.terms, &operation.name, &answer, call.answer)
    }

    fn peer(&self) -> Option<Peer> {
        let turn = self.lane.take(Deadline::past());
        let now = turn.and_then(|turn| turn.outbox.peer().cloned());
        now.or_else(|| self.peer.clone())
    }
}

/// Makes the outcome of a call from its answer.
fn finish(terms: &Terms, name: &str, answer: &[u8], read: ReadAnswer<'_>) -> Result<(), Failure> {
    let doing = Operation::Call;
    let broken = |error: samebox_data::Error| {
        let why = format!("the answer of {name} is not what the contract says: {error}");
        terms.error(ErrorKind::Malformed, doing, why)
    };
    match answer::split(answer) {
        Some((AnswerKind::Mismatch, body)) => Err(terms.mismatch(body, doing).into()),
        Some((kind, body)) => match outcome(kind, body, read).map_err(broken)? {
            Some(Outcome::Done) => Ok(()),
            Some(Outcome::Fault(fault)) => Err(Failure::Fault(fault)),
            Some(Outcome::Refused(kind, why)) => {
                Err(refused(terms.error(kind, doing, format!("{name} was refused: {why}"))).into())
            }
            None => Err(terms.stranger(doing).into()),
        },
        None => Err(terms.stranger(doing).into()),
    }
}

/// What an answer says of a call.
pub(super) enum Outcome {
    Done,
    Fault(samebox_core::typed::Fault),
    Refused(ErrorKind, String),
}

/// Reads an answer; `None` for one that no call has.
pub(super) fn outcome(
    kind: AnswerKind,
    body: &[u8],
    read: ReadAnswer<'_>,
) -> samebox_data::Result<Option<Outcome>> {
    Ok(match kind {
        AnswerKind::Result => Some(answer::read_result(body, read).map(|()| Outcome::Done)?),
        AnswerKind::Fault => Some(Outcome::Fault(answer::read_fault(body, read)?)),
        AnswerKind::Refused => {
            let (kind, why) = answer::read_refused(body)?;
            Some(Outcome::Refused(kind, why))
        }
        _ => None,
    })
}

/// The same error with advice for typed calls, where the usual one is about messages.
pub(super) fn refused(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Malformed => {
            error.with_advice("check that both sides use one version of samebox")
        }
        ErrorKind::Full => {
            error.with_advice("try again later, or offer the service with more threads")
        }
        _ => error,
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if !self.used.load(Ordering::Relaxed) {
            return;
        }
        let deadline = Deadline::after(PARTING);
        if let Some(listener) = &self.listener {
            listener.close();
        }
        // The server forgets a client that could not say goodbye after a while.
        if let Some(mut turn) = self.lane.take(deadline) {
            let Connection { outbox, buffer } = &mut *turn;
            self.terms.begin(buffer, Kind::Bye, 0);
            let _ = outbox.send(buffer.as_slice().into(), deadline);
        }
        if let Some(listener) = &self.listener {
            listener.wait(deadline);
        }
    }
}
