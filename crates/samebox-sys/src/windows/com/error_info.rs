//! What a caller that was returned nothing but a code may ask for afterwards.

use super::failure::Exception;
use windows::Win32::System::Com::{IErrorInfo, SetErrorInfo};
use windows::Win32::System::Ole::CreateErrorInfo;
use windows_core::{HSTRING, Interface, Result};

/// Leaves an exception's words for the caller of this thread; without memory there are none.
pub(super) fn leave(exception: &Exception) {
    let _ = try_leave(exception);
}

// Not by `Error::new` of `windows`: that is made for newer interfaces, which end the process in Wine 8.
fn try_leave(exception: &Exception) -> Result<()> {
    let (source, description) =
        (HSTRING::from(&exception.source), HSTRING::from(&exception.description));
    // SAFETY: the texts end in NUL and outlive the calls.
    unsafe {
        let info = CreateErrorInfo()?;
        info.SetSource(&source)?;
        info.SetDescription(&description)?;
        SetErrorInfo(0, &info.cast::<IErrorInfo>()?)
    }
}
