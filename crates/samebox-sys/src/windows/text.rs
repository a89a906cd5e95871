//! Text as Windows takes and gives it: UTF-16 with a NUL behind.

use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::core::PWSTR;

/// `text` for a call that takes a NUL-terminated string.
///
/// What follows a NUL in `text` is lost, as it would be for any program that says this name.
pub(super) fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// Reads a string that the system has allocated, and frees it.
///
/// # Safety
/// `text` is a NUL-terminated string that `LocalFree` may free, and nobody else will.
pub(super) unsafe fn take_local(text: PWSTR) -> String {
    // SAFETY: the caller says that the string ends with a NUL, and it is freed after it was read.
    unsafe {
        let length = (0..).take_while(|at| *text.add(*at) != 0).count();
        let read = String::from_utf16_lossy(std::slice::from_raw_parts(text, length));
        free_local(text);
        read
    }
}

/// Frees what the system has allocated for its caller.
///
/// # Safety
/// `LocalFree` may free `memory`, and nobody uses it any more.
pub(super) unsafe fn free_local<T>(memory: *mut T) {
    // SAFETY: the caller says so.
    unsafe { LocalFree(memory.cast()) };
}
