//! Mutexes with names: who is there, and whose turn it is, between processes.

use super::account::check;
use super::event::milliseconds;
use super::mapping::owned;
use super::security::Descriptor;
use super::text::wide;
use std::io;
use std::marker::PhantomData;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::time::Duration;
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_ALREADY_EXISTS, GetLastError, HANDLE, WAIT_ABANDONED, WAIT_OBJECT_0,
    WAIT_TIMEOUT,
};
use windows_sys::Win32::System::Threading::{
    CreateMutexW, OpenMutexW, ReleaseMutex, SYNCHRONIZATION_SYNCHRONIZE, WaitForSingleObject,
};

/// A mutex that only stands for its name, never locked; the name is free once it is dropped.
#[derive(Debug)]
pub struct Claim {
    _mutex: OwnedHandle,
}

impl Claim {
    /// Takes the name; `None` when somebody has it. The system lets go of it when this process ends.
    ///
    /// # Errors
    /// The operating system's.
    pub fn take(name: &str, rights: &Descriptor) -> io::Result<Option<Self>> {
        match make(name, rights) {
            Err(error) if error.raw_os_error() == Some(ERROR_ACCESS_DENIED as i32) => Ok(None),
            made => made.map(|(made, is_new)| is_new.then_some(Self { _mutex: made })),
        }
    }

    /// Whether somebody has the name; while that is found out, nobody can take it.
    pub fn is_taken(name: &str) -> bool {
        let name = wide(name);
        // SAFETY: the name is NUL-terminated and outlives the call; the handle has no other owner.
        let opened = unsafe { owned(OpenMutexW(SYNCHRONIZATION_SYNCHRONIZE, 0, name.as_ptr())) };
        opened.map_or_else(|e| e.raw_os_error() == Some(ERROR_ACCESS_DENIED as i32), |_| true)
    }
}

/// A mutex between processes.
#[derive(Debug)]
pub struct NamedMutex(OwnedHandle);

/// That this thread has its turn, until it is dropped.
#[derive(Debug)]
pub struct Turn<'a> {
    mutex: &'a NamedMutex,
    /// The thread that locked a mutex must unlock it.
    thread: PhantomData<*const ()>,
}

impl NamedMutex {
    /// The mutex of that name, made with those rights where it is not there.
    ///
    /// # Errors
    /// `ERROR_INVALID_HANDLE` when the name is that of an object of another kind, `PermissionDenied`
    /// when somebody else made it.
    pub fn create_or_open(name: &str, rights: &Descriptor) -> io::Result<Self> {
        make(name, rights).map(|(made, _)| Self(made))
    }

    /// Waits for its turn; `None` when it did not come for as long as `patience` says.
    ///
    /// It comes too when the one that had it died.
    ///
    /// # Errors
    /// The operating system's.
    pub fn lock(&self, patience: Option<Duration>) -> io::Result<Option<Turn<'_>>> {
        // SAFETY: the handle is open while it is borrowed.
        match unsafe { WaitForSingleObject(self.0.as_raw_handle(), milliseconds(patience)) } {
            WAIT_OBJECT_0 | WAIT_ABANDONED => Ok(Some(Turn { mutex: self, thread: PhantomData })),
            WAIT_TIMEOUT => Ok(None),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle is open while it is borrowed. This thread has it locked, so it cannot fail.
        let _ = check(unsafe { ReleaseMutex(self.mutex.0.as_raw_handle()) });
    }
}

/// Makes or opens a mutex, and tells whether it is new.
fn make(name: &str, rights: &Descriptor) -> io::Result<(OwnedHandle, bool)> {
    let (name, attributes) = (wide(name), rights.attributes());
    // SAFETY: the name is NUL-terminated, and both it and the attributes outlive the call.
    let (made, code): (HANDLE, u32) =
        unsafe { (CreateMutexW(&raw const attributes, 0, name.as_ptr()), GetLastError()) };
    if made.is_null() {
        return Err(io::Error::from_raw_os_error(code as i32));
    }
    // SAFETY: the handle was just made and has no other owner.
    Ok((unsafe { OwnedHandle::from_raw_handle(made) }, code != ERROR_ALREADY_EXISTS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights() -> Descriptor {
        Descriptor::private(&[]).unwrap()
    }

    fn unique(name: &str) -> String {
        format!("samebox-sys-{}-{name}", std::process::id())
    }

    #[test]
    fn a_name_is_claimed_by_one() {
        let name = unique("claim");
        assert!(!Claim::is_taken(&name));
        let claim = Claim::take(&name, &rights()).unwrap().unwrap();
        assert!(Claim::is_taken(&name));
        assert!(Claim::take(&name, &rights()).unwrap().is_none());
        drop(claim);
        assert!(Claim::take(&name, &rights()).unwrap().is_some());
    }

    #[test]
    fn one_at_a_time_has_its_turn() {
        let name = unique("turn");
        let open = || NamedMutex::create_or_open(&name, &rights()).unwrap();
        let mutex = open();
        let turn = mutex.lock(None).unwrap().unwrap();
        let other = open();
        let tried = std::thread::scope(|scope| {
            scope.spawn(|| other.lock(Some(Duration::ZERO)).unwrap().is_some()).join().unwrap()
        });
        assert!(!tried);
        drop(turn);
        std::thread::scope(|scope| {
            assert!(scope.spawn(|| other.lock(None).unwrap().is_some()).join().unwrap());
        });
    }

    #[test]
    fn the_turn_of_one_that_died_is_over() {
        let mutex = NamedMutex::create_or_open(&unique("abandoned"), &rights()).unwrap();
        std::thread::scope(|scope| {
            // A thread that ends with the mutex locked, as one that is killed does.
            scope.spawn(|| std::mem::forget(mutex.lock(None).unwrap().unwrap()));
        });
        assert!(mutex.lock(Some(Duration::from_secs(20))).unwrap().is_some());
    }
}
