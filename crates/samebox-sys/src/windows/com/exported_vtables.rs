//! The functions behind our objects' pointers.

use super::caller::admitted;
use super::error_info;
use super::exported::Exported;
use super::failure::{Exception, Failure};
use super::invocation::{self, Refusal};
use super::variant::{self, Variant};
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use windows::Win32::Foundation::{
    DISP_E_BADINDEX, DISP_E_EXCEPTION, DISP_E_MEMBERNOTFOUND, DISP_E_UNKNOWNNAME, E_INVALIDARG,
    E_NOTIMPL, E_POINTER, S_OK,
};
use windows::Win32::System::Com::{
    DISPATCH_FLAGS, DISPATCH_METHOD, DISPATCH_PROPERTYGET, DISPPARAMS, EXCEPINFO, IConnectionPoint,
    IConnectionPoint_Impl, IConnectionPoint_Vtbl, IConnectionPointContainer,
    IConnectionPointContainer_Impl, IConnectionPointContainer_Vtbl, IDispatch, IDispatch_Impl,
    IDispatch_Vtbl, IEnumConnectionPoints, IEnumConnections, ISupportErrorInfo_Impl,
    ISupportErrorInfo_Vtbl, ITypeInfo,
};
use windows::Win32::System::Ole::{
    CONNECT_E_NOCONNECTION, IProvideClassInfo_Impl, IProvideClassInfo2_Impl,
    IProvideClassInfo2_Vtbl,
};
use windows::Win32::System::Variant::VARIANT;
use windows_core::{Error, GUID, HRESULT, IUnknown, Interface, PCWSTR, Ref, Result};

/// `IDispatch`, and two members that early binding calls directly.
#[repr(C)]
pub(super) struct Vtable {
    base: IDispatch_Vtbl,
    send: unsafe extern "system" fn(*mut c_void, ManuallyDrop<VARIANT>) -> HRESULT,
    call: unsafe extern "system" fn(*mut c_void, ManuallyDrop<VARIANT>, *mut VARIANT) -> HRESULT,
}

// The numbers say how many pointers lie between the field and the start of an `Exported`.
pub(super) static DISPATCH: Vtable =
    Vtable { base: IDispatch_Vtbl::new::<Exported, 0>(), send, call };
pub(super) static CONTAINER: IConnectionPointContainer_Vtbl =
    IConnectionPointContainer_Vtbl::new::<Exported, -1>();
pub(super) static POINT: IConnectionPoint_Vtbl = IConnectionPoint_Vtbl::new::<Exported, -2>();
pub(super) static CLASS_INFO: IProvideClassInfo2_Vtbl =
    IProvideClassInfo2_Vtbl::new::<Exported, -3>();
pub(super) static ERROR_INFO: ISupportErrorInfo_Vtbl =
    ISupportErrorInfo_Vtbl::new::<Exported, -4>();

/// The members that early binding calls directly.
const SEND: i32 = 1;
const CALL: i32 = 2;

unsafe extern "system" fn send(this: *mut c_void, data: ManuallyDrop<VARIANT>) -> HRESULT {
    // SAFETY: COM calls it on a pointer to an `Exported`, in its apartment, with a valid value.
    unsafe { direct(this, SEND, &data) }.err().unwrap_or(S_OK)
}

unsafe extern "system" fn call(
    this: *mut c_void,
    data: ManuallyDrop<VARIANT>,
    answer: *mut VARIANT,
) -> HRESULT {
    if answer.is_null() {
        return E_POINTER;
    }
    // SAFETY: COM calls it on a pointer to an `Exported`, in its apartment, with a valid value and a
    // place for the answer, whose old content has no owner.
    unsafe {
        answer.write(VARIANT::default());
        let written =
            |value| variant::write(&value).map_err(|failure: Failure| HRESULT(failure.code));
        match direct(this, CALL, &data).and_then(written) {
            Ok(value) => answer.write(value),
            Err(code) => return code,
        }
    }
    S_OK
}

/// # Safety
/// `this` points to an `Exported`, the value is valid, and the thread is in its apartment.
unsafe fn direct(
    this: *mut c_void,
    member: i32,
    data: &VARIANT,
) -> std::result::Result<Variant, HRESULT> {
    // SAFETY: the caller's promise.
    let (this, data) = unsafe { (&*this.cast::<Exported>(), variant::read(data)) };
    data.and_then(|data| this.body.invoke(member, vec![data])).map_err(|failure| {
        let Some(exception) = failure.exception else { return HRESULT(failure.code) };
        error_info::leave(&exception);
        HRESULT(failure_code(&exception))
    })
}

/// The code of an exception where nothing but a code is returned.
fn failure_code(exception: &Exception) -> i32 {
    if exception.code < 0 { exception.code } else { DISP_E_EXCEPTION.0 }
}

/// The name that COM gives, which lies anywhere.
///
/// # Safety
/// It points to a name or is null.
unsafe fn read(name: *const GUID) -> Option<GUID> {
    // SAFETY: the caller's promise.
    (!name.is_null()).then(|| unsafe { name.read_unaligned() })
}

impl IDispatch_Impl for Exported {
    fn GetTypeInfoCount(&self) -> Result<u32> {
        Ok(u32::from(self.body.faces.types.is_some()))
    }

    fn GetTypeInfo(&self, number: u32, _: u32) -> Result<ITypeInfo> {
        match &self.body.faces.types {
            // SAFETY: COM calls this on a thread of the apartment.
            Some(types) if number == 0 => Ok(unsafe { types.interface.on_com_thread() }.clone()),
            _ => Err(DISP_E_BADINDEX.into()),
        }
    }

    fn GetIDsOfNames(
        &self,
        _: *const GUID,
        names: *const PCWSTR,
        count: u32,
        _: u32,
        numbers: *mut i32,
    ) -> Result<()> {
        if count == 0 || names.is_null() || numbers.is_null() {
            return Err(E_INVALIDARG.into());
        }
        // SAFETY: COM gives as many names as it says, and room for as many numbers.
        let (names, numbers) = unsafe {
            let count = count as usize;
            numbers.write_bytes(0xFF, count);
            (
                std::slice::from_raw_parts(names, count),
                std::slice::from_raw_parts_mut(numbers, count),
            )
        };
        // SAFETY: COM gives texts that end in NUL.
        unsafe { self.numbers(names, numbers) }
    }

    fn Invoke(
        &self,
        member: i32,
        _: *const GUID,
        _: u32,
        flags: DISPATCH_FLAGS,
        parameters: *const DISPPARAMS,
        result: *mut VARIANT,
        told: *mut EXCEPINFO,
        place: *mut u32,
    ) -> Result<()> {
        // SAFETY: COM calls this in the apartment, with parameters that are null or well-formed.
        let failure = match unsafe { self.call_by_number(member, flags, parameters) } {
            Ok(_) if result.is_null() => return Ok(()),
            Ok(value) => {
                let value = variant::write(&value)?;
                // SAFETY: there is a place for the result, whose old content has no owner.
                unsafe { result.write(value) };
                return Ok(());
            }
            Err(refusal) => {
                if let (Some(at), false) = (refusal.place, place.is_null()) {
                    // SAFETY: there is a place for the number.
                    unsafe { place.write(at) };
                }
                refusal.failure
            }
        };
        let Some(exception) = failure.exception else {
            return Err(Failure::new(failure.code).into());
        };
        if told.is_null() {
            return Err(HRESULT(failure_code(&exception)).into());
        }
        // SAFETY: there is a place for it.
        unsafe { invocation::tell(&exception, told) };
        Err(DISP_E_EXCEPTION.into())
    }
}

impl Exported {
    /// # Safety
    /// The names are texts that end in NUL.
    unsafe fn numbers(&self, names: &[PCWSTR], numbers: &mut [i32]) -> Result<()> {
        let is_same = |known: &str, name: PCWSTR| {
            // SAFETY: the caller's promise.
            let name = unsafe { name.to_string() }.unwrap_or_default();
            known.eq_ignore_ascii_case(&name) || known.to_lowercase() == name.to_lowercase()
        };
        let found = self.body.find(|member| is_same(&member.name, names[0]));
        let Some(member) = found else { return Err(DISP_E_UNKNOWNNAME.into()) };
        numbers[0] = member.id;
        let mut are_known = true;
        for (name, number) in names.iter().zip(numbers).skip(1) {
            let place = member.parameters.iter().position(|known| is_same(known, *name));
            are_known &= place.is_some();
            *number = place.map_or(-1, |place| place as i32);
        }
        if are_known { Ok(()) } else { Err(DISP_E_UNKNOWNNAME.into()) }
    }

    /// # Safety
    /// The parameters are null or well-formed, and this thread is in the apartment.
    unsafe fn call_by_number(
        &self,
        member: i32,
        flags: DISPATCH_FLAGS,
        parameters: *const DISPPARAMS,
    ) -> std::result::Result<Variant, Refusal> {
        let refused = |failure| Refusal { failure, place: None };
        let is_call = flags & (DISPATCH_METHOD | DISPATCH_PROPERTYGET) != DISPATCH_FLAGS(0);
        let Some(found) = self.body.find(|known| is_call && known.id == member) else {
            return Err(refused(Failure::new(DISP_E_MEMBERNOTFOUND.0)));
        };
        // SAFETY: the caller's promise.
        let arguments = unsafe { invocation::arguments(parameters, found.parameters.len()) }?;
        self.body.invoke(member, arguments).map_err(refused)
    }
}

impl IConnectionPointContainer_Impl for Exported {
    fn EnumConnectionPoints(&self) -> Result<IEnumConnectionPoints> {
        Err(E_NOTIMPL.into())
    }

    fn FindConnectionPoint(&self, name: *const GUID) -> Result<IConnectionPoint> {
        // SAFETY: COM gives a valid name or none.
        let name = unsafe { read(name) }.ok_or(Error::from(E_POINTER))?;
        // Scripts that know no names ask for whatever there is.
        match &self.body.faces.events {
            Some(events) if name == *events || name == IDispatch::IID => self.query(),
            _ => Err(CONNECT_E_NOCONNECTION.into()),
        }
    }
}

impl IConnectionPoint_Impl for Exported {
    fn GetConnectionInterface(&self) -> Result<GUID> {
        self.body.faces.events.ok_or(E_NOTIMPL.into())
    }

    fn GetConnectionPointContainer(&self) -> Result<IConnectionPointContainer> {
        self.query()
    }

    fn Advise(&self, sink: Ref<'_, IUnknown>) -> Result<u32> {
        let sink = sink.ok()?;
        // SAFETY: COM calls this on a thread of the apartment, with a pointer for it.
        admitted(|| unsafe { self.body.events.add(sink) })?
    }

    fn Unadvise(&self, number: u32) -> Result<()> {
        self.body.events.remove(number)
    }

    fn EnumConnections(&self) -> Result<IEnumConnections> {
        Err(E_NOTIMPL.into())
    }
}

impl IProvideClassInfo_Impl for Exported {
    fn GetClassInfo(&self) -> Result<ITypeInfo> {
        let types = self.body.faces.types.as_ref().ok_or(Error::from(E_NOTIMPL))?;
        // SAFETY: COM calls this on a thread of the apartment.
        Ok(unsafe { types.class.on_com_thread() }.clone())
    }
}

impl IProvideClassInfo2_Impl for Exported {
    fn GetGUID(&self, kind: u32) -> Result<GUID> {
        /// The interface of the events that a caller gets who asks for none in particular.
        const DEFAULT_SOURCE: u32 = 1;
        let events = self.body.faces.events.filter(|_| kind == DEFAULT_SOURCE);
        events.ok_or(E_INVALIDARG.into())
    }
}

impl ISupportErrorInfo_Impl for Exported {
    fn InterfaceSupportsErrorInfo(&self, name: *const GUID) -> Result<()> {
        /// It does not.
        const S_FALSE: HRESULT = HRESULT(1);
        // SAFETY: COM gives a valid name or none.
        let name = unsafe { read(name) };
        if name.is_some() && self.body.faces.dual == name {
            return Ok(());
        }
        Err(S_FALSE.into())
    }
}
