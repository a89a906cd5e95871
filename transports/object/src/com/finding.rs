//! How a client finds the object: among those that run, or by having the system start its server.

use super::class::class;
use super::{trouble, workers};
use samebox_core::{Backoff, Deadline, Endpoint, Error, ErrorKind, Operation, Result};
use samebox_sys::windows::com::{Apartment, Failure, Guid, Remote};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// `REGDB_E_CLASSNOTREG`: the system does not know how to start the server.
const NOT_REGISTERED: i32 = 0x8004_0154_u32 as i32;
/// `CO_E_SERVER_EXEC_FAILURE`: it started the server, which did not become one.
const NOT_STARTED: i32 = 0x8008_0005_u32 as i32;
/// `E_NOINTERFACE`: in Wine also that the server ended first.
const NO_INTERFACE: i32 = 0x8000_4002_u32 as i32;
/// `E_ACCESSDENIED`.
const DENIED: i32 = 0x8007_0005_u32 as i32;

/// How long a call that does not wait may take to get there and back, on a busy machine.
const GRACE: Duration = Duration::from_secs(1);
/// How long the system may take to start a server.
const START: Duration = Duration::from_secs(30);

/// The object of an endpoint, found when it is needed and again when it was lost.
pub(super) struct Finding {
    pub(super) endpoint: Endpoint,
    /// The one that is derived or given.
    class: Guid,
    /// The method that the object must have.
    first: String,
    found: Mutex<Option<Arc<Found>>>,
    /// The client has gone: nobody wants it any more.
    is_over: AtomicBool,
    /// The system has been asked for the object, and may be starting its server.
    is_starting: AtomicBool,
}

/// An object that was found, and the numbers of its methods.
pub(super) struct Found {
    pub(super) object: Remote,
    /// That of the method which every such object has.
    pub(super) first: i32,
    others: Mutex<HashMap<String, i32>>,
}

impl Found {
    /// The number of another method.
    pub(super) fn number(&self, apartment: &Apartment, name: &str) -> Result<i32, Failure> {
        let others = || self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = others().get(name) {
            return Ok(*known);
        }
        let number = self.object.member(apartment, name)?;
        Ok(*others().entry(name.into()).or_insert(number))
    }
}

impl Finding {
    /// For an object that has the method `first`.
    pub(super) fn new(endpoint: &Endpoint, class: Guid, first: &str) -> Self {
        let (found, is_over, is_starting) = Default::default();
        let (endpoint, first) = (endpoint.clone(), first.into());
        Self { endpoint, class, first, found, is_over, is_starting }
    }

    fn found(&self) -> MutexGuard<'_, Option<Arc<Found>>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The object, looked for until `deadline` and once at least.
    ///
    /// # Errors
    /// `NotListening`, `Denied`, `Mismatch` for an object that takes no messages.
    pub(super) fn get(&self, apartment: &Apartment, deadline: Deadline) -> Result<Arc<Found>> {
        if let Some(found) = &*self.found() {
            return Ok(found.clone());
        }
        let mut backoff = Backoff::until(deadline);
        loop {
            match self.look(apartment) {
                Ok(found) => return Ok(self.found().insert(Arc::new(found)).clone()),
                Err(error) => {
                    let may_come = error.kind() == ErrorKind::NotListening;
                    if !may_come || self.is_over.load(Ordering::Relaxed) || !backoff.pause() {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Whether the object was there the last time that anybody looked.
    pub(super) fn is_found(&self) -> bool {
        self.found().is_some()
    }

    /// Forgets an object that was lost, unless it is another one already.
    pub(super) fn lose(&self, lost: &Arc<Found>) {
        let mut found = self.found();
        if found.as_ref().is_some_and(|known| Arc::ptr_eq(known, lost)) {
            *found = None;
        }
    }

    /// Ends a search under way, and all later ones after one look; lets go of the object, since its
    /// server may wait for that to end.
    ///
    /// A process that ends without it keeps the object until the system notices, which takes minutes.
    pub(super) fn give_up(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        let Some(found) = self.found().take().and_then(Arc::into_inner) else { return };
        let (tell, told) = channel::<()>();
        let release = move |apartment: &Apartment| {
            found.object.release(apartment);
            drop(tell);
        };
        // Without a thread it is let go soon; a server that hangs is not waited for.
        if workers::run(Box::new(release)).is_ok() {
            let _ = told.recv_timeout(GRACE);
        }
    }

    /// What a thread that looks for the object tells until `deadline`.
    ///
    /// Nobody but the system knows how long it takes to start a server, so that is waited for whatever
    /// the deadline.
    pub(super) fn wait<T>(&self, told: &Receiver<T>, deadline: Deadline) -> Option<T> {
        // The thread ends at the deadline itself, and then says why it found nothing.
        let rest = || if self.is_starting() { START } else { GRACE };
        receive(told, deadline).or_else(|| told.recv_timeout(rest()).ok())
    }

    /// Whether the system may be starting the server at this moment.
    pub(super) fn is_starting(&self) -> bool {
        self.is_starting.load(Ordering::Relaxed)
    }

    fn look(&self, apartment: &Apartment) -> Result<Found> {
        // What the table says may be left over from a server that is gone.
        let class = class(&self.endpoint, self.class);
        if let Ok(object) = Remote::active(apartment, &class)
            && let Ok(found) = meet(apartment, object, &self.first)
        {
            return Ok(found);
        }
        self.is_starting.store(true, Ordering::Relaxed);
        let made = Remote::create(apartment, &class);
        self.is_starting.store(false, Ordering::Relaxed);
        made.and_then(|object| meet(apartment, object, &self.first))
            .map_err(|failure| self.not_found(failure))
    }

    fn not_found(&self, failure: Failure) -> Error {
        let (kind, why) = match failure.code {
            NOT_REGISTERED => (ErrorKind::NotListening, "no such object runs or is installed"),
            NOT_STARTED => (ErrorKind::NotListening, "the object's server did not start in time"),
            NO_INTERFACE => (
                ErrorKind::NotListening,
                "the object's server ended at once, or its object has no methods to call by name",
            ),
            DENIED => (ErrorKind::Denied, "this user may not use the object"),
            _ if failure.is_gone() => (ErrorKind::NotListening, "the object's server has gone"),
            _ => return trouble::error(&self.endpoint, Operation::Connect, failure),
        };
        let error = self.endpoint.error(kind, Operation::Connect, why);
        let error = match failure.code {
            NOT_REGISTERED => error.with_advice(format!(
                "start the server first, add ?wait=5s to wait for it, or have COM start it: \
                 `samebox object install {} -- COMMAND`",
                self.endpoint.name()
            )),
            _ => error,
        };
        error.with_source(failure)
    }
}

/// What comes until `deadline`, or where that has passed, in the time that one try may take.
pub(super) fn receive<T>(told: &Receiver<T>, deadline: Deadline) -> Option<T> {
    match deadline.remaining() {
        None => told.recv().ok(),
        Some(Duration::ZERO) => told.recv_timeout(GRACE).ok(),
        Some(left) => told.recv_timeout(left).ok(),
    }
}

/// Asks an object for what every one must have.
fn meet(apartment: &Apartment, object: Remote, first: &str) -> Result<Found, Failure> {
    let number = object.member(apartment, first)?;
    Ok(Found { object, first: number, others: Mutex::default() })
}

/// Whether an object of the class runs in a live process.
pub(super) fn is_active(apartment: &Apartment, class: &Guid) -> bool {
    let asked = Remote::active(apartment, class).map(|object| object.member(apartment, "Send"));
    match asked {
        Ok(answered) => !answered.is_err_and(|failure| failure.is_gone()),
        Err(_) => false,
    }
}
