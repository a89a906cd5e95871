//! Our objects as programs in C call them.

use super::apartment::Apartment;
use super::exported::{self, Faces};
use super::failure::Exception;
use super::object::{Member, Object};
use super::variant::{self, Variant};
use std::ffi::c_void;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::sync::Arc;
use windows::Win32::Foundation::{
    DISP_E_BADPARAMCOUNT, DISP_E_EXCEPTION, DISP_E_MEMBERNOTFOUND, DISP_E_PARAMNOTFOUND,
    E_NOINTERFACE, E_POINTER,
};
use windows::Win32::System::Com::{
    DISPATCH_METHOD, DISPATCH_PROPERTYPUT, DISPPARAMS, GetErrorInfo, IConnectionPoint,
    IConnectionPointContainer, IDispatch, IDispatch_Vtbl,
};
use windows::Win32::System::Variant::{VARIANT, VT_BYREF, VT_VARIANT};
use windows_core::{BSTR, GUID, HRESULT, Interface, PCWSTR, w};

const DUAL: GUID = GUID::from_u128(0x0001);
const EVENTS: GUID = GUID::from_u128(0x0002);

/// Gives its arguments back, as a list where there are several, and refuses one.
struct Echo(Vec<Member>);

impl Object for Echo {
    fn members(&self) -> &[Member] {
        &self.0
    }

    fn invoke(&self, _: i32, mut arguments: Vec<Variant>) -> Result<Variant, Exception> {
        match arguments.as_slice() {
            [Variant::Text(text)] if text == "no" => {
                let description = "not this one".into();
                Err(Exception { code: 0, description, ..Exception::default() })
            }
            [_] => Ok(arguments.remove(0)),
            _ => Ok(Variant::List(arguments)),
        }
    }
}

fn object() -> (Apartment, IDispatch) {
    let apartment = Apartment::enter().unwrap();
    let member = |name: &str, id| {
        let parameters = vec!["first".into(), "second".into(), "third".into()];
        Member { name: name.into(), id, parameters }
    };
    let echo = Arc::new(Echo(vec![member("Send", 1), member("Call", 2)]));
    let faces = Faces { dual: Some(DUAL), events: Some(EVENTS), ..Faces::default() };
    (apartment, exported::export(echo, faces).0.cast().unwrap())
}

/// Calls with values in the system's order, of which the first ones have these names.
fn invoke(object: &IDispatch, values: &[Variant], names: &[i32]) -> Result<Variant, HRESULT> {
    let mut values: Vec<VARIANT> = values.iter().map(|one| variant::write(one).unwrap()).collect();
    invoke_raw(object, &mut values, names)
}

fn invoke_raw(
    object: &IDispatch,
    values: &mut [VARIANT],
    names: &[i32],
) -> Result<Variant, HRESULT> {
    let parameters = DISPPARAMS {
        rgvarg: values.as_mut_ptr(),
        rgdispidNamedArgs: names.as_ptr().cast_mut(),
        cArgs: values.len() as u32,
        cNamedArgs: names.len() as u32,
    };
    let (none, mut result) = (GUID::zeroed(), VARIANT::default());
    let place = Some(&raw mut result);
    // SAFETY: the parameters are well-formed and outlive the call, as does the result.
    unsafe {
        let done = object.Invoke(2, &none, 0, DISPATCH_METHOD, &parameters, place, None, None);
        done.map_err(|error| error.code())?;
        Ok(variant::read(&result).unwrap())
    }
}

#[test]
fn arguments_by_name_find_their_places() {
    let (_apartment, object) = object();
    let numbers = [Variant::I4(3), Variant::I4(2), Variant::I4(1)];
    let in_order = Variant::List(vec![Variant::I4(1), Variant::I4(2), Variant::I4(3)]);
    assert_eq!(invoke(&object, &numbers, &[]), Ok(in_order.clone()));
    assert_eq!(invoke(&object, &numbers, &[2, 1]), Ok(in_order));
    let third = Variant::List(vec![Variant::I4(1), Variant::Missing, Variant::I4(3)]);
    assert_eq!(invoke(&object, &[Variant::I4(3), Variant::I4(1)], &[2]), Ok(third));
    for wrong in [3, -1, i32::MIN, i32::MAX] {
        let refused = invoke(&object, &[Variant::I4(1)], &[wrong]);
        assert_eq!(refused, Err(DISP_E_PARAMNOTFOUND));
    }
    let four = [Variant::Empty, Variant::Empty, Variant::Empty, Variant::Empty];
    assert_eq!(invoke(&object, &four, &[]), Err(DISP_E_BADPARAMCOUNT));
    assert_eq!(invoke(&object, &[], &[0]), Err(DISP_E_BADPARAMCOUNT));
}

#[test]
fn names_of_parameters_are_known_in_any_case() {
    let (_apartment, object) = object();
    let none = GUID::zeroed();
    let ask = |names: &[PCWSTR]| {
        let mut numbers = vec![0; names.len()];
        let count = names.len() as u32;
        // SAFETY: there are as many names and numbers as it says.
        let asked =
            unsafe { object.GetIDsOfNames(&none, names.as_ptr(), count, 0, numbers.as_mut_ptr()) };
        (asked.is_ok(), numbers)
    };
    assert_eq!(ask(&[w!("CALL"), w!("Second"), w!("first")]), (true, vec![2, 1, 0]));
    assert_eq!(ask(&[w!("Call"), w!("fourth")]), (false, vec![2, -1]));
    assert_eq!(ask(&[w!("Shout"), w!("first")]), (false, vec![-1, -1]));
}

#[test]
fn values_by_reference_are_read_and_half_characters_refused() {
    let (_apartment, object) = object();
    let mut value = variant::write(&"by reference".into()).unwrap();
    let mut reference = VARIANT::default();
    // SAFETY: the kind says which field is in use; the value outlives the reference.
    unsafe {
        let fields = &mut *reference.Anonymous.Anonymous;
        (fields.vt, fields.Anonymous.pvarVal) = (VT_BYREF | VT_VARIANT, &raw mut value);
    }
    assert_eq!(invoke_raw(&object, &mut [reference], &[]), Ok("by reference".into()));
    let mut half = variant::write(&"x".into()).unwrap();
    // SAFETY: the value is a text, which is replaced by another.
    unsafe {
        let text = &mut (*half.Anonymous.Anonymous).Anonymous.bstrVal;
        drop(ManuallyDrop::take(text));
        *text = ManuallyDrop::new(BSTR::from_wide(&[0x61, 0xD800]));
    }
    assert!(invoke_raw(&object, &mut [half], &[]).is_err());
}

#[test]
fn properties_are_not_to_be_put() {
    let (_apartment, object) = object();
    let (none, parameters) = (GUID::zeroed(), DISPPARAMS::default());
    // SAFETY: the parameters are well-formed.
    let refused =
        unsafe { object.Invoke(2, &none, 0, DISPATCH_PROPERTYPUT, &parameters, None, None, None) };
    assert_eq!(refused.unwrap_err().code(), DISP_E_MEMBERNOTFOUND);
}

#[test]
fn members_are_called_directly() {
    /// What early binding sees.
    #[repr(C)]
    struct Functions {
        before: MaybeUninit<IDispatch_Vtbl>,
        send: unsafe extern "system" fn(*mut c_void, ManuallyDrop<VARIANT>) -> HRESULT,
        call:
            unsafe extern "system" fn(*mut c_void, ManuallyDrop<VARIANT>, *mut VARIANT) -> HRESULT,
    }
    let (_apartment, object) = object();
    let mut found = std::ptr::null_mut();
    // SAFETY: the place is writable; what is found has the functions that its name stands for.
    let (object, functions) = unsafe {
        object.query(&DUAL, &raw mut found).unwrap();
        (IDispatch::from_raw(found), &**found.cast::<*const Functions>())
    };
    let text = |text: &str| ManuallyDrop::new(variant::write(&text.into()).unwrap());
    let (yes, no, mut answer) = (text("yes"), text("no"), VARIANT::default());
    let pass = |value: &ManuallyDrop<VARIANT>| ManuallyDrop::new(VARIANT::clone(value));
    // SAFETY: the values are valid, and the place for the answer is writable.
    unsafe {
        let this = object.as_raw();
        assert!((functions.send)(this, pass(&yes)).is_ok());
        assert_eq!((functions.send)(this, pass(&no)), DISP_E_EXCEPTION);
        assert_eq!(GetErrorInfo(0).unwrap().GetDescription().unwrap(), "not this one");
        assert!((functions.call)(this, pass(&yes), &raw mut answer).is_ok());
        assert_eq!(variant::read(&answer).unwrap(), "yes".into());
        assert_eq!((functions.call)(this, pass(&no), &raw mut answer), DISP_E_EXCEPTION);
        assert!(answer.is_empty());
        assert_eq!((functions.call)(this, pass(&yes), std::ptr::null_mut()), E_POINTER);
    }
}

#[test]
fn interfaces_are_found_by_names_that_lie_anywhere() {
    let (_apartment, object) = object();
    let find = |name: GUID| {
        let mut bytes = [0_u8; 17];
        let mut found = std::ptr::null_mut();
        // SAFETY: the name lies in the bytes, off its alignment, and the place is writable.
        unsafe {
            let at = bytes.as_mut_ptr().add(1).cast::<GUID>();
            at.write_unaligned(name);
            let outcome = object.query(at, &raw mut found);
            outcome.ok().map(|()| windows_core::IUnknown::from_raw(found)).map_err(|e| e.code())
        }
    };
    assert!(find(IDispatch::IID).is_ok() && find(DUAL).is_ok());
    assert_eq!(find(EVENTS).err(), Some(E_NOINTERFACE));
    let container: IConnectionPointContainer =
        find(IConnectionPointContainer::IID).unwrap().cast().unwrap();
    // SAFETY: the name outlives the call.
    let point: IConnectionPoint = unsafe { container.FindConnectionPoint(&EVENTS) }.unwrap();
    // SAFETY: nothing is passed.
    assert_eq!(unsafe { point.GetConnectionInterface() }.unwrap(), EVENTS);
    // SAFETY: nothing is passed.
    let back = unsafe { point.GetConnectionPointContainer() }.unwrap();
    assert_eq!(back, container);
    // SAFETY: the name outlives the call.
    assert!(unsafe { container.FindConnectionPoint(&DUAL) }.is_err());
}
