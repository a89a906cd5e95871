//! Bytes that nobody can guess.

use std::io;
use windows_sys::Win32::Security::Cryptography::{
    BCRYPT_USE_SYSTEM_PREFERRED_RNG, BCryptGenRandom,
};

/// As many random bytes as are wanted.
///
/// # Errors
/// The operating system's.
pub fn bytes<const LENGTH: usize>() -> io::Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    // SAFETY: the bytes are writable for that length; the system's own generator needs no handle.
    let status = unsafe {
        let (none, length) = (std::ptr::null_mut(), LENGTH as u32);
        BCryptGenRandom(none, bytes.as_mut_ptr(), length, BCRYPT_USE_SYSTEM_PREFERRED_RNG)
    };
    if status < 0 {
        let why = format!("the system gives no random bytes: status {status:#x}");
        return Err(io::Error::other(why));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_differ_each_time() {
        let drawn: Vec<[u8; 16]> = (0..8).map(|_| bytes().unwrap()).collect();
        for (at, one) in drawn.iter().enumerate() {
            assert!(!drawn[..at].contains(one) && *one != [0; 16]);
        }
    }
}
