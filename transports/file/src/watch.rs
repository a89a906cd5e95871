use crate::pace::Pace;
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
    ringer: Ringer,
}

/// What rings the bell.
enum Ringer {
    System {
        _watcher: RecommendedWatcher,
    },
    /// Nothing: the server looks by itself, often after a message and less and less without one.
    Nobody(Pace),
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

    /// Looks up to 20 times a second, and is told nothing.
    pub(crate) fn polling() -> Self {
        Self { bell: Arc::default(), ringer: Ringer::Nobody(Pace::new()) }
    }

    #[cfg(test)]
    pub(crate) fn is_polling(&self) -> bool {
        matches!(self.ringer, Ringer::Nobody(_))
    }

    /// Watches the directory of the slot: the slot itself may be removed and made again.
    ///
    /// # Errors
    /// The system's reason why it cannot be watched.
    pub(crate) fn on(place: &Place) -> notify::Result<Self> {
        let bell = Arc::<Bell>::default();
        let name = place.slot.file_name().unwrap_or_default().to_ascii_lowercase();
        let rung = Arc::clone(&bell);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| concerns(&event, &name)) {
                rung.ring();
            }
        })?;
        watcher.watch(&place.directory, RecursiveMode::NonRecursive)?;
        Ok(Self { bell, ringer: Ringer::System { _watcher: watcher } })
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
    pub(crate) fn wait(&mut self, deadline: Deadline) {
        let interval = match &mut self.ringer {
            Ringer::System { .. } => Self::SELDOM,
            Ringer::Nobody(pace) => pace.next(),
        };
        self.bell.wait(Deadline::after(interval).earlier(deadline), |state| state.rung);
    }

    /// Notes that a message came, so that the next may be near.
    pub(crate) fn quicken(&mut self) {
        if let Ringer::Nobody(pace) = &mut self.ringer {
            pace.quicken();
        }
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
