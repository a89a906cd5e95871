//! The class object: whoever makes an object of the class gets the one that there is.

use std::ffi::c_void;
use std::marker::PhantomData;
use windows::Win32::Foundation::CLASS_E_NOAGGREGATION;
use windows::Win32::System::Com::{IClassFactory, IClassFactory_Impl};
use windows_core::{BOOL, GUID, IUnknown, Interface, Ref, Result, implement};

/// Hands out one object.
///
/// The lifetime has no other use than that the macro leaves out an interface of its own, by which a
/// peer could have it write past its result.
#[implement(IClassFactory, Agile = false)]
pub(super) struct Factory<'a> {
    object: IUnknown,
    lifetime: PhantomData<&'a ()>,
}

pub(super) fn factory(object: IUnknown) -> IClassFactory {
    Factory { object, lifetime: PhantomData }.into()
}

impl IClassFactory_Impl for Factory_Impl<'_> {
    fn CreateInstance(
        &self,
        outer: Ref<'_, IUnknown>,
        name: *const GUID,
        into: *mut *mut c_void,
    ) -> Result<()> {
        if outer.is_some() {
            return Err(CLASS_E_NOAGGREGATION.into());
        }
        // SAFETY: COM gives a valid name and a place for the pointer; the object looks at both.
        unsafe { self.object.query(name, into) }.ok()
    }

    fn LockServer(&self, _: BOOL) -> Result<()> {
        Ok(())
    }
}
