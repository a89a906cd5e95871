use crate::refusal::Refusal;
use rustix::fs::{FileType, Mode, Stat, XattrFlags, fchmod, fsetxattr, fstat};
use rustix::io::Errno;
use samebox_core::{Allow, Endpoint, Principal, Result};
use samebox_sys::unix::account;
use std::fs::File;
use std::io;

/// What others may do with a shared file, in the bits of a mode.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Share {
    Read = 0o4,
    ReadWrite = 0o6,
}

/// Who beside this user may own and use the files of an endpoint.
#[derive(Debug)]
pub(crate) struct Rights {
    own: u32,
    users: Vec<u32>,
    groups: Vec<u32>,
}

impl Rights {
    /// Looks up the accounts that the endpoint allows.
    pub(crate) fn of(endpoint: &Endpoint, allow: &Allow) -> Result<Self> {
        let mut rights = Self { own: account::own_uid(), users: vec![], groups: vec![] };
        for principal in &allow.0 {
            let unknown = |_| endpoint.invalid(format!("this machine does not know {principal}"));
            match principal {
                Principal::User(name) => rights.users.push(account::user(name).map_err(unknown)?),
                Principal::Group(name) => {
                    rights.groups.push(account::group(name).map_err(unknown)?);
                }
                Principal::Sid(_) => {
                    let why = format!("{principal} is an account of Windows");
                    return Err(endpoint.invalid(why).with_advice("write user:NAME or group:NAME"));
                }
            }
        }
        Ok(rights)
    }

    fn is_private(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty()
    }

    /// Refuses what is no regular file, has a second name, or belongs to somebody not allowed.
    pub(super) fn vet(&self, found: &Stat) -> Result<(), Refusal> {
        let denied = |why: &str| Err(Refusal::Denied(why.into()));
        if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
            return denied("is not a regular file");
        }
        if found.st_nlink > 1 {
            // Somebody may have linked another file of this user's here to have it emptied.
            return denied("has a second name, so it may be another file of yours");
        }
        if !self.admits(found.st_uid) {
            return denied(&format!("belongs to uid {}", found.st_uid));
        }
        Ok(())
    }

    fn admits(&self, owner: u32) -> bool {
        let in_group = |gid: &u32| account::is_member(owner, *gid).unwrap_or(false);
        owner == self.own || self.users.contains(&owner) || self.groups.iter().any(in_group)
    }

    /// Shuts others out of a file of this user that another program left open to them.
    pub(super) fn tighten(&self, file: &File, found: &Stat) -> io::Result<()> {
        let open = found.st_mode & 0o077 != 0;
        if open && self.is_private() && found.st_uid == self.own {
            set_private(file, found)?;
        }
        Ok(())
    }

    /// Lets those whom the endpoint allows use a file of this user.
    pub(crate) fn share(&self, file: &File, share: Share) -> io::Result<()> {
        let found = fstat(file)?;
        if self.is_private() || found.st_uid != self.own {
            return Ok(());
        }
        set_private(file, &found)?;
        let list = access_list(&self.users, &self.groups, share as u16);
        let unsupported = || {
            let why = "this file system has no access lists for single users and groups";
            io::Error::new(io::ErrorKind::Unsupported, why)
        };
        match fsetxattr(file, "system.posix_acl_access", &list, XattrFlags::empty()) {
            Err(Errno::NOTSUP) => return Err(unsupported()),
            other => other?,
        }
        // Where the name means nothing to the system, the mode shows no mask.
        if fstat(file)?.st_mode & 0o070 == 0 { Err(unsupported()) } else { Ok(()) }
    }
}

/// Leaves the file to its owner, and marked as unfinished if it was.
fn set_private(file: &File, found: &Stat) -> rustix::io::Result<()> {
    let mark = Mode::from_raw_mode(found.st_mode) & Mode::SVTX;
    fchmod(file, Mode::RUSR | Mode::WUSR | mark)
}

/// An access list as Linux keeps it in an extended attribute (`linux/posix_acl_xattr.h`):
///
/// ```text
/// u32 version = 2, then entries in the order of their tags: { u16 tag, u16 rights, u32 id }
/// ```
fn access_list(users: &[u32], groups: &[u32], share: u16) -> Vec<u8> {
    const NOBODY: u32 = u32::MAX;
    let named = |tag, ids: &[u32]| {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().map(move |id| (tag, share, id)).collect::<Vec<_>>()
    };
    let entries = [
        vec![(0x01, Share::ReadWrite as u16, NOBODY)], // the owner
        named(0x02, users),
        vec![(0x04, 0, NOBODY)], // the owning group
        named(0x08, groups),
        vec![(0x10, share, NOBODY)], // the most that the named ones may do
        vec![(0x20, 0, NOBODY)],     // all others
    ];
    let mut list = 2u32.to_le_bytes().to_vec();
    for (tag, rights, id) in entries.concat() {
        list.extend(u16::to_le_bytes(tag));
        list.extend(u16::to_le_bytes(rights));
        list.extend(u32::to_le_bytes(id));
    }
    list
}
