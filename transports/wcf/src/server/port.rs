use super::connection;
use super::entrance::Entrance;
use super::registry::{Made, MakeDoor};
use super::service::{Service, settled};
use crate::address;
use mio::{Events, Poll, Token, Waker};
use samebox_core::{Endpoint, Error, ErrorKind, Operation, Peer, Result};
use samebox_stream::{Duplex, TurnedAway};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

/// One door, and the services behind it.
pub(crate) struct Port {
    pub(super) upgrades: &'static [&'static str],
    services: Mutex<Vec<Arc<Service>>>,
    /// The connections that have a thread.
    connections: Mutex<Vec<Weak<dyn Duplex>>>,
    is_closed: AtomicBool,
    waker: Waker,
    /// Until the thread takes it.
    poll: Mutex<Option<Poll>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

const DOOR: Token = Token(0);
const WAKE: Token = Token(1);

/// How often the door's name is seen to.
const UPKEEP: Duration = Duration::from_secs(1);

/// Connections without a session yet, beside as many as there may be sessions.
const OPENING: usize = 64;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Port {
    /// Makes the door; clients wait at it until [`start`](Self::start).
    pub(super) fn open(
        endpoint: &Endpoint,
        make: MakeDoor,
        upgrades: &'static [&'static str],
    ) -> Result<(Arc<Self>, Made)> {
        let failed = |cause: io::Error| {
            let why = "the system gives no way to wait for clients";
            endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(cause)
        };
        let poll = Poll::new().map_err(failed)?;
        let waker = Waker::new(poll.registry(), WAKE).map_err(failed)?;
        let made = make(poll.registry(), DOOR)?;
        let port = Self {
            upgrades,
            services: Mutex::default(),
            connections: Mutex::default(),
            is_closed: AtomicBool::new(false),
            waker,
            poll: Mutex::new(Some(poll)),
            thread: Mutex::default(),
        };
        Ok((Arc::new(port), made))
    }

    /// Lets clients in from now on.
    pub(super) fn start(
        self: &Arc<Self>,
        endpoint: &Endpoint,
        entrance: Box<dyn Entrance>,
    ) -> Result<()> {
        let Some(poll) = lock(&self.poll).take() else { return Ok(()) };
        let port = self.clone();
        let thread = std::thread::Builder::new().name("samebox-wcf-door".into());
        let started = thread.spawn(move || port.let_in(poll, entrance)).map_err(|cause| {
            let why = "the system gives no thread for its door";
            endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(cause)
        })?;
        *lock(&self.thread) = Some(started);
        Ok(())
    }

    /// Adds a service; `false` when one has its path.
    pub(super) fn add(&self, service: &Arc<Service>) -> bool {
        let mut services = lock(&self.services);
        let is_free = services.iter().all(|other| other.path != service.path);
        if is_free {
            services.push(service.clone());
        }
        is_free
    }

    /// Takes a service away; tells whether it was the last.
    pub(super) fn remove(&self, service: &Arc<Service>) -> bool {
        let mut services = lock(&self.services);
        services.retain(|other| !Arc::ptr_eq(other, service));
        services.is_empty()
    }

    /// Closes the door and ends the connections that have no session.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        // A waker that fails would leave a door open that nobody needs.
        let _ = self.waker.wake();
        if let Some(thread) = lock(&self.thread).take() {
            // It ends by itself, and what it panicked of has been printed.
            let _ = thread.join();
        }
        for connection in lock(&self.connections).drain(..) {
            if let Some(link) = connection.upgrade() {
                link.close_read();
            }
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// The service at the address that a client means: the longest path that covers its path.
    pub(super) fn find(&self, via: &str) -> Option<Arc<Service>> {
        let path = settled(&address::path_of(via)?);
        let services = lock(&self.services);
        let covering = services.iter().filter_map(|one| Some((one.covers(&path)?, one)));
        covering.max_by_key(|(length, _)| *length).map(|(_, service)| service.clone())
    }

    /// Any service, for what concerns none yet.
    pub(super) fn any(&self) -> Option<Arc<Service>> {
        lock(&self.services).first().cloned()
    }

    fn note(&self, error: impl FnOnce(&Endpoint) -> Error) {
        if let Some(service) = self.any() {
            service.note(error(&service.endpoint));
        }
    }

    fn let_in(self: &Arc<Self>, mut poll: Poll, mut entrance: Box<dyn Entrance>) {
        let mut events = Events::with_capacity(16);
        while !self.is_closed() {
            let upkeep = entrance.needs_upkeep().then_some(UPKEEP);
            let patience = upkeep.into_iter().chain(entrance.rest()).min();
            let waited = poll.poll(&mut events, patience);
            if waited.is_err_and(|error| error.kind() != io::ErrorKind::Interrupted) {
                return;
            }
            entrance.knock();
            while let Some(next) = entrance.next(poll.registry()) {
                self.welcome(next);
            }
            if let Err(error) = entrance.upkeep(poll.registry()) {
                self.note(|_| error);
            }
        }
        while !entrance.finish(poll.registry()) {
            // What is under way at the door ends in a moment.
            let _ = poll.poll(&mut events, Some(Duration::from_millis(10)));
        }
    }

    fn welcome(self: &Arc<Self>, next: std::result::Result<(Box<dyn Duplex>, Peer), TurnedAway>) {
        match next {
            Ok((link, peer)) => self.serve(link.into(), peer),
            Err(TurnedAway::Client(error)) => {
                if let Some(service) = self.any() {
                    service.count(|counters| counters.refused += 1);
                    service.note(error);
                }
            }
            Err(TurnedAway::Shortage(cause)) => self.note(|endpoint| {
                let why = "the system cannot take more clients for now";
                endpoint.error(ErrorKind::Io, Operation::Recv, why).with_source(cause)
            }),
        }
    }

    fn serve(self: &Arc<Self>, link: Arc<dyn Duplex>, peer: Peer) {
        let mut connections = lock(&self.connections);
        connections.retain(|one| one.strong_count() > 0);
        let sessions: usize = lock(&self.services).iter().map(|one| one.options.sessions).sum();
        if connections.len() >= sessions + OPENING {
            drop(connections);
            return self.note(|endpoint| {
                let why = "more clients came at once than there may be, and one was turned away";
                endpoint.error(ErrorKind::Full, Operation::Recv, why)
            });
        }
        connections.push(Arc::downgrade(&link));
        drop(connections);
        let port = self.clone();
        let thread = std::thread::Builder::new().name("samebox-wcf".into());
        if let Err(cause) = thread.spawn(move || connection::serve(&port, &link, &peer)) {
            self.note(|endpoint| {
                let why = "the system gives no thread for a client, which was turned away";
                endpoint.error(ErrorKind::Io, Operation::Recv, why).with_source(cause)
            });
        }
    }
}
