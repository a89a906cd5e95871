//! Threads that make calls: a call of COM ends when it ends, so nobody else should wait for it.

use samebox_sys::windows::com::Apartment;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Work for one of them, in the apartment of all.
///
/// Work that cannot be done is dropped.
pub(crate) type Job = Box<dyn FnOnce(&Apartment) + Send>;

/// How many wait for work, and for how long.
const IDLE: usize = 16;
const PATIENCE: Duration = Duration::from_secs(10);

/// Those that wait for work.
static WAITING: Mutex<Vec<(u64, Sender<Job>)>> = Mutex::new(Vec::new());

fn waiting() -> MutexGuard<'static, Vec<(u64, Sender<Job>)>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has a thread do `job`: one that waits for work, or a new one.
///
/// # Errors
/// The operating system's, when there is no thread.
pub(crate) fn run(mut job: Job) -> io::Result<()> {
    loop {
        let Some((_, worker)) = waiting().pop() else { break };
        match worker.send(job) {
            Ok(()) => return Ok(()),
            Err(back) => job = back.0,
        }
    }
    let thread = std::thread::Builder::new().name("samebox com calls".into());
    thread.spawn(move || work(job)).map(drop)
}

fn work(first: Job) {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed);
    let Ok(apartment) = Apartment::enter() else { return };
    first(&apartment);
    let (give, jobs) = channel();
    while let Some(job) = next(number, &give, &jobs) {
        job(&apartment);
    }
}

/// The next work; `None` when there are enough that wait, or none came in time.
fn next(number: u64, give: &Sender<Job>, jobs: &Receiver<Job>) -> Option<Job> {
    {
        let mut waiting = waiting();
        if waiting.len() >= IDLE {
            return None;
        }
        waiting.push((number, give.clone()));
    }
    match jobs.recv_timeout(PATIENCE) {
        Ok(job) => Some(job),
        Err(RecvTimeoutError::Disconnected) => None,
        Err(RecvTimeoutError::Timeout) => {
            let mut waiting = waiting();
            let place = waiting.iter().position(|(known, _)| *known == number);
            match place {
                Some(place) => drop(waiting.remove(place)),
                None => {
                    // Somebody has just chosen this thread, and is about to send.
                    drop(waiting);
                    return jobs.recv_timeout(PATIENCE).ok();
                }
            }
            None
        }
    }
}
