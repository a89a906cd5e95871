use samebox_core::{Allow, Endpoint, ErrorKind, Operation, Peer, Principal, Result, User};
use samebox_sys::windows::account::{self, Sid, Token};
use samebox_sys::windows::pipe::Client;
use samebox_sys::windows::security::Descriptor;
use std::io;

/// Who may be at the other end.
#[derive(Clone, Debug)]
pub(super) struct Access {
    user: Sid,
    /// The owner of what this process makes: its user, or the administrators if it is elevated.
    owner: Sid,
    users: Vec<Sid>,
    groups: Vec<Sid>,
}

impl Access {
    /// Finds this user and the accounts that `allow` names.
    pub(super) fn look_up(endpoint: &Endpoint, allow: &Allow) -> Result<Self> {
        let unclear = |cause: io::Error| {
            let why = "the system does not say who this user is";
            endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(cause)
        };
        let own = Token::own().map_err(unclear)?;
        let mut access = Self {
            user: own.user().map_err(unclear)?,
            owner: own.owner().map_err(unclear)?,
            users: Vec::new(),
            groups: Vec::new(),
        };
        for principal in &allow.0 {
            access.add(endpoint, principal)?;
        }
        Ok(access)
    }

    fn add(&mut self, endpoint: &Endpoint, principal: &Principal) -> Result<()> {
        let unknown = |cause: io::Error| {
            endpoint
                .invalid(format!("this machine does not know {principal}"))
                .with_advice("`whoami /all` shows the names of accounts and their identifiers")
                .with_source(cause)
        };
        match principal {
            Principal::User(name) => {
                let found = account::look_up(name).map_err(unknown)?;
                self.users.push(found.sid);
            }
            Principal::Group(name) => {
                let found = account::look_up(name).map_err(unknown)?;
                if !found.is_group {
                    let why = format!("{principal} is not a group");
                    return Err(endpoint.invalid(why).with_advice("write user:NAME"));
                }
                self.groups.push(found.sid);
            }
            Principal::Sid(text) => {
                let sid: Sid = text.parse().map_err(unknown)?;
                // It may be either, and no name need stand behind it.
                self.users.push(sid.clone());
                self.groups.push(sid);
            }
        }
        Ok(())
    }

    /// What lets this user, the system and those allowed use a pipe, and nobody else.
    pub(super) fn descriptor(&self) -> io::Result<Descriptor> {
        Descriptor::private(&self.others())
    }

    /// Those allowed beside this user.
    fn others(&self) -> Vec<Sid> {
        let mut others: Vec<Sid> = Vec::new();
        for other in self.users.iter().chain(&self.groups) {
            if *other != self.user && !others.contains(other) {
                others.push(other.clone());
            }
        }
        others
    }

    /// Whether a client may come in; the pipe's own rights have let it connect.
    pub(super) fn admits(&self, client: &Token) -> io::Result<bool> {
        let user = client.user()?;
        if user == self.user || user.as_str() == Sid::SYSTEM || self.users.contains(&user) {
            return Ok(true);
        }
        let is_allowed = |group: &Sid| self.groups.contains(group);
        Ok(!self.groups.is_empty() && client.groups()?.iter().any(is_allowed))
    }

    /// Whether a server is one that this client may talk to, by the owner of its pipe and by the user
    /// that its process runs as, as far as they are known.
    ///
    /// What an elevated program or the system makes belongs to the administrators, so then the
    /// process is asked. What others make belongs to no administrator, so they cannot pass for one.
    fn trusts(&self, owner: Option<&Sid>, user: Option<&Sid>) -> bool {
        let knows = |sid: &Sid| self.users.contains(sid) || self.groups.contains(sid);
        if owner.is_some_and(|owner| *owner == self.owner || knows(owner)) {
            return true;
        }
        match owner.map(Sid::as_str) {
            None => user.is_some_and(|user| *user == self.user || knows(user)),
            Some(Sid::ADMINISTRATORS) => {
                // Few may ask a process of the system; an administrator can be the system anyway.
                let system = || self.users.iter().any(|sid| sid.as_str() == Sid::SYSTEM);
                user.map_or_else(system, |user| *user == self.user || knows(user))
            }
            Some(_) => false,
        }
    }
}

/// What lets those who may connect to a server read what it publishes, and this user write it.
///
/// # Errors
/// `InvalidEndpoint` when `allow` names somebody whom this machine does not know.
pub fn readable_by_clients(endpoint: &Endpoint, allow: &Allow) -> Result<Descriptor> {
    Descriptor::readable(&Access::look_up(endpoint, allow)?.others()).map_err(|cause| {
        let why = "the system does not say who may read what it publishes";
        endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(cause)
    })
}

/// Checks who the server is before a byte is sent to it; returns it as a peer.
///
/// # Errors
/// `Denied` when it is neither this user nor one that `allow` names.
pub(super) fn check_server(endpoint: &Endpoint, server: &Client, allow: &Allow) -> Result<Peer> {
    let owner = match server.owner() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        owner => Some(owner.map_err(|cause| {
            let why = "the system does not say who the server is";
            endpoint.error(ErrorKind::Io, Operation::Connect, why).with_source(cause)
        })?),
    };
    let user = server.server().and_then(|token| token.user()).ok();
    let access = Access::look_up(endpoint, allow)?;
    if access.trusts(owner.as_ref(), user.as_ref()) {
        return Ok(peer(user.or(owner), server.server_pid()));
    }
    let name = owner.or(user);
    let advice = name.as_ref().map_or_else(
        || "make sure that it is the one you mean".to_owned(),
        |sid| format!("make sure that it is the one you mean, then add ?allow=sid:{sid}"),
    );
    let peer = peer(name, server.server_pid());
    let why = format!("the server there belongs to another user ({peer}); nothing was sent to it");
    Err(endpoint.error(ErrorKind::Denied, Operation::Connect, why).with_advice(advice))
}

/// What is known of a process at the other end.
pub(super) fn peer(user: Option<Sid>, pid: Option<u32>) -> Peer {
    match (user, pid) {
        (Some(user), pid) => Peer::local(User::Sid(user.as_str().into()), pid),
        (None, Some(pid)) => Peer::process(pid),
        (None, None) => Peer::UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look_up(allow: &str) -> Result<Access> {
        let endpoint: Endpoint = "pipe:x".parse().unwrap();
        Access::look_up(&endpoint, &Allow::parse(allow).unwrap())
    }

    fn sid(text: &str) -> Sid {
        text.parse().unwrap()
    }

    /// An access of a made-up user, elevated or not.
    fn of(user: &str, elevated: bool) -> Access {
        let owner = if elevated { Sid::ADMINISTRATORS } else { user };
        Access { user: sid(user), owner: sid(owner), users: Vec::new(), groups: Vec::new() }
    }

    const ME: &str = "S-1-5-21-1-2-3-1001";
    const OTHER: &str = "S-1-5-21-1-2-3-1002";

    fn trusts(access: &Access, owner: Option<&str>, user: Option<&str>) -> bool {
        access.trusts(owner.map(sid).as_ref(), user.map(sid).as_ref())
    }

    #[test]
    fn a_server_of_this_user_is_trusted_elevated_or_not() {
        assert!(trusts(&of(ME, false), Some(ME), None));
        assert!(trusts(&of(ME, true), Some(Sid::ADMINISTRATORS), None));
        assert!(trusts(&of(ME, false), Some(Sid::ADMINISTRATORS), Some(ME)));
        assert!(trusts(&of(ME, false), None, Some(ME)));
    }

    #[test]
    fn others_are_not_trusted_nor_are_lesser_rights_of_this_user() {
        assert!(!trusts(&of(ME, false), Some(OTHER), Some(ME)));
        assert!(!trusts(&of(ME, false), Some(Sid::ADMINISTRATORS), Some(OTHER)));
        assert!(!trusts(&of(ME, false), Some(Sid::ADMINISTRATORS), None));
        assert!(!trusts(&of(ME, false), None, None));
        // It may pass for an elevated server of the same user.
        assert!(!trusts(&of(ME, true), Some(ME), Some(ME)));
    }

    #[test]
    fn those_that_are_allowed_are_trusted() {
        let access = Access { users: vec![sid(OTHER)], ..of(ME, false) };
        assert!(trusts(&access, Some(OTHER), None));
        assert!(trusts(&access, Some(Sid::ADMINISTRATORS), Some(OTHER)));
        let access = Access { users: vec![sid(Sid::SYSTEM)], ..of(ME, false) };
        assert!(trusts(&access, Some(Sid::ADMINISTRATORS), None));
        assert!(!trusts(&access, Some(Sid::ADMINISTRATORS), Some(OTHER)));
        let access = Access { groups: vec![sid(Sid::ADMINISTRATORS)], ..of(ME, false) };
        assert!(trusts(&access, Some(Sid::ADMINISTRATORS), None));
    }

    #[test]
    fn accounts_of_every_kind_are_found() {
        let access = look_up("group:Everyone,sid:S-1-5-20").unwrap();
        assert_eq!(access.groups, [sid("S-1-1-0"), sid("S-1-5-20")]);
        let rights = access.descriptor().unwrap().as_str().to_owned();
        assert!(rights.ends_with("(A;;0x12019b;;;NS)(A;;0x12019b;;;WD)"), "{rights}");
        assert!(access.admits(&Token::own().unwrap()).unwrap());
    }

    #[test]
    fn accounts_that_are_not_there_are_named() {
        let name = std::env::var("USERNAME").unwrap();
        for wrong in ["user:nobody-here", "sid:S-1-x", &format!("group:{name}")] {
            let error = look_up(wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidEndpoint);
            assert!(error.to_string().contains(wrong), "{error}");
        }
    }
}
