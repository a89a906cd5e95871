use samebox_core::{Allow, Endpoint, ErrorKind, Operation, Peer, Principal, Result, User};
use samebox_sys::unix::account;
use std::os::fd::AsFd;

/// Who may be at the other end beside this user.
#[derive(Clone, Debug, Default)]
pub(super) struct Access {
    users: Vec<u32>,
    groups: Vec<u32>,
}

impl Access {
    /// Finds the accounts that `allow` names.
    pub(super) fn look_up(endpoint: &Endpoint, allow: &Allow) -> Result<Self> {
        let mut access = Self::default();
        for principal in &allow.0 {
            let unknown = |_| endpoint.invalid(format!("this machine does not know {principal}"));
            match principal {
                Principal::User(name) => access.users.push(account::user(name).map_err(unknown)?),
                Principal::Group(name) => {
                    access.groups.push(account::group(name).map_err(unknown)?)
                }
                Principal::Sid(_) => {
                    let why = format!("{principal} is an account of Windows");
                    return Err(endpoint.invalid(why).with_advice("write user:NAME or group:NAME"));
                }
            }
        }
        Ok(access)
    }

    pub(super) fn is_private(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty()
    }

    pub(super) fn admits(&self, found: &account::Credentials) -> bool {
        let in_group =
            |gid: &u32| *gid == found.gid || account::is_member(found.uid, *gid).unwrap_or(false);
        found.uid == account::own_uid()
            || self.users.contains(&found.uid)
            || self.groups.iter().any(in_group)
    }
}

/// Checks who the server is before a byte is sent to it; returns it as a peer.
///
/// # Errors
/// `Denied` when it is neither this user nor one that `allow` names.
pub(super) fn check_server(endpoint: &Endpoint, server: impl AsFd, allow: &Allow) -> Result<Peer> {
    let found = account::peer(server).map_err(|cause| {
        let why = "the system does not say who the server is";
        endpoint.error(ErrorKind::Io, Operation::Connect, why).with_source(cause)
    })?;
    let peer = Peer::local(User::Uid(found.uid), found.pid);
    if Access::look_up(endpoint, allow)?.admits(&found) {
        return Ok(peer);
    }
    let why = format!("the server there belongs to another user ({peer}); nothing was sent to it");
    let advice = "make sure that it is the one you mean, then name its user with ?allow=user:NAME";
    Err(endpoint.error(ErrorKind::Denied, Operation::Connect, why).with_advice(advice))
}
