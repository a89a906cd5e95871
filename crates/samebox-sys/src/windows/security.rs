//! Security descriptors: who may use a kernel object, and whose it is.

use super::account::{Sid, Token, buffer, check, check_length_query};
use super::text::{self, wide};
use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle};
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Security::Authorization::{
    ConvertSecurityDescriptorToStringSecurityDescriptorW,
    ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GetKernelObjectSecurity, GetSecurityDescriptorLength,
    GetSecurityDescriptorOwner, OWNER_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION,
    PSECURITY_DESCRIPTOR, SECURITY_ATTRIBUTES, SetKernelObjectSecurity,
};

/// Who may use an object: its creator's user and the system for all, others to read and write.
#[derive(Clone, Debug)]
pub struct Descriptor {
    text: String,
    bytes: Vec<u64>,
}

impl Descriptor {
    /// Lets this thread's user and the system do all, and `others` read and write.
    ///
    /// Others get no right to make a further instance of a pipe, or they could serve its clients.
    ///
    /// # Errors
    /// The operating system's.
    pub fn private(others: &[Sid]) -> io::Result<Self> {
        // What reading and writing a file needs but for appending to it, which is the right to make
        // an instance of a pipe.
        Self::with_others(others, "0x12019b")
    }

    /// For memory with a name: lets this thread's user and the system do all, and `others` read it.
    ///
    /// # Errors
    /// The operating system's.
    pub fn readable(others: &[Sid]) -> io::Result<Self> {
        // The rights to query a section, to map it for reading, and to read who may.
        Self::with_others(others, "0x20005")
    }

    /// For a file: lets this thread's user and the system do all, and `others` read it, and write it
    /// where `writable` says so.
    ///
    /// # Errors
    /// The operating system's.
    pub fn file(others: &[Sid], writable: bool) -> io::Result<Self> {
        Self::with_others(others, if writable { "FRFW" } else { "FR" })
    }

    /// For memory that its maker alone writes: whoever is given a handle can read by it, and cannot
    /// get more rights from it, not even as the owner of the memory.
    ///
    /// # Errors
    /// The operating system's.
    pub(super) fn read_only() -> io::Result<Self> {
        // The rights to query a section and to map it for reading.
        Self::parse("D:P(A;;0x5;;;OW)")
    }

    /// For calls into this process: lets this thread's user and the system make them.
    ///
    /// # Errors
    /// The operating system's.
    #[cfg(feature = "com")]
    pub(super) fn callers() -> io::Result<Self> {
        // COM wants to know whose the descriptor is. The right is that to execute, here and from afar.
        let user = Token::own()?.user()?;
        Self::parse(&format!("O:{user}G:{user}D:P(A;;0x3;;;SY)(A;;0x3;;;{user})"))
    }

    fn with_others(others: &[Sid], rights: &str) -> io::Result<Self> {
        let user = Token::own()?.user()?;
        let mut text = format!("D:P(A;;FA;;;SY)(A;;FA;;;{user})");
        for other in others {
            text.push_str(&format!("(A;;{rights};;;{other})"));
        }
        Self::parse(&text)
    }

    fn parse(text: &str) -> io::Result<Self> {
        let mut made: PSECURITY_DESCRIPTOR = std::ptr::null_mut();
        let source = wide(text);
        // SAFETY: the text is NUL-terminated and outlives the call; `made` is writable, and its
        // length need not be told.
        check(unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                source.as_ptr(),
                SDDL_REVISION_1,
                &raw mut made,
                std::ptr::null_mut(),
            )
        })?;
        // SAFETY: the call gave a self-relative descriptor: that many bytes in one piece, which are
        // copied to as large a buffer before they are freed.
        let mut bytes = unsafe {
            let length = GetSecurityDescriptorLength(made);
            let mut bytes = buffer(length);
            let from = made.cast::<u8>();
            std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr().cast(), length as usize);
            text::free_local(made);
            bytes
        };
        Ok(Self { text: text_of(&mut bytes)?, bytes })
    }

    /// The list of rights as SDDL, as [`access_list`] reads it back.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// For a call that takes a self-relative descriptor and does not write to it; not to outlive `self`.
    #[cfg(feature = "com")]
    pub(super) fn as_ptr(&self) -> PSECURITY_DESCRIPTOR {
        self.bytes.as_ptr().cast_mut().cast()
    }

    /// For a call that makes an object which no child process inherits; not to outlive `self`.
    pub(super) fn attributes(&self) -> SECURITY_ATTRIBUTES {
        SECURITY_ATTRIBUTES {
            nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
            // Nothing writes to it, although its type would allow that.
            lpSecurityDescriptor: self.bytes.as_ptr().cast_mut().cast(),
            bInheritHandle: 0,
        }
    }
}

/// Makes `rights` those of the object behind a handle, which must be open for `WRITE_DAC`.
///
/// # Errors
/// The operating system's.
pub fn protect(object: impl AsHandle, rights: &Descriptor) -> io::Result<()> {
    let what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
    let descriptor = rights.bytes.as_ptr().cast_mut().cast();
    // SAFETY: the handle is open while it is borrowed, and the descriptor is a valid one, which
    // nothing writes to although its type would allow that.
    check(unsafe { SetKernelObjectSecurity(object.as_handle().as_raw_handle(), what, descriptor) })
}

/// Who owns the object behind a handle.
///
/// # Errors
/// `NotFound` when nobody does, as under Wine when its maker did not say; otherwise the operating
/// system's.
pub fn owner(object: impl AsHandle) -> io::Result<Sid> {
    let mut found = read(object.as_handle().as_raw_handle(), OWNER_SECURITY_INFORMATION)?;
    let (mut owner, mut is_default) = (std::ptr::null_mut(), 0);
    // SAFETY: the buffer holds a valid descriptor, and both results are writable.
    check(unsafe {
        GetSecurityDescriptorOwner(found.as_mut_ptr().cast(), &raw mut owner, &raw mut is_default)
    })?;
    if owner.is_null() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "the object has no owner"));
    }
    // SAFETY: the owner lies in the buffer, which is alive.
    unsafe { Sid::from_raw(owner) }
}

/// Who may use the object behind a handle, as SDDL.
///
/// # Errors
/// The operating system's.
pub fn access_list(object: impl AsHandle) -> io::Result<String> {
    text_of(&mut read(object.as_handle().as_raw_handle(), DACL_SECURITY_INFORMATION)?)
}

/// The list of rights of a valid self-relative descriptor, in the one form that Windows writes.
fn text_of(descriptor: &mut [u64]) -> io::Result<String> {
    let mut text = std::ptr::null_mut();
    // SAFETY: the buffer holds a valid descriptor, `text` is writable, and its length need not be
    // told.
    check(unsafe {
        ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor.as_mut_ptr().cast(),
            SDDL_REVISION_1,
            DACL_SECURITY_INFORMATION,
            &raw mut text,
            std::ptr::null_mut(),
        )
    })?;
    // SAFETY: the call gave a NUL-terminated string that is this function's to free.
    Ok(unsafe { text::take_local(text) })
}

fn read(object: HANDLE, what: u32) -> io::Result<Vec<u64>> {
    let (none, mut length) = (std::ptr::null_mut(), 0);
    // SAFETY: the handle is open while it is borrowed; without room only the length is written.
    let outcome = unsafe { GetKernelObjectSecurity(object, what, none, 0, &raw mut length) };
    check_length_query(outcome)?;
    let mut found = buffer(length);
    let room = found.as_mut_ptr().cast();
    // SAFETY: the buffer is writable for that length.
    check(unsafe { GetKernelObjectSecurity(object, what, room, length, &raw mut length) })?;
    Ok(found)
}
