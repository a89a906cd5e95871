//! Objects of others.

use super::apartment::{Apartment, Held};
use super::busy::insist;
use super::exported::{self, Faces};
use super::failure::Failure;
use super::invocation;
use super::object::Object;
use super::variant::Variant;
use std::sync::Arc;
use windows::Win32::Foundation::E_FAIL;
use windows::Win32::System::Com::{
    CLSCTX_LOCAL_SERVER, CLSIDFromProgID, CoCreateInstance, IConnectionPoint,
    IConnectionPointContainer, IDispatch,
};
use windows::Win32::System::Ole::GetActiveObject;
use windows_core::{GUID, HSTRING, Interface, PCWSTR};

/// An object of somebody else, most likely in another process.
///
/// Its calls wait until the object has done them, without an end: they belong on a thread that nobody
/// waits for.
#[derive(Clone, Debug)]
pub struct Remote(pub(super) Arc<Held<IDispatch>>);

/// Two are equal when they are the same copy of one; nobody asks the objects.
impl PartialEq for Remote {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Remote {
    /// The object of a class that runs already, as the table of running objects has it.
    ///
    /// # Errors
    /// `MK_E_UNAVAILABLE` when none runs; otherwise the system's.
    pub fn active(_: &Apartment, class: &GUID) -> Result<Self, Failure> {
        let mut found = None;
        // SAFETY: the class and `found` outlive the call.
        insist(|| unsafe { GetActiveObject(class, None, &raw mut found) })?;
        let object = found.ok_or(Failure::new(E_FAIL.0))?;
        let object = insist(|| object.cast())?;
        // SAFETY: the pointer was got in the apartment that the caller is in.
        Ok(Self(Arc::new(unsafe { Held::new(object) })))
    }

    /// An object of a class, whose server the system starts when none runs and it knows how.
    ///
    /// # Errors
    /// `REGDB_E_CLASSNOTREG` when it does not know how; otherwise the system's.
    pub fn create(_: &Apartment, class: &GUID) -> Result<Self, Failure> {
        // SAFETY: the class outlives the call.
        let object = insist(|| unsafe { CoCreateInstance(class, None, CLSCTX_LOCAL_SERVER) })?;
        // SAFETY: the pointer was got in the apartment that the caller is in.
        Ok(Self(Arc::new(unsafe { Held::new(object) })))
    }

    /// The number of the member of that name.
    ///
    /// # Errors
    /// `DISP_E_UNKNOWNNAME` when it has none; otherwise the system's.
    pub fn member(&self, apartment: &Apartment, name: &str) -> Result<i32, Failure> {
        let name = HSTRING::from(name);
        let (names, mut number) = (PCWSTR(name.as_ptr()), 0);
        let (none, object) = (&GUID::zeroed(), self.0.of(apartment));
        // SAFETY: the one name and the one number outlive the call.
        insist(|| unsafe { object.GetIDsOfNames(none, &raw const names, 1, 0, &raw mut number) })?;
        Ok(number)
    }

    /// Calls a member by its number.
    ///
    /// # Errors
    /// What the object says instead of a result, or the system's.
    pub fn invoke(
        &self,
        apartment: &Apartment,
        member: i32,
        arguments: &[Variant],
    ) -> Result<Variant, Failure> {
        // SAFETY: the pointer is of the apartment that this thread is in.
        unsafe { invocation::call(self.0.of(apartment), member, arguments) }
    }

    /// Lets go of the object at once, unless others hold this same copy: what is dropped is let go soon,
    /// which a process that ends may not see.
    pub fn release(self, apartment: &Apartment) {
        if let Some(held) = Arc::into_inner(self.0) {
            held.release(apartment);
        }
    }

    /// Has `sink` called for the object's events of that interface.
    ///
    /// # Errors
    /// `CONNECT_E_NOCONNECTION` when the object has no such events; otherwise the system's.
    pub fn subscribe(
        &self,
        apartment: &Apartment,
        events: &GUID,
        sink: Arc<dyn Object>,
    ) -> Result<Subscription, Failure> {
        let container: IConnectionPointContainer = self.0.of(apartment).cast()?;
        let faces = Faces { interface: Some(*events), ..Faces::default() };
        let (sink, _) = exported::export(sink, faces);
        // SAFETY: the interface's name outlives the call.
        let point = unsafe { container.FindConnectionPoint(events) }?;
        // SAFETY: the sink is a valid object, which the other side holds.
        let cookie = unsafe { point.Advise(&sink) }?;
        // SAFETY: the pointer was got in the apartment that the caller is in.
        Ok(Subscription { point: unsafe { Held::new(point) }, cookie })
    }
}

/// The class that the registry has for a name; `None` when nothing of that name is installed.
pub fn class_of(name: &str) -> Option<GUID> {
    // SAFETY: the name ends in NUL and outlives the call.
    unsafe { CLSIDFromProgID(&HSTRING::from(name)) }.ok()
}

/// That an object's events are heard; dropped, it lasts until either side ends.
#[derive(Debug)]
pub struct Subscription {
    point: Held<IConnectionPoint>,
    cookie: u32,
}

impl Subscription {
    /// Hears no more of them.
    ///
    /// # Errors
    /// The system's.
    pub fn end(self, apartment: &Apartment) -> Result<(), Failure> {
        // SAFETY: a number only.
        Ok(unsafe { self.point.of(apartment).Unadvise(self.cookie) }?)
    }
}
