//! Who calls, as the system vouches for it.

use crate::windows::account::{Sid, Token};
use std::cell::RefCell;
use std::sync::OnceLock;
use windows::Win32::Foundation::E_ACCESSDENIED;
use windows::Win32::System::Com::{CoImpersonateClient, CoRevertToSelf};
use windows::Win32::System::Rpc::{
    I_RpcBindingInqLocalClientPID, I_RpcGetCurrentCallHandle, RpcImpersonateClient, RpcRevertToSelf,
};
use windows_core::Result;

/// Who made a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account it runs as.
    pub user: Sid,
    /// Its process; `None` when the system does not say.
    pub process: Option<u32>,
}

thread_local! {
    /// Who made the call that this thread serves.
    static CALLER: RefCell<Option<Caller>> = const { RefCell::new(None) };
}

/// Who made the call of an object's member that this thread serves; `None` outside of such calls.
pub fn caller() -> Option<Caller> {
    CALLER.with_borrow(Clone::clone)
}

/// Does `work` for whoever calls, unless that is a stranger.
///
/// A stranger is everybody but this process's user and the system. COM refuses them before, but where
/// the program has set up COM in its own way, or where COM does not look (Wine).
///
/// # Errors
/// `E_ACCESSDENIED` for strangers, and for those of whom nothing can be known.
pub(super) fn admitted<T>(work: impl FnOnce() -> T) -> Result<T> {
    let caller = found().ok_or(E_ACCESSDENIED)?;
    let is_own = own_user().is_some_and(|own| *own == caller.user);
    if !is_own && caller.user.as_str() != Sid::SYSTEM {
        return Err(E_ACCESSDENIED.into());
    }
    let before = CALLER.replace(Some(caller));
    let done = work();
    CALLER.set(before);
    Ok(done)
}

/// The user that this process runs as.
fn own_user() -> Option<&'static Sid> {
    static OWN: OnceLock<Option<Sid>> = OnceLock::new();
    OWN.get_or_init(|| Token::of_process(std::process::id()).ok()?.user().ok()).as_ref()
}

fn found() -> Option<Caller> {
    // SAFETY: nothing is passed.
    let call = unsafe { I_RpcGetCurrentCallHandle() };
    if call.is_null() {
        // No call of another process is being served, so the call is one of this process.
        return Some(Caller { user: own_user()?.clone(), process: Some(std::process::id()) });
    }
    let mut process = 0;
    // SAFETY: the handle is that of the call which this thread serves, and `process` is writable.
    let told = unsafe { I_RpcBindingInqLocalClientPID(call, &raw mut process) };
    let process = (told.is_ok() && process != 0).then_some(process);
    Some(Caller { user: impersonated()?, process })
}

/// The user whom this thread serves.
fn impersonated() -> Option<Sid> {
    // SAFETY: it is undone below, whatever happens in between.
    if unsafe { CoImpersonateClient() }.is_ok() {
        let user = Token::of_this_thread().and_then(|token| token.user());
        // SAFETY: this thread impersonates, and stops doing so.
        unsafe { CoRevertToSelf() }.ok()?;
        return user.ok();
    }
    // Wine knows nothing of it in COM, yet what COM is built on does.
    // SAFETY: no handle means the call that this thread serves; it is undone below.
    if unsafe { RpcImpersonateClient(None) }.is_ok() {
        let user = Token::of_this_thread().and_then(|token| token.user());
        // SAFETY: this thread impersonates, and stops doing so.
        unsafe { RpcRevertToSelf() }.ok().ok()?;
        return user.ok();
    }
    None
}
