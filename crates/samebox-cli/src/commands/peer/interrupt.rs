//! An orderly end of what measures: both ends of every session let go of their names.

use crate::ending;
use crate::exit::Outcome;
use std::process::ChildStdin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A life line of the other end; it ends when this is dropped.
pub(super) struct LifeLine(Mutex<Option<ChildStdin>>);

/// The life lines of this program's other ends.
static LINES: Mutex<Vec<Weak<LifeLine>>> = Mutex::new(Vec::new());
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

impl LifeLine {
    pub(super) fn new(stdin: Option<ChildStdin>) -> Arc<Self> {
        let line = Arc::new(Self(Mutex::new(stdin)));
        lines().push(Arc::downgrade(&line));
        line
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Option<ChildStdin>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lines() -> MutexGuard<'static, Vec<Weak<LifeLine>>> {
    LINES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the user wants it to end.
pub(super) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Runs what uses other ends; Ctrl-C ends those, and so whatever waits for them.
pub(crate) fn interruptible(run: impl FnOnce() -> Outcome) -> Outcome {
    ending::stops(|| {
        INTERRUPTED.store(true, Ordering::Relaxed);
        for line in lines().iter().filter_map(Weak::upgrade) {
            line.lock().take();
        }
    });
    let outcome = run();
    if is_interrupted() { Err(ending::failure()) } else { outcome }
}
