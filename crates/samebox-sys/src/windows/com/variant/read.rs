//! From the system's values to ours.

use super::super::apartment::Held;
use super::super::failure::{Exception, Failure};
use super::super::remote::Remote;
use super::{Decimal, Variant, array};
use std::sync::Arc;
use windows::Win32::Foundation::{DISP_E_PARAMNOTFOUND, DISP_E_TYPEMISMATCH};
use windows::Win32::System::Com::IDispatch;
use windows::Win32::System::Variant::{
    VARENUM, VARIANT, VARIANT_0_0_0, VT_ARRAY, VT_BOOL, VT_BSTR, VT_BYREF, VT_CY, VT_DATE,
    VT_DECIMAL, VT_DISPATCH, VT_EMPTY, VT_ERROR, VT_I1, VT_I2, VT_I4, VT_I8, VT_INT, VT_NULL,
    VT_R4, VT_R8, VT_UI1, VT_UI2, VT_UI4, VT_UI8, VT_UINT, VT_UNKNOWN, VariantCopyInd,
};
use windows_core::Interface;

/// How deep arrays may lie in arrays.
const DEPTH: usize = 32;

/// What a value cannot be read for, in words for whoever sent it.
pub(super) fn unreadable(why: impl Into<String>) -> Failure {
    let code = DISP_E_TYPEMISMATCH.0;
    let description = why.into();
    Failure { code, exception: Some(Exception { code, description, ..Exception::default() }) }
}

/// Copies a value; `DISP_E_TYPEMISMATCH` for one that has no counterpart.
///
/// # Safety
/// The value is well-formed, as COM gives it, and this thread is in the multi-threaded apartment.
pub(crate) unsafe fn read(variant: &VARIANT) -> Result<Variant, Failure> {
    // SAFETY: the caller's promise.
    unsafe { read_at(variant, DEPTH) }
}

/// # Safety
/// As [`read`].
pub(super) unsafe fn read_at(variant: &VARIANT, depth: usize) -> Result<Variant, Failure> {
    let kind = variant.vt();
    if kind.contains(VT_BYREF) {
        let mut own = VARIANT::default();
        // SAFETY: `own` is empty; the caller says that `variant` is well-formed.
        unsafe { VariantCopyInd(&raw mut own, variant) }?;
        if own.vt().contains(VT_BYREF) {
            return Err(unreadable("a value by reference to a reference"));
        }
        // SAFETY: the call has made `own` well-formed.
        return unsafe { read_at(&own, depth) };
    }
    if kind == VT_DECIMAL {
        // SAFETY: the kind says that this field is the one in use.
        return Ok(Variant::Decimal(decimal(unsafe { &variant.Anonymous.decVal })));
    }
    // SAFETY: for every kind but the one above, this field is in use.
    let value = unsafe { &variant.Anonymous.Anonymous.Anonymous };
    if kind.contains(VT_ARRAY) {
        // SAFETY: the kind says that this field is in use; the array is well-formed.
        return unsafe { array::read(value.parray, depth) };
    }
    // SAFETY: the caller's promise.
    unsafe { scalar(kind, value) }
}

/// # Safety
/// `value` is well-formed and of that kind.
unsafe fn scalar(kind: VARENUM, value: &VARIANT_0_0_0) -> Result<Variant, Failure> {
    // SAFETY: of each union the field is read that the kind says is in use.
    Ok(unsafe {
        match kind {
            VT_EMPTY => Variant::Empty,
            VT_NULL => Variant::Null,
            VT_ERROR if value.scode == DISP_E_PARAMNOTFOUND.0 => Variant::Missing,
            VT_ERROR => Variant::Error(value.scode),
            VT_BOOL => Variant::Bool(value.boolVal.as_bool()),
            VT_I1 => Variant::I1(value.cVal),
            VT_UI1 => Variant::U1(value.bVal),
            VT_I2 => Variant::I2(value.iVal),
            VT_UI2 => Variant::U2(value.uiVal),
            VT_I4 | VT_INT => Variant::I4(value.lVal),
            VT_UI4 | VT_UINT => Variant::U4(value.ulVal),
            VT_I8 => Variant::I8(value.llVal),
            VT_UI8 => Variant::U8(value.ullVal),
            VT_R4 => Variant::R4(value.fltVal),
            VT_R8 => Variant::R8(value.dblVal),
            VT_CY => Variant::Currency(value.cyVal.int64),
            VT_DATE => Variant::Date(value.date),
            VT_BSTR => text(&value.bstrVal)?,
            VT_DISPATCH => object(value.pdispVal.as_ref()),
            VT_UNKNOWN => object(from_unknown(value.punkVal.as_ref())?.as_ref()),
            other => return Err(unreadable(format!("a value of type {}", other.0))),
        }
    })
}

pub(super) fn text(units: &[u16]) -> Result<Variant, Failure> {
    let text = String::from_utf16(units);
    text.map(Variant::Text).map_err(|_| unreadable("text with half a surrogate pair"))
}

pub(super) fn from_unknown(
    unknown: Option<&windows_core::IUnknown>,
) -> Result<Option<IDispatch>, Failure> {
    let cast = unknown.map(Interface::cast).transpose();
    cast.map_err(|_| unreadable("an object whose members cannot be called by name"))
}

/// # Safety
/// This thread is in the multi-threaded apartment.
pub(super) unsafe fn object(object: Option<&IDispatch>) -> Variant {
    // SAFETY: the caller's promise.
    Variant::Object(object.map(|found| Remote(Arc::new(unsafe { Held::new(found.clone()) }))))
}

pub(super) fn decimal(value: &windows::Win32::Foundation::DECIMAL) -> Decimal {
    // SAFETY: both fields are plain numbers, and every bit pattern is one.
    let (head, low) = unsafe { (value.Anonymous1.Anonymous, value.Anonymous2.Lo64) };
    Decimal {
        is_negative: head.sign != 0,
        scale: head.scale,
        units: u128::from(value.Hi32) << 64 | u128::from(low),
    }
}
