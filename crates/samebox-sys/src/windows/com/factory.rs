//! The class object: whoever makes an object of the class gets the one that there is.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, Ordering};
use windows::Win32::Foundation::{CLASS_E_NOAGGREGATION, E_NOINTERFACE, E_POINTER, S_OK};
use windows::Win32::System::Com::{IClassFactory, IClassFactory_Vtbl};
use windows_core::{BOOL, GUID, HRESULT, IUnknown, IUnknown_Vtbl, Interface};

/// Hands out one object.
///
/// Written by hand: what the macro of `windows` makes answers to one more name, by which a peer could
/// have it write past its result, and expects names to be aligned, which those of Wine are not.
#[repr(C)]
struct Factory {
    functions: &'static IClassFactory_Vtbl,
    count: AtomicU32,
    object: IUnknown,
}

static FUNCTIONS: IClassFactory_Vtbl = IClassFactory_Vtbl {
    base__: IUnknown_Vtbl { QueryInterface: query, AddRef: add, Release: release },
    CreateInstance: create,
    LockServer: lock,
};

pub(super) fn factory(object: IUnknown) -> IClassFactory {
    let count = AtomicU32::new(1);
    let pointer = Box::into_raw(Box::new(Factory { functions: &FUNCTIONS, count, object }));
    // SAFETY: the first field is the table of functions; the one reference that is counted is this one.
    unsafe { IClassFactory::from_raw(pointer.cast()) }
}

unsafe extern "system" fn query(
    this: *mut c_void,
    name: *const GUID,
    into: *mut *mut c_void,
) -> HRESULT {
    if name.is_null() || into.is_null() {
        return E_POINTER;
    }
    // SAFETY: neither is null, and COM gives valid ones; the name may lie anywhere.
    unsafe {
        if ![IUnknown::IID, IClassFactory::IID].contains(&name.read_unaligned()) {
            into.write(std::ptr::null_mut());
            return E_NOINTERFACE;
        }
        add(this);
        into.write(this);
    }
    S_OK
}

unsafe extern "system" fn add(this: *mut c_void) -> u32 {
    // SAFETY: COM calls it on a factory that is there.
    unsafe { &(*this.cast::<Factory>()).count }.fetch_add(1, Ordering::Relaxed) + 1
}

unsafe extern "system" fn release(this: *mut c_void) -> u32 {
    // SAFETY: COM gives up a reference, so the factory is there.
    let left = unsafe { &(*this.cast::<Factory>()).count }.fetch_sub(1, Ordering::AcqRel) - 1;
    if left == 0 {
        // SAFETY: it was made by `Box::into_raw`, and the last reference is gone.
        drop(unsafe { Box::from_raw(this.cast::<Factory>()) });
    }
    left
}

unsafe extern "system" fn create(
    this: *mut c_void,
    outer: *mut c_void,
    name: *const GUID,
    into: *mut *mut c_void,
) -> HRESULT {
    if !outer.is_null() {
        return CLASS_E_NOAGGREGATION;
    }
    // SAFETY: COM calls it on a factory that is there; the object looks at both pointers.
    unsafe { (*this.cast::<Factory>()).object.query(name, into) }
}

unsafe extern "system" fn lock(_: *mut c_void, _: BOOL) -> HRESULT {
    S_OK
}
