//! Accounts of this machine by name and by security identifier, and what a token says of its owner.

use super::text::{self, wide};
use std::fmt;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::str::FromStr;
use windows_sys::Win32::Foundation::{ERROR_INSUFFICIENT_BUFFER, ERROR_NO_TOKEN, HANDLE};
use windows_sys::Win32::Security::Authorization::{ConvertSidToStringSidW, ConvertStringSidToSidW};
use windows_sys::Win32::Security::{
    GetTokenInformation, LookupAccountNameW, PSID, SID_AND_ATTRIBUTES, SidTypeAlias, SidTypeGroup,
    SidTypeWellKnownGroup, TOKEN_GROUPS, TOKEN_INFORMATION_CLASS, TOKEN_OWNER, TOKEN_QUERY,
    TOKEN_USER, TokenGroups, TokenOwner, TokenUser,
};
use windows_sys::Win32::System::SystemServices::{SE_GROUP_ENABLED, SE_GROUP_USE_FOR_DENY_ONLY};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, GetCurrentThread, OpenProcess, OpenProcessToken, OpenThreadToken,
    PROCESS_QUERY_LIMITED_INFORMATION,
};

/// A security identifier, as its `S-1-..` text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Sid(String);

impl Sid {
    /// The system itself.
    pub const SYSTEM: &str = "S-1-5-18";
    /// The administrators of this machine.
    pub const ADMINISTRATORS: &str = "S-1-5-32-544";

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads one where the system has written it.
    ///
    /// # Safety
    /// `sid` points to a valid security identifier.
    pub(super) unsafe fn from_raw(sid: PSID) -> io::Result<Self> {
        let mut text = std::ptr::null_mut();
        // SAFETY: the caller says that `sid` is valid; `text` is writable.
        if unsafe { ConvertSidToStringSidW(sid, &raw mut text) } == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call gave a NUL-terminated string that is this function's to free.
        Ok(Self(unsafe { text::take_local(text) }))
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Sid {
    type Err = io::Error;

    fn from_str(text: &str) -> io::Result<Self> {
        let mut sid = std::ptr::null_mut();
        // SAFETY: the text is NUL-terminated and outlives the call; `sid` is writable.
        if unsafe { ConvertStringSidToSidW(wide(text).as_ptr(), &raw mut sid) } == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call gave a valid identifier, freed once it has been read.
        unsafe {
            let canonical = Self::from_raw(sid);
            text::free_local(sid);
            canonical
        }
    }
}

/// An account that a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its identifier.
    pub sid: Sid,
    /// Whether it is a group.
    pub is_group: bool,
}

/// Finds the account called `name`, or `DOMAIN\name`.
///
/// # Errors
/// The operating system's, when there is no such account.
pub fn look_up(name: &str) -> io::Result<Account> {
    let name = wide(name);
    let (mut sid_length, mut domain_length, mut kind) = (0, 0, 0);
    let none = std::ptr::null_mut();
    // SAFETY: the name is NUL-terminated; with lengths of 0 nothing but the lengths is written.
    let outcome = unsafe {
        LookupAccountNameW(
            none,
            name.as_ptr(),
            none.cast(),
            &raw mut sid_length,
            none,
            &raw mut domain_length,
            &raw mut kind,
        )
    };
    check_length_query(outcome)?;
    let mut sid = buffer(sid_length);
    let mut domain = vec![0_u16; domain_length as usize];
    // SAFETY: both buffers are writable for the lengths that go with them.
    let outcome = unsafe {
        LookupAccountNameW(
            none,
            name.as_ptr(),
            sid.as_mut_ptr().cast(),
            &raw mut sid_length,
            domain.as_mut_ptr(),
            &raw mut domain_length,
            &raw mut kind,
        )
    };
    check(outcome)?;
    // SAFETY: the call has written a valid identifier.
    let sid = unsafe { Sid::from_raw(sid.as_mut_ptr().cast()) }?;
    let groups = [SidTypeGroup, SidTypeAlias, SidTypeWellKnownGroup];
    Ok(Account { sid, is_group: groups.contains(&kind) })
}

/// What a process or a thread acts as.
#[derive(Debug)]
pub struct Token(OwnedHandle);

impl Token {
    /// What this thread acts as.
    ///
    /// # Errors
    /// The operating system's.
    pub fn own() -> io::Result<Self> {
        match Self::of_this_thread() {
            Err(error) if error.raw_os_error() == Some(ERROR_NO_TOKEN as i32) => {
                // SAFETY: the handle of this process is always open.
                unsafe { Self::of(GetCurrentProcess()) }
            }
            other => other,
        }
    }

    /// What a running process acts as.
    ///
    /// # Errors
    /// The operating system's, when there is none or it may not be asked.
    pub fn of_process(pid: u32) -> io::Result<Self> {
        // SAFETY: numbers only.
        let process = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid) };
        if process.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle was just made and has no other owner.
        let process = unsafe { OwnedHandle::from_raw_handle(process) };
        // SAFETY: the handle is open while it is borrowed.
        unsafe { Self::of(process.as_raw_handle()) }
    }

    /// Whom this thread impersonates.
    ///
    /// # Errors
    /// `ERROR_NO_TOKEN` when it impersonates nobody.
    pub(super) fn of_this_thread() -> io::Result<Self> {
        let mut token = std::ptr::null_mut();
        // SAFETY: the handle of this thread is always open, and `token` is writable.
        check(unsafe { OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, 1, &raw mut token) })?;
        // SAFETY: the handle was just made and has no other owner.
        Ok(Self(unsafe { OwnedHandle::from_raw_handle(token) }))
    }

    /// # Safety
    /// `process` is an open handle of a process.
    unsafe fn of(process: HANDLE) -> io::Result<Self> {
        let mut token = std::ptr::null_mut();
        // SAFETY: the caller says that the handle is open, and `token` is writable.
        check(unsafe { OpenProcessToken(process, TOKEN_QUERY, &raw mut token) })?;
        // SAFETY: the handle was just made and has no other owner.
        Ok(Self(unsafe { OwnedHandle::from_raw_handle(token) }))
    }

    /// The user.
    ///
    /// # Errors
    /// The operating system's.
    pub fn user(&self) -> io::Result<Sid> {
        let found = self.information(TokenUser)?;
        // SAFETY: this class gives a TOKEN_USER, whose identifier lies in the same buffer.
        unsafe { Sid::from_raw((*found.as_ptr().cast::<TOKEN_USER>()).User.Sid) }
    }

    /// Who becomes the owner of what it makes: its user, or the administrators if it is elevated.
    ///
    /// # Errors
    /// The operating system's.
    pub fn owner(&self) -> io::Result<Sid> {
        let found = self.information(TokenOwner)?;
        // SAFETY: this class gives a TOKEN_OWNER, whose identifier lies in the same buffer.
        unsafe { Sid::from_raw((*found.as_ptr().cast::<TOKEN_OWNER>()).Owner) }
    }

    /// The groups whose rights it has.
    ///
    /// # Errors
    /// The operating system's.
    pub fn groups(&self) -> io::Result<Vec<Sid>> {
        let found = self.information(TokenGroups)?;
        let groups = found.as_ptr().cast::<TOKEN_GROUPS>();
        // SAFETY: this class gives a TOKEN_GROUPS with that many entries behind it, all in the
        // buffer, which is aligned for it.
        let groups = unsafe {
            let first = (&raw const (*groups).Groups).cast::<SID_AND_ATTRIBUTES>();
            std::slice::from_raw_parts(first, (*groups).GroupCount as usize)
        };
        let has_rights = |group: &&SID_AND_ATTRIBUTES| {
            let attributes = group.Attributes as i32;
            attributes & SE_GROUP_ENABLED != 0 && attributes & SE_GROUP_USE_FOR_DENY_ONLY == 0
        };
        // SAFETY: each entry's identifier lies in the same buffer.
        groups.iter().filter(has_rights).map(|group| unsafe { Sid::from_raw(group.Sid) }).collect()
    }

    pub(super) fn information(&self, class: TOKEN_INFORMATION_CLASS) -> io::Result<Vec<u64>> {
        let (token, mut length) = (self.0.as_raw_handle(), 0);
        let none = std::ptr::null_mut();
        // SAFETY: the token is open while it is borrowed; without room only the length is written.
        let outcome = unsafe { GetTokenInformation(token, class, none, 0, &raw mut length) };
        check_length_query(outcome)?;
        let mut found = buffer(length);
        let room = found.as_mut_ptr().cast();
        // SAFETY: the buffer is writable for that length.
        check(unsafe { GetTokenInformation(token, class, room, length, &raw mut length) })?;
        Ok(found)
    }
}

/// Room for a structure of `length` bytes, aligned for any.
pub(super) fn buffer(length: u32) -> Vec<u64> {
    vec![0; (length as usize).div_ceil(size_of::<u64>())]
}

pub(super) fn check(outcome: i32) -> io::Result<()> {
    if outcome == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Checks a call that was given no room so that it tells how much it needs.
pub(super) fn check_length_query(outcome: i32) -> io::Result<()> {
    match check(outcome) {
        Err(error) if error.raw_os_error() == Some(ERROR_INSUFFICIENT_BUFFER as i32) => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_one_user() {
        let user = Token::own().unwrap().user().unwrap();
        assert!(user.as_str().starts_with("S-1-5-"), "{user}");
        let other = Token::of_process(std::process::id()).unwrap();
        assert_eq!(other.user().unwrap(), user);
    }

    #[test]
    fn everyone_is_among_the_groups() {
        let groups = Token::own().unwrap().groups().unwrap();
        assert!(groups.iter().any(|sid| sid.as_str() == "S-1-1-0"), "{groups:?}");
    }

    #[test]
    fn accounts_are_found_by_name() {
        let everyone = look_up("Everyone").unwrap();
        assert_eq!((everyone.sid.as_str(), everyone.is_group), ("S-1-1-0", true));
        let name = std::env::var("USERNAME").unwrap();
        let user = Token::own().unwrap().user().unwrap();
        assert_eq!(look_up(&name).unwrap(), Account { sid: user, is_group: false });
        assert!(look_up("no such account here").is_err());
    }

    #[test]
    fn an_identifier_is_read_in_its_one_form() {
        assert_eq!("S-1-5-18".parse::<Sid>().unwrap().as_str(), Sid::SYSTEM);
        assert!("S-1-".parse::<Sid>().is_err());
        assert!("S-1-5-18)(A;;GA;;;WD".parse::<Sid>().is_err());
    }
}
