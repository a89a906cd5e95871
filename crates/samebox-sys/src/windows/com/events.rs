//! Events: whoever asked for them is told, each on a thread of its own.

use super::apartment::{Apartment, Held};
use super::invocation;
use super::variant::Variant;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use windows::Win32::Foundation::E_OUTOFMEMORY;
use windows::Win32::System::Com::IDispatch;
use windows::Win32::System::Ole::{
    CONNECT_E_ADVISELIMIT, CONNECT_E_CANNOTCONNECT, CONNECT_E_NOCONNECTION,
};
use windows_core::{GUID, IUnknown, Interface};

/// How many may ask for the events of one object.
const SINKS: usize = 64;
/// How many events, and how many bytes of them, may wait for one that is slow.
const WAITING: usize = 1024;
const WAITING_BYTES: usize = 64 << 20;

/// Those who asked for the events of an object.
#[derive(Clone, Debug)]
pub struct Events {
    interface: Option<GUID>,
    sinks: Arc<Mutex<Sinks>>,
}

#[derive(Debug, Default)]
struct Sinks {
    last: u32,
    all: Vec<Sink>,
}

#[derive(Debug)]
struct Sink {
    number: u32,
    events: SyncSender<Arc<Event>>,
    waiting: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Event {
    member: i32,
    arguments: Vec<Variant>,
    weight: usize,
}

impl Events {
    pub(super) fn new(interface: Option<GUID>) -> Self {
        Self { interface, sinks: Arc::default() }
    }

    fn sinks(&self) -> MutexGuard<'_, Sinks> {
        self.sinks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anybody asked.
    pub fn are_wanted(&self) -> bool {
        !self.sinks().all.is_empty()
    }

    /// Tells all who asked, without waiting; gives how many miss it because they are too slow.
    pub fn fire(&self, member: i32, arguments: Vec<Variant>) -> usize {
        let weight = arguments.iter().map(Variant::weight).sum();
        let event = Arc::new(Event { member, arguments, weight });
        let mut missing = 0;
        self.sinks().all.retain(|sink| {
            let outcome = sink.tell(&event);
            missing += usize::from(outcome == Some(false));
            outcome.is_some()
        });
        missing
    }

    /// Takes one that asks; gives the number by which it leaves.
    ///
    /// # Safety
    /// This thread is in the multi-threaded apartment, and got the pointer there.
    pub(super) unsafe fn add(&self, sink: &IUnknown) -> windows_core::Result<u32> {
        // A proper one answers to the name of the events; scripts have theirs answer to none.
        let mut found = std::ptr::null_mut();
        let name = self.interface.unwrap_or(IDispatch::IID);
        // SAFETY: `found` is writable; what has the name of the events is called by number.
        let sink = match unsafe { sink.query(&name, &raw mut found) }.is_ok() {
            // SAFETY: the call succeeded, so this is a counted pointer.
            true => unsafe { IDispatch::from_raw(found) },
            false => sink.cast::<IDispatch>().map_err(|_| CONNECT_E_CANNOTCONNECT)?,
        };
        // SAFETY: the caller's promise.
        let sink = unsafe { Held::new(sink) };
        let mut sinks = self.sinks();
        if sinks.all.len() >= SINKS {
            return Err(CONNECT_E_ADVISELIMIT.into());
        }
        sinks.last = sinks.last.wrapping_add(1).max(1);
        let number = sinks.last;
        let (events, come) = sync_channel(WAITING);
        let waiting = Arc::<AtomicUsize>::default();
        let told = waiting.clone();
        let tell = move || tell_all(&sink, &come, &told);
        let thread = std::thread::Builder::new().name("samebox com events".into()).spawn(tell);
        thread.map_err(|_| E_OUTOFMEMORY)?;
        sinks.all.push(Sink { number, events, waiting });
        Ok(number)
    }

    pub(super) fn remove(&self, number: u32) -> windows_core::Result<()> {
        let mut sinks = self.sinks();
        let place = sinks.all.iter().position(|sink| sink.number == number);
        let place = place.ok_or(CONNECT_E_NOCONNECTION)?;
        sinks.all.swap_remove(place);
        Ok(())
    }

    /// Forgets all who asked.
    pub(super) fn clear(&self) {
        self.sinks().all.clear();
    }
}

impl Sink {
    /// Whether it will be told; `None` when it is gone.
    fn tell(&self, event: &Arc<Event>) -> Option<bool> {
        let before = self.waiting.fetch_add(event.weight, Ordering::Relaxed);
        let outcome = match before {
            0..WAITING_BYTES => self.events.try_send(event.clone()),
            _ => Err(TrySendError::Full(event.clone())),
        };
        if outcome.is_err() {
            self.waiting.fetch_sub(event.weight, Ordering::Relaxed);
        }
        match outcome {
            Ok(()) => Some(true),
            Err(TrySendError::Full(_)) => Some(false),
            Err(TrySendError::Disconnected(_)) => None,
        }
    }
}

/// Tells one sink until it is gone or has left.
fn tell_all(sink: &Held<IDispatch>, events: &Receiver<Arc<Event>>, waiting: &AtomicUsize) {
    let Ok(apartment) = Apartment::enter() else { return };
    for event in events {
        // SAFETY: this thread is in the apartment that the pointer is of.
        let told = unsafe { invocation::call(sink.of(&apartment), event.member, &event.arguments) };
        waiting.fetch_sub(event.weight, Ordering::Relaxed);
        if told.is_err_and(|failure| failure.is_gone()) {
            return;
        }
    }
}
