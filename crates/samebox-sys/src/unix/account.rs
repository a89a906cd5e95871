//! Users and groups of this machine by name and by number, and who is behind a socket.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::AsFd;

/// The account behind the other end of a Unix socket, as the kernel recorded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Effective user id when it connected or listened.
    pub uid: u32,
    /// Effective group id then.
    pub gid: u32,
    /// Process id then, where the system tells.
    pub pid: Option<u32>,
}

/// Who is at the other end of a connected Unix socket.
///
/// # Errors
/// The operating system's.
#[cfg(target_os = "linux")]
pub fn peer(socket: impl AsFd) -> io::Result<Credentials> {
    let found = rustix::net::sockopt::socket_peercred(socket)?;
    let pid = u32::try_from(found.pid.as_raw_nonzero().get()).ok();
    Ok(Credentials { uid: found.uid.as_raw(), gid: found.gid.as_raw(), pid })
}

/// Who is at the other end of a connected Unix socket.
///
/// # Errors
/// The operating system's.
#[cfg(not(target_os = "linux"))]
pub fn peer(socket: impl AsFd) -> io::Result<Credentials> {
    use std::os::fd::AsRawFd;
    let (mut uid, mut gid) = (0, 0);
    // SAFETY: both pointers are to live locals of the right type; the descriptor is borrowed, so open.
    let outcome =
        unsafe { libc::getpeereid(socket.as_fd().as_raw_fd(), &raw mut uid, &raw mut gid) };
    if outcome == 0 {
        Ok(Credentials { uid, gid, pid: None })
    } else {
        Err(io::Error::last_os_error())
    }
}

/// The user this process acts as.
pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The number of a user given by name or by number.
///
/// # Errors
/// `NotFound` when there is no such user.
pub fn user(name: &str) -> io::Result<u32> {
    if let Ok(uid) = name.parse() {
        return Ok(uid);
    }
    // SAFETY: an all-zero passwd is a valid value of this plain C structure.
    let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
    let found = look_up(name, |name, text, found: &mut *mut libc::passwd| {
        // SAFETY: every pointer is to memory that outlives the call, and `text` tells its length.
        unsafe {
            libc::getpwnam_r(name.as_ptr(), &raw mut entry, text.as_mut_ptr(), text.len(), found)
        }
    })?;
    if found { Ok(entry.pw_uid) } else { Err(io::ErrorKind::NotFound.into()) }
}

/// The number of a group given by name or by number.
///
/// # Errors
/// `NotFound` when there is no such group.
pub fn group(name: &str) -> io::Result<u32> {
    if let Ok(gid) = name.parse() {
        return Ok(gid);
    }
    // SAFETY: an all-zero group is a valid value of this plain C structure.
    let mut entry: libc::group = unsafe { std::mem::zeroed() };
    let found = look_up(name, |name, text, found: &mut *mut libc::group| {
        // SAFETY: every pointer is to memory that outlives the call, and `text` tells its length.
        unsafe {
            libc::getgrnam_r(name.as_ptr(), &raw mut entry, text.as_mut_ptr(), text.len(), found)
        }
    })?;
    if found { Ok(entry.gr_gid) } else { Err(io::ErrorKind::NotFound.into()) }
}

/// Whether a user belongs to a group, as its own or as a further one.
///
/// # Errors
/// `NotFound` when there is no such user.
pub fn is_member(uid: u32, gid: u32) -> io::Result<bool> {
    // SAFETY: an all-zero passwd is a valid value of this plain C structure.
    let mut entry: libc::passwd = unsafe { std::mem::zeroed() };
    let mut text = vec![0; TEXT];
    let mut found = std::ptr::null_mut();
    // SAFETY: every pointer is to memory that outlives the call, and `text` tells its length.
    let outcome = unsafe {
        libc::getpwuid_r(uid, &raw mut entry, text.as_mut_ptr(), text.len(), &raw mut found)
    };
    if outcome != 0 || found.is_null() {
        return Err(io::ErrorKind::NotFound.into());
    }
    // SAFETY: a found entry's name is a NUL-terminated string in `text`, which is alive.
    let name = unsafe { CStr::from_ptr(entry.pw_name) };
    Ok(groups_of(name, entry.pw_gid).contains(&gid))
}

/// Bytes of text that a user's or group's entry may take.
const TEXT: usize = 64 << 10;

/// Groups that one user may belong to.
const GROUPS: usize = 65_536;

fn look_up<T>(
    name: &str,
    mut ask: impl FnMut(&CStr, &mut [libc::c_char], &mut *mut T) -> libc::c_int,
) -> io::Result<bool> {
    let name = CString::new(name)?;
    let mut found = std::ptr::null_mut();
    match ask(&name, &mut vec![0; TEXT], &mut found) {
        0 => Ok(!found.is_null()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

/// The type `getgrouplist` uses, which is a signed one on Apple's systems.
#[cfg(not(target_vendor = "apple"))]
type Gid = libc::gid_t;
#[cfg(target_vendor = "apple")]
type Gid = libc::c_int;

#[allow(clippy::unnecessary_cast, reason = "the types differ between systems")]
fn groups_of(name: &CStr, own: libc::gid_t) -> Vec<u32> {
    let mut groups: Vec<Gid> = vec![0; GROUPS];
    let mut count = GROUPS as libc::c_int;
    // SAFETY: `groups` has room for `count` entries, and both outlive the call.
    let outcome = unsafe {
        libc::getgrouplist(name.as_ptr(), own as Gid, groups.as_mut_ptr(), &raw mut count)
    };
    groups.truncate(if outcome < 0 { 0 } else { count.max(0) as usize });
    groups.into_iter().map(|gid| gid as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn root_is_found_by_name_and_by_number() {
        assert_eq!(user("root").unwrap(), 0);
        assert_eq!(user("12345").unwrap(), 12345);
        assert_eq!(group("root").or_else(|_| group("wheel")).unwrap(), 0);
        assert!(is_member(0, 0).unwrap());
    }

    #[test]
    fn an_unknown_name_is_not_found() {
        assert_eq!(user("no-such-user-here").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(group("no-such-group-here").unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn the_peer_of_an_own_socket_is_this_user() {
        let (one, _other) = UnixStream::pair().unwrap();
        assert_eq!(peer(&one).unwrap().uid, own_uid());
    }
}
