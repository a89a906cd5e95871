//! Who may call into this process.

use super::failure::Failure;
use crate::windows::security::Descriptor;
use std::sync::OnceLock;
use windows::Win32::Foundation::{E_FAIL, RPC_E_TOO_LATE};
use windows::Win32::Security::PSECURITY_DESCRIPTOR;
use windows::Win32::System::Com::{
    CoInitializeSecurity, EOAC_NONE, RPC_C_AUTHN_LEVEL_PKT_INTEGRITY, RPC_C_IMP_LEVEL_IDENTIFY,
};

/// Lets this user and the system call into this process, and nobody else.
///
/// A program that has decided this for itself keeps what it decided.
pub(super) fn protect() -> Result<(), Failure> {
    static DONE: OnceLock<Result<(), Failure>> = OnceLock::new();
    DONE.get_or_init(protect_once).clone()
}

fn protect_once() -> Result<(), Failure> {
    let rights = Descriptor::callers().map_err(|_| Failure::new(E_FAIL.0))?;
    let descriptor = Some(PSECURITY_DESCRIPTOR(rights.as_ptr()));
    let (level, identify) = (RPC_C_AUTHN_LEVEL_PKT_INTEGRITY, RPC_C_IMP_LEVEL_IDENTIFY);
    // SAFETY: the descriptor is a valid one, and is copied by the call.
    let done = unsafe {
        CoInitializeSecurity(descriptor, -1, None, None, level, identify, None, EOAC_NONE, None)
    };
    match done {
        Err(error) if error.code() != RPC_E_TOO_LATE => Err(error.into()),
        _ => Ok(()),
    }
}
