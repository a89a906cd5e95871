//! Windows of this desktop, and `WM_COPYDATA` to and from them.
//!
//! A window is known by its handle, which any program of the desktop can list, and which is given to
//! another window some time after this one is gone. So nothing here trusts a handle: each call says
//! whether there still is such a window, and [`Window::owner`] whose it is.

mod code_page;
mod receiver;
mod search;
mod sending;

pub use code_page::{from_ansi, to_ansi};
pub use receiver::{Kind, Mark, Plan, Received, Receiver};
pub use search::{Where, find};
pub use sending::{Patience, Unsent};

use super::account::check;
use super::mapping::owned;
use super::text::wide;
use std::ffi::OsString;
use std::fmt;
use std::os::windows::ffi::OsStringExt;
use std::os::windows::io::AsRawHandle;
use std::path::PathBuf;
use windows_sys::Win32::Foundation::HWND;
use windows_sys::Win32::System::Threading::{
    OpenProcess, PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION, QueryFullProcessImageNameW,
};
use windows_sys::Win32::UI::WindowsAndMessaging::{
    GetClassNameW, GetPropW, GetWindowThreadProcessId, IsWindow,
};

/// The handle of a window, which may be gone.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window(usize);

/// Whose a window is, from the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The process.
    pub process: u32,
    /// The thread that gets its messages.
    pub thread: u32,
}

impl Window {
    /// The window of that handle; `None` for the handle that stands for no window.
    pub const fn of(handle: usize) -> Option<Self> {
        if handle == 0 { None } else { Some(Self(handle)) }
    }

    /// The number that programs say.
    pub const fn handle(self) -> usize {
        self.0
    }

    fn raw(self) -> HWND {
        self.0 as HWND
    }

    fn from_raw(window: HWND) -> Option<Self> {
        Self::of(window as usize)
    }

    /// Whether there is such a window.
    pub fn is_there(self) -> bool {
        // SAFETY: a number only, which need not be that of a window.
        unsafe { IsWindow(self.raw()) != 0 }
    }

    /// Whose it is; `None` when it is gone.
    #[inline]
    pub fn owner(self) -> Option<Owner> {
        let mut process = 0;
        // SAFETY: the handle need not be that of a window, and `process` is writable.
        let thread = unsafe { GetWindowThreadProcessId(self.raw(), &raw mut process) };
        (thread != 0).then_some(Owner { process, thread })
    }

    /// The name of its class; empty when it is gone.
    pub fn class(self) -> String {
        let mut name = [0_u16; 257];
        // SAFETY: the buffer is writable for the length that goes with it.
        let length = unsafe { GetClassNameW(self.raw(), name.as_mut_ptr(), name.len() as i32) };
        let name = &name[..usize::try_from(length).unwrap_or(0)];
        String::from_utf16_lossy(name)
    }

    /// What a [`Mark`] of that name says at this window; any program may have put it there.
    pub fn mark(self, name: &str) -> Option<usize> {
        let name = wide(name);
        // SAFETY: the name is NUL-terminated and outlives the call; the handle may be any.
        let value = unsafe { GetPropW(self.raw(), name.as_ptr()) };
        (!value.is_null()).then_some(value as usize)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Window({self})")
    }
}

/// The program that a process runs, for people to read; `None` where the system does not say.
pub fn program_of(process: u32) -> Option<PathBuf> {
    // SAFETY: numbers only; the handle was just made and has no other owner.
    let process =
        unsafe { owned(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, process)) }.ok()?;
    let (mut path, mut length) = ([0_u16; 1024], 1024);
    // SAFETY: the handle is open while it is borrowed, and the buffer is writable for that length.
    check(unsafe {
        QueryFullProcessImageNameW(
            process.as_raw_handle(),
            PROCESS_NAME_WIN32,
            path.as_mut_ptr(),
            &raw mut length,
        )
    })
    .ok()?;
    Some(OsString::from_wide(&path[..length as usize]).into())
}

#[cfg(test)]
mod tests;
