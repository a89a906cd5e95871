//! From our values to the system's.

use super::super::failure::Failure;
use super::{Decimal, Variant, array};
use std::mem::ManuallyDrop;
use windows::Win32::Foundation::{
    DECIMAL, DECIMAL_0, DECIMAL_0_0, DECIMAL_1, DISP_E_OVERFLOW, DISP_E_PARAMNOTFOUND,
};
use windows::Win32::System::Com::CY;
use windows::Win32::System::Variant::{
    VARENUM, VARIANT, VARIANT_0, VARIANT_0_0, VARIANT_0_0_0, VT_ARRAY, VT_BOOL, VT_BSTR, VT_CY,
    VT_DATE, VT_DECIMAL, VT_DISPATCH, VT_EMPTY, VT_ERROR, VT_I1, VT_I2, VT_I4, VT_I8, VT_NULL,
    VT_R4, VT_R8, VT_UI1, VT_UI2, VT_UI4, VT_UI8, VT_VARIANT,
};
use windows_core::BSTR;

/// Makes the system's form of a value; the result frees what it holds.
pub(crate) fn write(value: &Variant) -> Result<VARIANT, Failure> {
    let none = VARIANT_0_0_0 { llVal: 0 };
    let (kind, value) = match value {
        Variant::Empty => (VT_EMPTY, none),
        Variant::Null => (VT_NULL, none),
        Variant::Missing => (VT_ERROR, VARIANT_0_0_0 { scode: DISP_E_PARAMNOTFOUND.0 }),
        Variant::Error(code) => (VT_ERROR, VARIANT_0_0_0 { scode: *code }),
        Variant::Bool(value) => (VT_BOOL, VARIANT_0_0_0 { boolVal: (*value).into() }),
        Variant::I1(value) => (VT_I1, VARIANT_0_0_0 { cVal: *value }),
        Variant::U1(value) => (VT_UI1, VARIANT_0_0_0 { bVal: *value }),
        Variant::I2(value) => (VT_I2, VARIANT_0_0_0 { iVal: *value }),
        Variant::U2(value) => (VT_UI2, VARIANT_0_0_0 { uiVal: *value }),
        Variant::I4(value) => (VT_I4, VARIANT_0_0_0 { lVal: *value }),
        Variant::U4(value) => (VT_UI4, VARIANT_0_0_0 { ulVal: *value }),
        Variant::I8(value) => (VT_I8, VARIANT_0_0_0 { llVal: *value }),
        Variant::U8(value) => (VT_UI8, VARIANT_0_0_0 { ullVal: *value }),
        Variant::R4(value) => (VT_R4, VARIANT_0_0_0 { fltVal: *value }),
        Variant::R8(value) => (VT_R8, VARIANT_0_0_0 { dblVal: *value }),
        Variant::Currency(value) => (VT_CY, VARIANT_0_0_0 { cyVal: CY { int64: *value } }),
        Variant::Date(value) => (VT_DATE, VARIANT_0_0_0 { date: *value }),
        Variant::Decimal(value) => return decimal(*value),
        Variant::Text(text) => {
            (VT_BSTR, VARIANT_0_0_0 { bstrVal: ManuallyDrop::new(BSTR::from(text.as_str())) })
        }
        Variant::Bytes(bytes) => {
            (VT_ARRAY | VT_UI1, VARIANT_0_0_0 { parray: array::from_bytes(bytes)? })
        }
        Variant::List(items) => {
            (VT_ARRAY | VT_VARIANT, VARIANT_0_0_0 { parray: array::from_list(items)? })
        }
        Variant::Object(object) => {
            // SAFETY: to count one more reference is allowed on every thread.
            let object = object.as_ref().map(|one| unsafe { one.0.on_com_thread() }.clone());
            (VT_DISPATCH, VARIANT_0_0_0 { pdispVal: ManuallyDrop::new(object) })
        }
    };
    Ok(made(kind, value))
}

fn made(vt: VARENUM, value: VARIANT_0_0_0) -> VARIANT {
    let whole = VARIANT_0_0 { vt, Anonymous: value, ..VARIANT_0_0::default() };
    VARIANT { Anonymous: VARIANT_0 { Anonymous: ManuallyDrop::new(whole) } }
}

fn decimal(value: Decimal) -> Result<VARIANT, Failure> {
    let overflow = || Failure::new(DISP_E_OVERFLOW.0);
    let high = u32::try_from(value.units >> 64).map_err(|_| overflow())?;
    if value.scale > 28 {
        return Err(overflow());
    }
    let sign = if value.is_negative { 0x80 } else { 0 };
    let number = DECIMAL {
        // The kind lies there.
        wReserved: VT_DECIMAL.0,
        Anonymous1: DECIMAL_0 { Anonymous: DECIMAL_0_0 { scale: value.scale, sign } },
        Hi32: high,
        Anonymous2: DECIMAL_1 { Lo64: value.units as u64 },
    };
    Ok(VARIANT { Anonymous: VARIANT_0 { decVal: number } })
}
