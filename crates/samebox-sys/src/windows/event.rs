//! Events: what one thread sets and another one waits for, in one process or by name between several.

use super::account::check;
use super::mapping::owned;
use super::security::Descriptor;
use super::text::wide;
use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, OwnedHandle};
use std::time::Duration;
use windows_sys::Win32::Foundation::{HANDLE, WAIT_FAILED, WAIT_OBJECT_0, WAIT_TIMEOUT};
use windows_sys::Win32::System::SystemServices::MAXIMUM_WAIT_OBJECTS;
use windows_sys::Win32::System::Threading::{
    CreateEventW, INFINITE, OpenEventW, ResetEvent, SYNCHRONIZATION_SYNCHRONIZE, SetEvent,
    WaitForMultipleObjects,
};

/// An event.
#[derive(Debug)]
pub struct Event(OwnedHandle);

impl Event {
    /// One of this process alone that stays set once it is.
    ///
    /// # Errors
    /// The operating system's.
    pub fn latch() -> io::Result<Self> {
        let none = std::ptr::null();
        // SAFETY: it has no name and the usual rights, and the handle has no other owner.
        unsafe { owned(CreateEventW(none, 1, 0, none.cast())) }.map(Self)
    }

    /// The event of that name, made with those rights where it is not there: each time it is set,
    /// one wait ends, and it is set no longer.
    ///
    /// One that is there is as its maker wanted it, and may stay set; see [`Event::reset`].
    ///
    /// # Errors
    /// `ERROR_INVALID_HANDLE` when the name is that of an object of another kind, `PermissionDenied`
    /// when somebody else made it.
    pub fn create_or_open(name: &str, rights: &Descriptor) -> io::Result<Self> {
        let (name, attributes) = (wide(name), rights.attributes());
        // SAFETY: the name is NUL-terminated, both it and the attributes outlive the call, and the
        // handle has no other owner.
        unsafe { owned(CreateEventW(&raw const attributes, 0, 0, name.as_ptr())) }.map(Self)
    }

    /// Whether somebody has an event of that name.
    pub fn exists(name: &str) -> bool {
        let name = wide(name);
        // SAFETY: the name is NUL-terminated and outlives the call; the handle has no other owner.
        let opened = unsafe { owned(OpenEventW(SYNCHRONIZATION_SYNCHRONIZE, 0, name.as_ptr())) };
        opened.is_ok_and(|_| true)
    }

    /// Ends a wait, or all of them if it stays set.
    ///
    /// # Errors
    /// The operating system's.
    pub fn set(&self) -> io::Result<()> {
        // SAFETY: the handle is open while it is borrowed.
        check(unsafe { SetEvent(self.0.as_raw_handle()) })
    }

    /// Takes back that it was set.
    ///
    /// # Errors
    /// The operating system's.
    pub fn reset(&self) -> io::Result<()> {
        // SAFETY: the handle is open while it is borrowed.
        check(unsafe { ResetEvent(self.0.as_raw_handle()) })
    }

    /// Whether it is set and no wait has ended by that; changes nothing.
    ///
    /// # Errors
    /// The operating system's.
    pub fn is_set(&self) -> io::Result<bool> {
        let mut told = Told::default();
        let (event, room) = (self.0.as_raw_handle(), size_of::<Told>() as u32);
        // SAFETY: the handle is open while it is borrowed, `told` is writable for that length, and how
        // much is needed is not asked.
        let status = unsafe { NtQueryEvent(event, 0, &raw mut told, room, std::ptr::null_mut()) };
        if status < 0 {
            return Err(io::Error::other(format!("the event does not tell: status {status:#x}")));
        }
        Ok(told.state != 0)
    }
}

impl AsHandle for Event {
    fn as_handle(&self) -> BorrowedHandle<'_> {
        self.0.as_handle()
    }
}

/// What `NtQueryEvent` tells: EVENT_BASIC_INFORMATION.
#[repr(C)]
#[derive(Default)]
struct Told {
    kind: i32,
    state: i32,
}

#[link(name = "ntdll")]
unsafe extern "system" {
    /// Tells of an event what `class` asks for; 0 is the basic information. Negative on failure.
    fn NtQueryEvent(
        event: HANDLE,
        class: i32,
        told: *mut Told,
        length: u32,
        needed: *mut u32,
    ) -> i32;
}

/// Waits until one of the events is set, the first one of several, and takes it; `None` when none was
/// for as long as `patience` says.
///
/// # Errors
/// The operating system's.
///
/// # Panics
/// Without events, and with more than 64.
pub fn wait_any(events: &[&Event], patience: Option<Duration>) -> io::Result<Option<usize>> {
    assert!((1..=MAXIMUM_WAIT_OBJECTS as usize).contains(&events.len()), "1 to 64 events");
    let handles: Vec<HANDLE> = events.iter().map(|event| event.0.as_raw_handle()).collect();
    // SAFETY: the handles are open while they are borrowed, and there are that many.
    let outcome = unsafe {
        WaitForMultipleObjects(handles.len() as u32, handles.as_ptr(), 0, milliseconds(patience))
    };
    match outcome {
        WAIT_TIMEOUT => Ok(None),
        WAIT_FAILED => Err(io::Error::last_os_error()),
        other => Ok(Some((other - WAIT_OBJECT_0) as usize)),
    }
}

/// Rounded up, so that nobody looks again and again before a deadline.
pub(super) fn milliseconds(patience: Option<Duration>) -> u32 {
    let Some(patience) = patience else { return INFINITE };
    let whole = patience.as_nanos().div_ceil(1_000_000);
    u32::try_from(whole).unwrap_or(INFINITE).min(INFINITE - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::security;

    const PATIENCE: Option<Duration> = Some(Duration::from_secs(20));
    const NOT_AT_ALL: Option<Duration> = Some(Duration::ZERO);

    fn named(name: &str) -> Event {
        let name = format!("samebox-sys-{}-{name}", std::process::id());
        Event::create_or_open(&name, &Descriptor::private(&[]).unwrap()).unwrap()
    }

    #[test]
    fn each_set_ends_one_wait_of_those_who_say_the_name() {
        let (here, there) = (named("wake"), named("wake"));
        assert!(!there.is_set().unwrap());
        here.set().unwrap();
        assert!(there.is_set().unwrap() && there.is_set().unwrap(), "to ask takes nothing");
        assert_eq!(wait_any(&[&there], PATIENCE).unwrap(), Some(0));
        assert!(!here.is_set().unwrap());
        assert_eq!(wait_any(&[&there], NOT_AT_ALL).unwrap(), None);
        here.set().unwrap();
        there.reset().unwrap();
        assert_eq!(wait_any(&[&here], NOT_AT_ALL).unwrap(), None);
    }

    #[test]
    fn a_latch_stays_set_and_comes_before_what_follows_it() {
        let (latch, other) = (Event::latch().unwrap(), named("other"));
        other.set().unwrap();
        assert_eq!(wait_any(&[&latch, &other], PATIENCE).unwrap(), Some(1));
        latch.set().unwrap();
        other.set().unwrap();
        for _ in 0..2 {
            assert_eq!(wait_any(&[&latch, &other], PATIENCE).unwrap(), Some(0));
        }
    }

    #[test]
    fn it_is_there_as_long_as_somebody_has_it() {
        let name = format!("samebox-sys-{}-gone", std::process::id());
        assert!(!Event::exists(&name));
        let event = named("gone");
        assert!(Event::exists(&name));
        drop(event);
        assert!(!Event::exists(&name));
    }

    #[test]
    fn it_is_for_this_user_and_the_system() {
        let event = named("rights");
        let wanted = Descriptor::private(&[]).unwrap();
        assert_eq!(security::access_list(&event).unwrap(), wanted.as_str());
    }

    #[test]
    fn waits_are_never_shorter_than_wanted_and_never_by_mistake_endless() {
        assert_eq!(milliseconds(None), INFINITE);
        assert_eq!(milliseconds(Some(Duration::MAX)), INFINITE - 1);
        assert_eq!(milliseconds(Some(Duration::from_nanos(1))), 1);
        assert_eq!(milliseconds(NOT_AT_ALL), 0);
    }
}
