//! What ends the program from outside: a signal, or a stdout that nobody reads any more.

use crate::exit::Failure;
use crate::system;
use samebox::ErrorKind;
use std::process;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long an orderly end may take before the program ends anyhow.
const GRACE: Duration = Duration::from_secs(2);

/// The exit code of an end from outside that has begun.
static BEGUN: AtomicU8 = AtomicU8::new(NOT_YET);
const NOT_YET: u8 = u8::MAX;

/// What ends the server that runs, if one does.
static STOPPER: Mutex<Option<Stop>> = Mutex::new(None);

type Stop = Box<dyn Fn() + Send>;

fn stopper() -> MutexGuard<'static, Option<Stop>> {
    STOPPER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on Ctrl-C and a request to end lead to the exit code of an interruption.
pub(crate) fn on_interrupt() {
    // Without a handler the system's own way stays: the program ends at once.
    let _ = system::on_interrupt(interrupted);
}

/// From now on an end from outside does `stop`, so that the program can end in order.
pub(crate) fn stops(stop: impl Fn() + Send + 'static) {
    *stopper() = Some(Box::new(stop));
}

/// From now on a stdout that nobody reads any more is an end from outside.
pub(crate) fn on_stdout_closed() {
    // Without a watcher the next write finds out.
    let _ = system::on_stdout_closed(|| begin(0));
}

/// How a command ends whose server was stopped from outside.
pub(crate) fn failure() -> Failure {
    match BEGUN.load(Ordering::SeqCst) {
        NOT_YET => Failure::silent(ErrorKind::Stopped.exit_code()),
        code => Failure::silent(code),
    }
}

fn interrupted() {
    begin(ErrorKind::Stopped.exit_code());
}

/// Stops the server that runs; without one, or when asked again, the program ends at once.
fn begin(code: u8) {
    let first = BEGUN.swap(code, Ordering::SeqCst) == NOT_YET;
    match stopper().as_ref() {
        Some(stop) if first => stop(),
        _ => process::exit(code.into()),
    }
    // The main thread may be stuck in a write to a reader that does not read.
    let force = move || {
        thread::sleep(GRACE);
        process::exit(code.into())
    };
    if thread::Builder::new().spawn(force).is_err() {
        process::exit(code.into())
    }
}
