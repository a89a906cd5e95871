//! Who calls, as the system vouches for it.

use crate::windows::account::{Sid, Token};
use windows::Win32::System::Com::{CoImpersonateClient, CoRevertToSelf};

/// Who made the call that this thread serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account it runs as.
    pub user: Sid,
}

/// Who made the call that this thread serves; `None` when the system does not say.
pub fn caller() -> Option<Caller> {
    // SAFETY: it is undone below, whatever happens in between.
    unsafe { CoImpersonateClient() }.ok()?;
    let user = Token::own().and_then(|token| token.user());
    // SAFETY: this thread impersonates the caller, and stops doing so.
    let reverted = unsafe { CoRevertToSelf() };
    reverted.ok()?;
    Some(Caller { user: user.ok()? })
}
