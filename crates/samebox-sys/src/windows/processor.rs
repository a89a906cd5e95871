//! Which processor a thread runs on, and a clock that is cheap to read.

use std::io;
use windows_sys::Win32::System::SystemInformation::GetTickCount64;
use windows_sys::Win32::System::Threading::{
    GetCurrentProcessorNumber, GetCurrentThread, SetThreadAffinityMask,
};

/// Keeps this thread on one core; threads that it starts go where they like.
///
/// # Errors
/// The operating system's; `InvalidInput` beyond the cores of one group, which are 64.
pub fn stay_on(core: usize) -> io::Result<()> {
    let shift = u32::try_from(core).ok().and_then(|core| 1_usize.checked_shl(core));
    let mask = shift.ok_or(io::ErrorKind::InvalidInput)?;
    // SAFETY: the handle of this thread is always open.
    match unsafe { SetThreadAffinityMask(GetCurrentThread(), mask) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// The core that this thread runs on at the moment.
#[inline]
pub fn current() -> usize {
    // SAFETY: it takes nothing and only reads.
    unsafe { GetCurrentProcessorNumber() as usize }
}

/// A clock that is quick to read and moves every 10 to 16 milliseconds.
#[inline]
pub fn coarse_time() -> u64 {
    // SAFETY: it takes nothing and only reads.
    unsafe { GetTickCount64() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_stays_where_it_was_told_to() {
        let thread = std::thread::spawn(|| {
            stay_on(0).unwrap();
            current()
        });
        assert_eq!(thread.join().unwrap(), 0);
    }

    #[test]
    fn a_core_that_cannot_be_is_refused() {
        assert!(stay_on(usize::MAX).is_err());
        assert!(stay_on(63).is_err() || std::thread::available_parallelism().unwrap().get() > 63);
    }
}
