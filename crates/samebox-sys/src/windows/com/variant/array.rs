//! Arrays of values, with one dimension.

use super::super::failure::Failure;
use super::read::{decimal, from_unknown, object, read_at, text, unreadable};
use super::{Variant, write};
use std::ffi::c_void;
use windows::Win32::Foundation::{DECIMAL, DISP_E_OVERFLOW, E_OUTOFMEMORY, VARIANT_BOOL};
use windows::Win32::System::Com::{CY, IDispatch, SAFEARRAY};
use windows::Win32::System::Ole::{
    SafeArrayAccessData, SafeArrayCreateVector, SafeArrayDestroy, SafeArrayGetDim,
    SafeArrayGetElemsize, SafeArrayGetLBound, SafeArrayGetUBound, SafeArrayGetVartype,
    SafeArrayUnaccessData,
};
use windows::Win32::System::Variant::{
    VARENUM, VARIANT, VT_BOOL, VT_BSTR, VT_CY, VT_DATE, VT_DECIMAL, VT_DISPATCH, VT_ERROR, VT_I1,
    VT_I2, VT_I4, VT_I8, VT_INT, VT_R4, VT_R8, VT_UI1, VT_UI2, VT_UI4, VT_UI8, VT_UINT, VT_UNKNOWN,
    VT_VARIANT,
};
use windows_core::{BSTR, IUnknown};

/// How many values a list may have; each takes more memory here than there.
const MOST: usize = 1 << 20;

/// # Safety
/// The array is null or well-formed, and this thread is in the multi-threaded apartment.
pub(super) unsafe fn read(array: *const SAFEARRAY, depth: usize) -> Result<Variant, Failure> {
    if array.is_null() {
        return Ok(Variant::List(Vec::new()));
    }
    let Some(depth) = depth.checked_sub(1) else {
        return Err(unreadable("arrays that lie too deep in arrays"));
    };
    // SAFETY: the array is well-formed.
    let (kind, length) = unsafe { (SafeArrayGetVartype(array)?, length(array)?) };
    let mut data: *mut c_void = std::ptr::null_mut();
    // SAFETY: the array is well-formed, and `data` is writable.
    unsafe { SafeArrayAccessData(array, &raw mut data) }?;
    // SAFETY: while the array is locked, `data` is that many elements of its kind.
    let read = unsafe { elements(array, kind, data, length, depth) };
    // SAFETY: it was locked above.
    unsafe { SafeArrayUnaccessData(array) }?;
    read
}

/// # Safety
/// The array is well-formed.
unsafe fn length(array: *const SAFEARRAY) -> Result<usize, Failure> {
    // SAFETY: the caller's promise.
    unsafe {
        if SafeArrayGetDim(array) != 1 {
            return Err(unreadable("an array with more than one dimension"));
        }
        let (first, last) = (SafeArrayGetLBound(array, 1)?, SafeArrayGetUBound(array, 1)?);
        Ok(usize::try_from(i64::from(last) - i64::from(first) + 1).unwrap_or(0))
    }
}

/// # Safety
/// `data` is `length` elements of `kind` of that array, and nobody changes them.
unsafe fn elements(
    array: *const SAFEARRAY,
    kind: VARENUM,
    data: *const c_void,
    length: usize,
    depth: usize,
) -> Result<Variant, Failure> {
    if kind == VT_UI1 {
        let bytes = match length {
            // An array without elements may have no memory.
            0 => &[][..],
            // SAFETY: the caller's promise.
            _ => unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length) },
        };
        return Ok(Variant::Bytes(bytes.to_vec()));
    }
    if length > MOST {
        return Err(unreadable(format!("an array of {length} values; at most {MOST} go")));
    }
    // SAFETY: the caller's promise.
    let size = unsafe { SafeArrayGetElemsize(array) } as usize;
    let one = |place: usize| {
        // SAFETY: the element lies within the array, and is of that kind.
        unsafe { element(kind, size, data.byte_add(place * size), depth) }
    };
    (0..length).map(one).collect::<Result<Vec<_>, _>>().map(Variant::List)
}

/// # Safety
/// `at` points to an element of that kind and size.
unsafe fn element(
    kind: VARENUM,
    size: usize,
    at: *const c_void,
    depth: usize,
) -> Result<Variant, Failure> {
    /// The element, when it has the size that its kind says.
    ///
    /// # Safety
    /// `at` points to an element that is a `T`, if it has its size.
    unsafe fn get<'a, T>(at: *const c_void, size: usize) -> Result<&'a T, Failure> {
        if size != size_of::<T>() {
            return Err(unreadable("an array whose elements have the wrong size"));
        }
        // SAFETY: the caller's promise.
        Ok(unsafe { &*at.cast::<T>() })
    }
    // SAFETY: the kind says what type the element has.
    Ok(unsafe {
        match kind {
            VT_VARIANT => read_at(get::<VARIANT>(at, size)?, depth)?,
            VT_BSTR => text(get::<BSTR>(at, size)?)?,
            VT_BOOL => Variant::Bool(get::<VARIANT_BOOL>(at, size)?.as_bool()),
            VT_I1 => Variant::I1(*get(at, size)?),
            VT_I2 => Variant::I2(*get(at, size)?),
            VT_UI2 => Variant::U2(*get(at, size)?),
            VT_I4 | VT_INT => Variant::I4(*get(at, size)?),
            VT_UI4 | VT_UINT => Variant::U4(*get(at, size)?),
            VT_I8 => Variant::I8(*get(at, size)?),
            VT_UI8 => Variant::U8(*get(at, size)?),
            VT_R4 => Variant::R4(*get(at, size)?),
            VT_R8 => Variant::R8(*get(at, size)?),
            VT_DATE => Variant::Date(*get(at, size)?),
            VT_ERROR => Variant::Error(*get(at, size)?),
            VT_CY => Variant::Currency(get::<CY>(at, size)?.int64),
            VT_DECIMAL => Variant::Decimal(decimal(get::<DECIMAL>(at, size)?)),
            VT_DISPATCH => object(get::<Option<IDispatch>>(at, size)?.as_ref()),
            VT_UNKNOWN => {
                let unknown = get::<Option<IUnknown>>(at, size)?.as_ref();
                object(from_unknown(unknown)?.as_ref())
            }
            other => return Err(unreadable(format!("an array of values of type {}", other.0))),
        }
    })
}

/// An array that is being filled, destroyed unless it is finished.
struct Growing(*mut SAFEARRAY);

impl Growing {
    fn new(kind: VARENUM, length: usize) -> Result<Self, Failure> {
        let length = u32::try_from(length).map_err(|_| Failure::new(DISP_E_OVERFLOW.0))?;
        // SAFETY: numbers only.
        let made = unsafe { SafeArrayCreateVector(kind, 0, length) };
        if made.is_null() { Err(Failure::new(E_OUTOFMEMORY.0)) } else { Ok(Self(made)) }
    }

    /// Has `fill` write the elements, which are zero before.
    fn fill(&self, fill: impl FnOnce(*mut c_void) -> Result<(), Failure>) -> Result<(), Failure> {
        let mut data: *mut c_void = std::ptr::null_mut();
        // SAFETY: the array is valid, and `data` is writable.
        unsafe { SafeArrayAccessData(self.0, &raw mut data) }?;
        let filled = fill(data);
        // SAFETY: it was locked above.
        unsafe { SafeArrayUnaccessData(self.0) }?;
        filled
    }

    fn finish(self) -> *mut SAFEARRAY {
        std::mem::ManuallyDrop::new(self).0
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        // SAFETY: the array is valid and nobody else has it. Unlocked, it can be destroyed.
        let _ = unsafe { SafeArrayDestroy(self.0) };
    }
}

pub(super) fn from_bytes(bytes: &[u8]) -> Result<*mut SAFEARRAY, Failure> {
    let array = Growing::new(VT_UI1, bytes.len())?;
    array.fill(|data| {
        if !bytes.is_empty() {
            // SAFETY: the array has as many bytes, and is new.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), data.cast(), bytes.len()) };
        }
        Ok(())
    })?;
    Ok(array.finish())
}

pub(super) fn from_list(items: &[Variant]) -> Result<*mut SAFEARRAY, Failure> {
    let array = Growing::new(VT_VARIANT, items.len())?;
    array.fill(|data| {
        for (place, item) in items.iter().enumerate() {
            let item = write(item)?;
            // SAFETY: the array has as many elements; the one there is empty and needs no end.
            unsafe { data.cast::<VARIANT>().add(place).write(item) };
        }
        Ok(())
    })?;
    Ok(array.finish())
}
