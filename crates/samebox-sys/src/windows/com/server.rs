//! An object that the system knows under a class.

use super::apartment::Apartment;
use super::busy::insist;
use super::events::Events;
pub use super::exported::Faces;
use super::exported::{self, Body};
use super::factory::factory;
use super::failure::Failure;
use super::object::Object;
use super::security;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use windows::Win32::Foundation::E_OUTOFMEMORY;
use windows::Win32::System::Com::{
    CLSCTX_LOCAL_SERVER, CoDisconnectObject, CoRegisterClassObject, CoRevokeClassObject,
    REGCLS_MULTIPLEUSE,
};
use windows::Win32::System::Ole::{ACTIVEOBJECT_STRONG, RegisterActiveObject, RevokeActiveObject};
use windows_core::{GUID, IUnknown};

/// One object that others find by its class, until it is dropped.
pub struct Server {
    body: Arc<Body>,
    /// Dropped to have the thread end.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Makes `object` known under `class`: to those that make an object of the class, and in the table
    /// of running objects.
    ///
    /// Whether another server has the class is for the caller to know: COM lets several have it.
    ///
    /// # Errors
    /// The system's.
    pub fn start(class: GUID, object: Arc<dyn Object>, faces: Faces) -> Result<Self, Failure> {
        let (stop, stopped) = channel();
        let (tell, told) = channel();
        let serve = move || {
            let apartment = match Apartment::enter() {
                Ok(apartment) => apartment,
                Err(failure) => return drop(tell.send(Err(failure))),
            };
            match Registered::new(&class, object, faces) {
                Ok(registered) => {
                    let _ = tell.send(Ok(registered.body.clone()));
                    registered.wait(&stopped);
                }
                Err(failure) => drop(tell.send(Err(failure))),
            }
            drop(apartment);
        };
        let no_thread = |_| Failure::new(E_OUTOFMEMORY.0);
        let thread = std::thread::Builder::new().name("samebox com server".into());
        let thread = thread.spawn(serve).map_err(no_thread)?;
        let body = told.recv().unwrap_or(Err(Failure::new(E_OUTOFMEMORY.0)))?;
        Ok(Self { body, stop: Some(stop), thread: Some(thread) })
    }

    /// Those who asked for its events.
    pub fn events(&self) -> &Events {
        &self.body.events
    }

    /// Lets nobody in any more: calls that come, and those under way that fail, end as disconnected.
    pub fn close(&self) {
        self.body.is_closed.store(true, Ordering::Release);
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("faces", &self.body.faces).finish_non_exhaustive()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.close();
        self.body.events.clear();
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It cannot panic.
            let _ = thread.join();
        }
    }
}

/// What the system knows of the object, on the thread that told it.
struct Registered {
    object: IUnknown,
    body: Arc<Body>,
    class: Option<u32>,
    active: Option<u32>,
}

impl Registered {
    fn new(class: &GUID, object: Arc<dyn Object>, faces: Faces) -> Result<Self, Failure> {
        security::protect()?;
        let (object, body) = exported::export(object, faces);
        let mut registered = Self { object, body, class: None, active: None };
        let (object, mut active) = (registered.object.clone(), 0);
        // SAFETY: the object is valid, and the class and the number outlive the call.
        insist(|| unsafe {
            RegisterActiveObject(&object, class, ACTIVEOBJECT_STRONG, &raw mut active)
        })?;
        registered.active = Some(active);
        let (factory, context) = (factory(object), CLSCTX_LOCAL_SERVER);
        // SAFETY: the factory is valid, and the class outlives the call.
        let class = insist(|| unsafe {
            CoRegisterClassObject(class, &factory, context, REGCLS_MULTIPLEUSE)
        })?;
        registered.class = Some(class);
        Ok(registered)
    }

    /// Waits for the other end of the channel to go.
    fn wait(self, stopped: &Receiver<()>) {
        let _ = stopped.recv();
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.body.is_closed.store(true, Ordering::Release);
        // What fails was gone before.
        // SAFETY: a number that the system gave.
        let _ = self.class.map(|number| insist(|| unsafe { CoRevokeClassObject(number) }));
        // SAFETY: as above.
        let _ = self.active.map(|number| insist(|| unsafe { RevokeActiveObject(number, None) }));
        // SAFETY: the object is valid.
        let _ = unsafe { CoDisconnectObject(&self.object, None) };
    }
}
