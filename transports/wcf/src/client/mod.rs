//! The client's side: a session to a service, opened again when it is over.

mod connect;

pub(crate) use connect::{Dial, dial};

use crate::session::{Handler, NotSent, Session};
use crate::settings::Options;
use samebox_core::{Deadline, Endpoint, Error, ErrorKind, Operation, Peer, Result};
use samebox_wcf_wire::dictionary::Sent;
use samebox_wcf_wire::soap::Id;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A client's way to one service.
pub(crate) struct Client {
    pub(crate) endpoint: Endpoint,
    pub(crate) options: Options,
    /// The address as it stands in messages.
    pub(crate) uri: String,
    /// How many bytes an envelope may have.
    max: usize,
    dial: Dial,
    /// Takes the service's calls back; where there is one, a thread is there for them.
    callbacks: Option<Arc<dyn Handler>>,
    /// Takes calls where none are expected.
    stranger: Arc<dyn Handler>,
    current: Mutex<Current>,
}

struct Current {
    session: Option<Arc<Session>>,
    used: Instant,
}

/// Where a service is, for a client.
pub(crate) struct Target {
    pub(crate) uri: String,
    pub(crate) dial: Dial,
}

/// A session unused for this long is looked at before it is used: its server may have ended it.
const PAUSE: Duration = Duration::from_micros(50);

/// How often a message is sent again when sessions are lost under it.
pub(crate) const ATTEMPTS: usize = 3;

impl Client {
    /// A client whose session stands, by `deadline`.
    pub(crate) fn connect(
        endpoint: &Endpoint,
        options: Options,
        target: Target,
        max: usize,
        handlers: (Option<Arc<dyn Handler>>, Arc<dyn Handler>),
        deadline: Deadline,
    ) -> Result<Self> {
        let (callbacks, stranger) = handlers;
        let client = Self {
            endpoint: endpoint.clone(),
            options,
            uri: target.uri,
            max,
            dial: target.dial,
            callbacks,
            stranger,
            current: Mutex::new(Current { session: None, used: Instant::now() }),
        };
        let session = client.open(deadline)?;
        client.current().session = Some(session);
        Ok(client)
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session as it stands, over or not.
    pub(crate) fn last(&self) -> Option<Arc<Session>> {
        self.current().session.clone()
    }

    pub(crate) fn peer(&self) -> Option<Peer> {
        self.last().map(|session| session.peer().clone())
    }

    /// A session that is not over, as far as can be told; a server that went away is waited for as
    /// `wait` says.
    pub(crate) fn session(&self, operation: Operation, deadline: Deadline) -> Result<Arc<Session>> {
        let mut current = self.current();
        let now = Instant::now();
        let rested = now.duration_since(current.used) > PAUSE;
        current.used = now;
        if let Some(session) = &current.session {
            // A thread that is there for calls sees the end itself.
            if rested && self.callbacks.is_none() {
                session.look();
            }
            match session.ended() {
                None => return Ok(session.clone()),
                Some(ended) => {
                    current.session = None;
                    // What the service had against the last message is told once.
                    if !matches!(ended.kind, ErrorKind::Disconnected | ErrorKind::TimedOut) {
                        return Err(ended.error(&self.endpoint, operation));
                    }
                }
            }
        }
        let back_by = self.options.return_deadline().earlier(deadline);
        let session = self.open(back_by).map_err(|error| error.during(operation))?;
        current.session = Some(session.clone());
        Ok(session)
    }

    /// Sends an envelope, again over a new session when the old one is lost under it: a server drops
    /// half a message, so that cannot double it. One that `asks` is given an id; gives its number.
    pub(crate) fn send(
        &self,
        asks: bool,
        operation: Operation,
        deadline: Deadline,
        write: impl Fn(Option<&Id<'_>>, &mut Vec<u8>, Option<&mut Sent>) -> samebox_data::Result<()>,
    ) -> Result<(Arc<Session>, u64)> {
        let mut attempt = 1;
        loop {
            let session = self.session(operation, deadline)?;
            let (number, id) = match asks {
                true => self.number(&session)?,
                false => (0, None),
            };
            match session.send(deadline, |out, words| write(id.as_ref(), out, words)) {
                Ok(()) => return Ok((session, number)),
                Err(failure) => {
                    session.give_up(number);
                    let is_lost = matches!(failure, NotSent::Lost(_) | NotSent::Ended);
                    if !is_lost || attempt == ATTEMPTS {
                        return Err(self.not_sent(&session, failure, operation));
                    }
                    session.lost();
                    attempt += 1;
                }
            }
        }
    }

    fn number(&self, session: &Session) -> Result<(u64, Option<Id<'static>>)> {
        let (number, id) = session.number().ok_or_else(|| {
            let why = "too many calls have no answer taken";
            let error = self.endpoint.error(ErrorKind::Full, Operation::Call, why);
            error.with_advice("take answers before asking more")
        })?;
        Ok((number, Some(id)))
    }

    /// Why a message did not go out, which the service may have said before it went.
    pub(crate) fn not_sent(
        &self,
        session: &Session,
        failure: NotSent,
        operation: Operation,
    ) -> Error {
        if matches!(failure, NotSent::Lost(_) | NotSent::Ended) {
            session.lost();
            if let Some(ended) = session.ended() {
                return ended.error(&self.endpoint, operation);
            }
        }
        not_sent(&self.endpoint, failure, operation)
    }
}

/// Why a message did not go out, for its sender.
pub(crate) fn not_sent(endpoint: &Endpoint, failure: NotSent, operation: Operation) -> Error {
    let error = |kind, why: &str| endpoint.error(kind, operation, why);
    match failure {
        NotSent::Late => error(ErrorKind::TimedOut, "the other side does not take more"),
        NotSent::Begun => {
            let why = "the other side does not take more; the message had begun to leave";
            error(ErrorKind::TimedOut, why).with_completed(1)
        }
        NotSent::Full => error(ErrorKind::Full, "the other side does not read what it asked for"),
        NotSent::TooLarge(length) => error(
            ErrorKind::TooLarge,
            &format!("the message has {length} bytes, its envelope counted"),
        ),
        NotSent::Unwritable(cause) => {
            error(ErrorKind::Malformed, &format!("it cannot be written: {cause}"))
                .with_advice("change the value, or its type")
        }
        NotSent::Ended => error(ErrorKind::Disconnected, "the session is over"),
        NotSent::Lost(cause) => {
            error(ErrorKind::Disconnected, "the connection was lost").with_source(cause)
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(session) = self.current().session.take() {
            session.leave();
        }
    }
}
