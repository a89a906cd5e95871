//! Which processor a thread runs on, and its clock that is cheapest to read.

use std::io;

/// Keeps this thread, and those that it starts from now on, on one core.
///
/// # Errors
/// The operating system's; `Unsupported` where it has no such wish.
#[cfg(target_os = "linux")]
pub fn stay_on(core: usize) -> io::Result<()> {
    use rustix::thread::{CpuSet, sched_setaffinity};
    if core >= CpuSet::MAX_CPU {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut cores = CpuSet::new();
    cores.set(core);
    Ok(sched_setaffinity(None, &cores)?)
}

/// Keeps this thread, and those that it starts from now on, on one core.
///
/// # Errors
/// The operating system's; `Unsupported` where it has no such wish.
#[cfg(not(target_os = "linux"))]
pub fn stay_on(_: usize) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The core that this thread runs on at the moment.
#[cfg(target_os = "linux")]
#[inline]
pub fn current() -> usize {
    rustix::thread::sched_getcpu()
}

/// A clock that is quick to read and moves every few milliseconds.
#[cfg(target_os = "linux")]
#[inline]
pub fn coarse_time() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    (time.tv_sec as u64) << 30 | time.tv_nsec as u64
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_stays_where_it_was_told_to() {
        let thread = std::thread::spawn(|| {
            stay_on(0).unwrap();
            rustix::thread::sched_getaffinity(None).unwrap()
        });
        let cores = thread.join().unwrap();
        assert!(cores.is_set(0));
        assert_eq!(cores.count(), 1);
    }

    #[test]
    fn a_core_that_cannot_be_is_refused() {
        assert!(stay_on(usize::MAX).is_err());
    }
}
