//! Calls by the number of a member, in both directions.

use super::busy::insist;
use super::failure::{Exception, Failure};
use super::variant::{self, Variant};
use std::mem::ManuallyDrop;
use windows::Win32::Foundation::{
    DISP_E_BADPARAMCOUNT, DISP_E_EXCEPTION, DISP_E_PARAMNOTFOUND, E_INVALIDARG,
};
use windows::Win32::System::Com::{
    DISPATCH_FLAGS, DISPATCH_METHOD, DISPPARAMS, EXCEPINFO, IDispatch,
};
use windows::Win32::System::Variant::VARIANT;
use windows_core::{BSTR, GUID};

/// Calls a member of an object and waits for it, without an end.
///
/// # Safety
/// This thread is in the multi-threaded apartment, and the pointer is of it.
pub(super) unsafe fn call(
    object: &IDispatch,
    member: i32,
    arguments: &[Variant],
) -> Result<Variant, Failure> {
    // SAFETY: the caller's promise.
    unsafe { call_as(DISPATCH_METHOD, object, member, arguments) }
}

/// Calls a member as what it is: a method, or a property to be read.
///
/// # Safety
/// As [`call`].
pub(super) unsafe fn call_as(
    flags: DISPATCH_FLAGS,
    object: &IDispatch,
    member: i32,
    arguments: &[Variant],
) -> Result<Variant, Failure> {
    // The system has the last argument first.
    let written: Result<Vec<VARIANT>, _> = arguments.iter().rev().map(variant::write).collect();
    let mut written = written?;
    let parameters = DISPPARAMS {
        rgvarg: written.as_mut_ptr(),
        rgdispidNamedArgs: std::ptr::null_mut(),
        cArgs: written.len() as u32,
        cNamedArgs: 0,
    };
    let (mut result, mut told) = (VARIANT::default(), EXCEPINFO::default());
    let (result_at, told_at) = (Some(&raw mut result), Some(&raw mut told));
    let none = &GUID::zeroed();
    // SAFETY: the arguments outlive the call, and both results are writable and empty.
    let outcome = insist(|| unsafe {
        object.Invoke(member, none, 0, flags, &parameters, result_at, told_at, None)
    });
    match outcome {
        // SAFETY: the call has made `result` well-formed; the apartment is the caller's promise.
        Ok(()) => unsafe { variant::read(&result) },
        Err(error) if error.code() == DISP_E_EXCEPTION => Err(Failure {
            code: error.code().0,
            // SAFETY: the call has filled `told`, which nobody else has.
            exception: Some(unsafe { take_exception(told) }),
        }),
        Err(error) => Err(Failure::new(error.code().0)),
    }
}

/// # Safety
/// The fields are what a call has filled in, and nobody frees them.
unsafe fn take_exception(mut told: EXCEPINFO) -> Exception {
    if let Some(fill_in) = told.pfnDeferredFillIn {
        // SAFETY: the object gave this function for this purpose. What fails leaves the fields empty.
        let _ = unsafe { fill_in(&raw mut told) };
    }
    let take = |text: ManuallyDrop<BSTR>| String::from_utf16_lossy(&ManuallyDrop::into_inner(text));
    let code = if told.scode == 0 { i32::from(told.wCode) } else { told.scode };
    drop(ManuallyDrop::into_inner(told.bstrHelpFile));
    Exception { code, source: take(told.bstrSource), description: take(told.bstrDescription) }
}

/// Writes what a caller is told instead of a result.
///
/// # Safety
/// `into` is null or writable.
pub(super) unsafe fn tell(exception: &Exception, into: *mut EXCEPINFO) {
    if into.is_null() {
        return;
    }
    let text = |text: &str| ManuallyDrop::new(BSTR::from(text));
    let told = EXCEPINFO {
        bstrSource: text(&exception.source),
        bstrDescription: text(&exception.description),
        // There is a code or a number of the object's own, never neither.
        wCode: if exception.code == 0 { 1000 } else { 0 },
        scode: exception.code,
        ..EXCEPINFO::default()
    };
    // SAFETY: the caller's promise; what was there before has no owner.
    unsafe { into.write(told) };
}

/// Why arguments are refused: a code, the place of the one at fault, and words.
pub(super) struct Refusal {
    pub(super) failure: Failure,
    pub(super) place: Option<u32>,
}

impl Refusal {
    fn new(code: windows_core::HRESULT) -> Self {
        Self { failure: Failure::new(code.0), place: None }
    }
}

/// Reads the arguments of a call in the order of the parameters, of which there are that many.
///
/// # Safety
/// The parameters are null or well-formed, as COM gives them, and this thread is in the
/// multi-threaded apartment.
pub(super) unsafe fn arguments(
    parameters: *const DISPPARAMS,
    most: usize,
) -> Result<Vec<Variant>, Refusal> {
    // SAFETY: the caller's promise.
    let Some(parameters) = (unsafe { parameters.as_ref() }) else { return Ok(Vec::new()) };
    let (count, named) = (parameters.cArgs as usize, parameters.cNamedArgs as usize);
    if count > most || named > count {
        return Err(Refusal::new(DISP_E_BADPARAMCOUNT));
    }
    if count == 0 {
        return Ok(Vec::new());
    }
    if parameters.rgvarg.is_null() || (named > 0 && parameters.rgdispidNamedArgs.is_null()) {
        return Err(Refusal::new(E_INVALIDARG));
    }
    // SAFETY: well-formed parameters have that many of both.
    let values = unsafe { std::slice::from_raw_parts(parameters.rgvarg, count) };
    let names = match named {
        0 => &[][..],
        // SAFETY: as above.
        _ => unsafe { std::slice::from_raw_parts(parameters.rgdispidNamedArgs, named) },
    };
    // SAFETY: the values are well-formed; the apartment is the caller's promise.
    unsafe { placed(values, names, most) }
}

/// Puts values into their places: the last comes first, and those with names before all others.
///
/// # Safety
/// The values are well-formed, and this thread is in the multi-threaded apartment.
unsafe fn placed(values: &[VARIANT], names: &[i32], most: usize) -> Result<Vec<Variant>, Refusal> {
    let mut arguments = vec![Variant::Missing; values.len() - names.len()];
    for (from, value) in values.iter().enumerate() {
        let refused = |failure| Refusal { failure, place: Some(from as u32) };
        let place = match names.get(from) {
            Some(name) => usize::try_from(*name).ok().filter(|place| *place < most),
            None => Some(values.len() - 1 - from),
        };
        let Some(place) = place else {
            return Err(refused(Failure::new(DISP_E_PARAMNOTFOUND.0)));
        };
        if place >= arguments.len() {
            arguments.resize(place + 1, Variant::Missing);
        }
        // SAFETY: the caller's promise.
        arguments[place] = unsafe { variant::read(value) }.map_err(refused)?;
    }
    Ok(arguments)
}
