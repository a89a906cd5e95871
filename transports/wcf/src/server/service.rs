use super::connection::Opened;
use crate::session::{Handler, Session, Terms};
use crate::settings::Options;
use samebox_core::{Counters, Endpoint, Error, Faults, Peer};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;

/// One service behind a door.
pub(crate) struct Service {
    /// The endpoint as bound.
    pub(crate) endpoint: Endpoint,
    /// Its path, as [`settled`] makes it.
    pub(super) path: String,
    pub(crate) options: Options,
    /// The address as it stands in messages.
    pub(crate) uri: String,
    /// How many bytes an envelope may have.
    max: usize,
    begin: Box<dyn Begin>,
    state: Mutex<State>,
    /// Told when a session is over.
    over: Condvar,
}

/// Makes what takes the calls of a session.
pub(crate) trait Begin: Send + Sync {
    /// How many bytes an envelope may have.
    fn largest(&self, options: &Options) -> usize;

    /// Called when a session begins.
    fn begin(&self, peer: &Peer) -> Arc<dyn Handler>;
}

#[derive(Default)]
struct State {
    sessions: Vec<(ThreadId, Arc<Session>)>,
    is_closed: bool,
    faults: Faults,
    counters: Counters,
}

/// A session of this thread, in the books until it is dropped: even when a method panics.
pub(super) struct Present<'a> {
    service: &'a Service,
    pub(super) session: Arc<Session>,
}

impl Present<'_> {
    /// Makes what takes its calls.
    pub(super) fn begin(&self) {
        self.session.set_handler(self.service.begin.begin(self.session.peer()));
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        let mut state = self.service.state();
        state.sessions.retain(|(_, other)| !Arc::ptr_eq(other, &self.session));
        drop(state);
        self.service.over.notify_all();
    }
}

/// Why a session may not begin.
pub(super) enum Refused {
    /// There are as many as there may be.
    Busy,
    /// The service is ending.
    Closed,
}

/// A path as paths are compared: without regard to case and to a slash at the end.
pub(crate) fn settled(path: &str) -> String {
    path.trim_end_matches('/').to_lowercase()
}

impl Service {
    pub(super) fn new(
        endpoint: Endpoint,
        path: &str,
        uri: String,
        options: Options,
        begin: Box<dyn Begin>,
    ) -> Self {
        let (state, over) = Default::default();
        let max = begin.largest(&options);
        Self { endpoint, path: settled(path), options, uri, max, begin, state, over }
    }

    /// How many characters of a settled path this service's path covers, if it covers any of it.
    pub(super) fn covers(&self, path: &str) -> Option<usize> {
        let rest = path.strip_prefix(&self.path)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(self.path.len())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a session on this thread, unless there are too many.
    pub(super) fn admit(&self, opened: Opened) -> Result<Present<'_>, Refused> {
        let mut state = self.state();
        if state.is_closed {
            return Err(Refused::Closed);
        }
        if state.sessions.len() >= self.options.sessions {
            return Err(Refused::Busy);
        }
        let terms = Terms {
            endpoint: &self.endpoint,
            uri: &self.uri,
            max: self.max,
            idle: self.options.idle,
        };
        let session = Arc::new(Session::of_server(&terms, opened));
        state.sessions.push((std::thread::current().id(), session.clone()));
        drop(state);
        Ok(Present { service: self, session })
    }

    /// Ends all sessions, once the calls that are being executed have ended.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        for (_, session) in &state.sessions {
            session.close_read();
        }
        // A service that ends itself from one of its own methods does not wait for that.
        let own = std::thread::current().id();
        while state.sessions.iter().any(|(thread, _)| *thread != own) {
            state = self.over.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Notes what a client did, for whoever asks.
    pub(crate) fn note(&self, fault: Error) {
        self.state().faults.note(fault);
    }

    pub(crate) fn take_fault(&self) -> Option<Error> {
        self.state().faults.take()
    }

    pub(crate) fn counters(&self) -> Counters {
        self.state().counters
    }

    /// Counts something that happened.
    pub(crate) fn count(&self, count: impl FnOnce(&mut Counters)) {
        count(&mut self.state().counters);
    }
}
