//! Threads in the multi-threaded apartment.

use super::failure::Failure;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use windows::Win32::System::Com::{COINIT_MULTITHREADED, CoInitializeEx, CoUninitialize};
use windows_core::Interface;

/// That this thread is in the multi-threaded apartment, until it is dropped.
#[derive(Debug)]
pub struct Apartment {
    /// A thread that came in must leave itself.
    thread: PhantomData<*const ()>,
}

impl Apartment {
    /// Takes this thread into the multi-threaded apartment.
    ///
    /// For threads of samebox's own: one of the program may need an apartment of another kind.
    ///
    /// # Errors
    /// The system's; `RPC_E_CHANGED_MODE` on a thread that is in another apartment.
    pub fn enter() -> Result<Self, Failure> {
        keeper();
        Self::enter_alone()
    }

    fn enter_alone() -> Result<Self, Failure> {
        // SAFETY: `Drop` undoes it, on this thread, since the type cannot leave it.
        unsafe { CoInitializeEx(None, COINIT_MULTITHREADED) }.ok()?;
        Ok(Self { thread: PhantomData })
    }
}

impl Drop for Apartment {
    fn drop(&mut self) {
        // SAFETY: the apartment was entered on this thread, once for this value.
        unsafe { CoUninitialize() };
    }
}

/// What the keeper is given to release.
type Release = Box<dyn FnOnce() + Send>;

/// The thread that is in the apartment as long as the process runs.
///
/// Without it the apartment would end with the last worker, and pointers with it. It releases the
/// pointers that are dropped on other threads, which may be in another apartment or must not wait.
fn keeper() -> &'static Sender<Release> {
    static KEEPER: OnceLock<Sender<Release>> = OnceLock::new();
    KEEPER.get_or_init(|| {
        let (give, given) = channel::<Release>();
        let (started, has_started) = channel();
        let keep = move || {
            let entered = Apartment::enter_alone();
            // Nobody waits for it when the thread could not be made.
            let _ = started.send(());
            given.iter().for_each(|release| release());
            drop(entered);
        };
        if std::thread::Builder::new().name("samebox com".into()).spawn(keep).is_ok() {
            // An error says that it started and ended, which tells as much.
            let _ = has_started.recv();
        }
        give
    })
}

/// A pointer that belongs to the multi-threaded apartment.
///
/// It is used on threads of that apartment only, and released by its keeper.
#[derive(Debug)]
pub(super) struct Held<T: Interface + 'static>(ManuallyDrop<T>);

// SAFETY: the pointer is of the multi-threaded apartment, whose threads may all use it at once; other
// threads cannot reach it without an `Apartment`, and `Drop` leaves it to the keeper.
unsafe impl<T: Interface + 'static> Send for Held<T> {}
// SAFETY: as above.
unsafe impl<T: Interface + 'static> Sync for Held<T> {}

impl<T: Interface + 'static> Held<T> {
    /// # Safety
    /// This thread is in the multi-threaded apartment, and got the pointer there.
    pub(super) unsafe fn new(pointer: T) -> Self {
        Self(ManuallyDrop::new(pointer))
    }

    /// The pointer, for a thread of the apartment.
    pub(super) fn of(&self, _: &Apartment) -> &T {
        &self.0
    }

    /// The pointer, for a thread that COM runs.
    ///
    /// # Safety
    /// This thread is in the multi-threaded apartment.
    pub(super) unsafe fn on_com_thread(&self) -> &T {
        &self.0
    }
}

impl<T: Interface + 'static> Held<T> {
    /// Releases the pointer at once, and not whenever the keeper comes to it.
    pub(super) fn release(self, _: &Apartment) {
        let held = ManuallyDrop::new(self);
        // SAFETY: `held` is not dropped, so the pointer is released here and only here.
        drop(unsafe { std::ptr::read(&*held.0) });
    }
}

impl<T: Interface + 'static> Drop for Held<T> {
    fn drop(&mut self) {
        // SAFETY: it is dropped once and not used afterwards.
        let held = Self(ManuallyDrop::new(unsafe { ManuallyDrop::take(&mut self.0) }));
        let release = move || {
            let held = ManuallyDrop::new(held);
            // SAFETY: `held` is not dropped, so the pointer is released here and only here.
            drop(unsafe { std::ptr::read(&*held.0) });
        };
        // A keeper that is gone takes nothing: then the pointer is leaked.
        if let Err(left) = keeper().send(Box::new(release)) {
            std::mem::forget(left);
        }
    }
}
