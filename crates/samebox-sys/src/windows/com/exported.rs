//! Our objects as COM sees them: a count of references, and interfaces asked for by name.

use super::caller::admitted;
use super::events::Events;
use super::exported_vtables::{CLASS_INFO, CONTAINER, DISPATCH, ERROR_INFO, POINT, Vtable};
use super::failure::{Exception, Failure};
use super::object::{Member, Object};
use super::types::Types;
use super::variant::Variant;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use windows::Win32::Foundation::{
    E_NOINTERFACE, E_POINTER, E_UNEXPECTED, RPC_E_DISCONNECTED, S_OK,
};
use windows::Win32::System::Com::{
    IConnectionPoint, IConnectionPoint_Vtbl, IConnectionPointContainer,
    IConnectionPointContainer_Vtbl, IDispatch, ISupportErrorInfo, ISupportErrorInfo_Vtbl,
};
use windows::Win32::System::Ole::{IProvideClassInfo, IProvideClassInfo2, IProvideClassInfo2_Vtbl};
use windows_core::{ComObject, ComObjectInner, GUID, HRESULT, IUnknown, IUnknownImpl, Interface};

/// Under which names the object's interfaces are known.
#[derive(Debug, Default)]
pub struct Faces {
    /// The interface of its members, which are called by number.
    pub interface: Option<GUID>,
    /// The interface whose members 1 and 2 are called directly: they take a value, and the second
    /// returns one.
    pub dual: Option<GUID>,
    /// The interface of its events.
    pub events: Option<GUID>,
    /// What a type library says of it.
    pub types: Option<Types>,
}

/// What is behind the pointers.
pub(super) struct Body {
    pub(super) object: Arc<dyn Object>,
    pub(super) faces: Faces,
    pub(super) events: Events,
    pub(super) is_closed: AtomicBool,
}

impl Body {
    /// Calls a member; a panic is an exception, and a closed object is disconnected.
    pub(super) fn invoke(&self, member: i32, arguments: Vec<Variant>) -> Result<Variant, Failure> {
        let disconnected = || Failure::new(RPC_E_DISCONNECTED.0);
        if self.is_closed.load(Ordering::Acquire) {
            return Err(disconnected());
        }
        let called = AssertUnwindSafe(|| self.object.invoke(member, arguments));
        let outcome = admitted(|| catch_unwind(called))?.unwrap_or_else(|_| {
            let description = "the server failed inside this call".into();
            Err(Exception { code: E_UNEXPECTED.0, description, ..Exception::default() })
        });
        outcome.map_err(|exception| match self.is_closed.load(Ordering::Acquire) {
            true => disconnected(),
            false => Failure { code: exception.code, exception: Some(exception) },
        })
    }

    pub(super) fn find(&self, is_it: impl Fn(&Member) -> bool) -> Option<&Member> {
        self.object.members().iter().find(|member| is_it(member))
    }
}

/// An object with its reference count; each of the first fields is what a pointer points to.
#[repr(C)]
pub(super) struct Exported {
    dispatch: &'static Vtable,
    container: &'static IConnectionPointContainer_Vtbl,
    point: &'static IConnectionPoint_Vtbl,
    class_info: &'static IProvideClassInfo2_Vtbl,
    error_info: &'static ISupportErrorInfo_Vtbl,
    count: AtomicU32,
    pub(super) body: Arc<Body>,
}

/// Makes an object that COM can count and ask.
pub(super) fn export(object: Arc<dyn Object>, faces: Faces) -> (IUnknown, Arc<Body>) {
    let events = Events::new(faces.events);
    let body = Arc::new(Body { object, faces, events, is_closed: AtomicBool::new(false) });
    let exported = Exported {
        dispatch: &DISPATCH,
        container: &CONTAINER,
        point: &POINT,
        class_info: &CLASS_INFO,
        error_info: &ERROR_INFO,
        count: AtomicU32::new(1),
        body: body.clone(),
    };
    let pointer = Box::into_raw(Box::new(exported));
    // SAFETY: the first field is a table of functions that begins with those of `IUnknown`; the one
    // reference that is counted is this one.
    (unsafe { IUnknown::from_raw(pointer.cast()) }, body)
}

impl Exported {
    /// The interface of that name.
    fn interface(&self, name: &GUID) -> Option<*const c_void> {
        let Faces { interface, dual, events, types } = &self.body.faces;
        let is_named = |known: &Option<GUID>| known.as_ref() == Some(name);
        if [IUnknown::IID, IDispatch::IID].contains(name) || is_named(interface) || is_named(dual) {
            return Some((&raw const self.dispatch).cast());
        }
        if *name == ISupportErrorInfo::IID && dual.is_some() {
            return Some((&raw const self.error_info).cast());
        }
        if [IProvideClassInfo::IID, IProvideClassInfo2::IID].contains(name) && types.is_some() {
            return Some((&raw const self.class_info).cast());
        }
        match *name {
            IConnectionPointContainer::IID if events.is_some() => {
                Some((&raw const self.container).cast())
            }
            IConnectionPoint::IID if events.is_some() => Some((&raw const self.point).cast()),
            _ => None,
        }
    }

    /// One of its interfaces, counted.
    pub(super) fn query<T: Interface>(&self) -> windows_core::Result<T> {
        let mut found = std::ptr::null_mut();
        // SAFETY: both pointers outlive the call, and what is found is a `T` and counted.
        unsafe {
            IUnknownImpl::QueryInterface(self, &T::IID, &raw mut found).ok()?;
            Ok(T::from_raw(found))
        }
    }
}

impl IUnknownImpl for Exported {
    type Impl = Self;

    fn get_impl(&self) -> &Self {
        self
    }

    fn get_impl_mut(&mut self) -> &mut Self {
        self
    }

    fn into_inner(self) -> Self {
        self
    }

    // Written by hand: the interfaces have names that are not known before, and what the macro of
    // `windows` makes answers to one more, by which a peer could have it write past its result.
    unsafe fn QueryInterface(&self, name: *const GUID, into: *mut *mut c_void) -> HRESULT {
        if name.is_null() || into.is_null() {
            return E_POINTER;
        }
        // SAFETY: neither is null, and COM gives valid ones; Wine has names lie anywhere in what came.
        unsafe {
            let found = self.interface(&name.read_unaligned());
            into.write(found.map_or(std::ptr::null_mut(), <*const c_void>::cast_mut));
            if found.is_none() {
                return E_NOINTERFACE;
            }
        }
        self.AddRef();
        S_OK
    }

    fn AddRef(&self) -> u32 {
        self.count.fetch_add(1, Ordering::Relaxed) + 1
    }

    unsafe fn Release(this: *mut Self) -> u32 {
        // SAFETY: the caller gives up a reference, so the object is there.
        let left = unsafe { &(*this).count }.fetch_sub(1, Ordering::AcqRel) - 1;
        if left == 0 {
            // SAFETY: it was made by `Box::into_raw`, and the last reference is gone.
            drop(unsafe { Box::from_raw(this) });
        }
        left
    }

    fn is_reference_count_one(&self) -> bool {
        self.count.load(Ordering::Acquire) == 1
    }

    unsafe fn GetTrustLevel(&self, _: *mut i32) -> HRESULT {
        E_NOINTERFACE
    }

    fn to_object(&self) -> ComObject<Self> {
        self.AddRef();
        // SAFETY: the object lies in a box, and one more reference is counted.
        unsafe { ComObject::from_raw(std::ptr::NonNull::from(self)) }
    }
}

impl ComObjectInner for Exported {
    type Outer = Self;

    fn into_object(self) -> ComObject<Self> {
        let boxed = std::ptr::NonNull::from(Box::leak(Box::new(self)));
        // SAFETY: it lies in a box, and its count is that of the one reference.
        unsafe { ComObject::from_raw(boxed) }
    }
}
