use crate::place::Place;
use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher, WatcherKind};
use samebox_core::{Deadline, Stopper};
use std::ffi::OsString;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Wakes a server when its slot may have changed, or when it is stopped.
pub(crate) struct Watch {
    bell: Arc<Bell>,
    /// What rings the bell; `None` when the server looks by itself often enough.
    watcher: Option<RecommendedWatcher>,
}

#[derive(Default)]
struct Bell {
    state: Mutex<State>,
    rung: Condvar,
}

#[derive(Default)]
struct State {
    rung: bool,
    stopped: bool,
}

impl Watch {
    /// How often to look when changes are announced: for those that are not.
    const SELDOM: Duration = Duration::from_secs(1);

    /// How often to look when nothing announces them.
    pub(crate) const OFTEN: Duration = Duration::from_millis(50);

    /// Looks often, and is told nothing.
    pub(crate) fn polling() -> Self {
        Self { bell: Arc::default(), watcher: None }
    }

    /// Watches the directory of the slot: the slot itself may be removed and made again.
    ///
    /// # Errors
    /// The system's reason why it cannot be watched.
    pub(crate) fn on(place: &Place) -> notify::Result<Self> {
        let bell = Arc::<Bell>::default();
        let name = place.slot.file_name().unwrap_or_default().to_ascii_lowercase();
        let ringer = Arc::clone(&bell);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| concerns(&event, &name)) {
                ringer.ring();
            }
        })?;
        watcher.watch(&place.directory, RecursiveMode::NonRecursive)?;
        Ok(Self { bell, watcher: Some(watcher) })
    }

    /// How long to wait for an announcement before looking all the same.
    pub(crate) fn interval(&self) -> Duration {
        if self.watcher.is_some() { Self::SELDOM } else { Self::OFTEN }
    }

    pub(crate) fn stopper(&self) -> Stopper {
        let bell = Arc::clone(&self.bell);
        Stopper::new(move || bell.stop())
    }

    /// Forgets what rang before, as the slot is looked at now; whether the server is stopped.
    pub(crate) fn begin(&self) -> bool {
        let mut state = self.bell.lock();
        state.rung = false;
        state.stopped
    }

    /// Waits until the slot may have changed.
    pub(crate) fn wait(&self, deadline: Deadline) {
        self.bell.wait(Deadline::after(self.interval()).earlier(deadline), |state| state.rung);
    }

    /// Waits for some time, whatever happens to the slot: a look at it would ring again.
    pub(crate) fn pause(&self, pause: Duration, deadline: Deadline) {
        self.bell.wait(Deadline::after(pause).earlier(deadline), |_| false);
    }
}

impl Bell {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Two flags are right whatever happened to their last holder.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) {
        self.lock().rung = true;
        self.rung.notify_all();
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.rung.notify_all();
    }

    fn wait(&self, deadline: Deadline, enough: impl Fn(&State) -> bool) {
        let mut state = self.lock();
        while !state.stopped && !enough(&state) && !deadline.has_passed() {
            let patience = deadline.remaining().unwrap_or(Watch::SELDOM);
            let woken = self.rung.wait_timeout(state, patience);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Whether an event may mean that a message is in the slot of that name, given in lower case.
fn concerns(event: &Event, name: &OsString) -> bool {
    let ours = |path: &std::path::PathBuf| {
        path.file_name().is_some_and(|found| found.to_ascii_lowercase() == *name)
    };
    event.need_rescan() || (is_final(event.kind) && event.paths.iter().any(ours))
}

/// Whether an event comes when a change is complete, as far as the system tells.
fn is_final(kind: EventKind) -> bool {
    if RecommendedWatcher::kind() != WatcherKind::Inotify {
        return !matches!(kind, EventKind::Access(_));
    }
    matches!(
        kind,
        EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Modify(ModifyKind::Name(_))
            | EventKind::Remove(_)
    )
}
