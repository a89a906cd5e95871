//! Ends what hangs.

use crate::suite::Verdict;
use crate::world::Skip;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Whether this is a Windows program on Wine, which fakes some of what Windows does.
pub fn under_wine() -> bool {
    std::env::var_os("WINEHOMEDIR").is_some()
}

/// How much longer things may take here than on a bare machine.
pub(crate) fn slowness() -> u32 {
    if under_wine() { 4 } else { 1 }
}

/// Runs a case on a thread of its own; `None` when it has not ended after `patience`.
pub(crate) fn watch(
    name: &str,
    patience: Duration,
    case: impl FnOnce() -> Result<(), Skip> + Send + 'static,
) -> Option<Verdict> {
    let (ended, end) = mpsc::channel::<()>();
    let thread = thread::Builder::new().name(name.into()).spawn(move || {
        // Dropped when the case ends, also by a panic.
        let _ended = ended;
        case()
    });
    let thread = thread.expect("the system gives a thread");
    match end.recv_timeout(patience) {
        Err(RecvTimeoutError::Timeout) => None,
        _ => Some(match thread.join() {
            Ok(Ok(())) => Verdict::Passed,
            Ok(Err(Skip(reason))) => Verdict::Ignored(reason),
            Err(panic) => Verdict::Failed(words(&*panic)),
        }),
    }
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked").into()
}
