//! The registry: keys of this user or of the machine, with text in them.

use super::text::wide;
use std::io;
use windows::Win32::Foundation::{
    ERROR_FILE_NOT_FOUND, ERROR_MORE_DATA, ERROR_NO_MORE_ITEMS, WIN32_ERROR,
};
use windows::Win32::System::Registry::{
    HKEY, HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE, KEY_READ, KEY_WRITE, REG_OPTION_NON_VOLATILE,
    REG_SAM_FLAGS, REG_SZ, RRF_RT_REG_SZ, RegCloseKey, RegCreateKeyExW, RegDeleteKeyW,
    RegDeleteValueW, RegEnumKeyExW, RegEnumValueW, RegGetValueW, RegOpenKeyExW, RegSetValueExW,
};
use windows_core::{PCWSTR, PWSTR};

/// Characters that the name of a key or of a value can have, and the NUL behind.
const LONGEST_NAME: usize = 16_384;
/// Bytes of text that are read at most.
const LARGEST_TEXT: u32 = 64 << 10;

/// Whose part of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hive {
    /// This user's.
    User,
    /// That of all users, which administrators write.
    Machine,
}

impl Hive {
    fn root(self) -> HKEY {
        match self {
            Self::User => HKEY_CURRENT_USER,
            Self::Machine => HKEY_LOCAL_MACHINE,
        }
    }
}

/// An open key.
#[derive(Debug)]
pub struct Key(HKEY);

impl Key {
    /// Opens a key for reading; `None` when it is not there.
    ///
    /// # Errors
    /// The operating system's, `PermissionDenied` for one.
    pub fn open(hive: Hive, path: &str) -> io::Result<Option<Self>> {
        Self::open_for(hive, path, KEY_READ)
    }

    /// Opens a key for reading and writing; `None` when it is not there.
    ///
    /// # Errors
    /// As [`Key::open`].
    pub fn open_to_write(hive: Hive, path: &str) -> io::Result<Option<Self>> {
        Self::open_for(hive, path, KEY_READ | KEY_WRITE)
    }

    fn open_for(hive: Hive, path: &str, rights: REG_SAM_FLAGS) -> io::Result<Option<Self>> {
        let (path, mut key) = (wide(path), HKEY::default());
        // SAFETY: the path ends with a NUL and outlives the call, and so does the place for the key.
        let code = unsafe {
            RegOpenKeyExW(hive.root(), PCWSTR(path.as_ptr()), None, rights, &raw mut key)
        };
        Ok(there(code)?.then_some(Self(key)))
    }

    /// Opens a key for reading and writing; makes it and those above it where they are not there.
    ///
    /// # Errors
    /// As [`Key::open`].
    pub fn create(hive: Hive, path: &str) -> io::Result<Self> {
        let (path, mut key) = (wide(path), HKEY::default());
        // SAFETY: the path ends with a NUL and outlives the call, and so does the place for the key.
        let code = unsafe {
            RegCreateKeyExW(
                hive.root(),
                PCWSTR(path.as_ptr()),
                None,
                PCWSTR::null(),
                REG_OPTION_NON_VOLATILE,
                KEY_READ | KEY_WRITE,
                None,
                &raw mut key,
                None,
            )
        };
        check(code)?;
        Ok(Self(key))
    }

    /// Removes a key with the values in it; one that is not there is no error.
    ///
    /// # Errors
    /// As [`Key::open`]; `PermissionDenied` as well for a key that has others below it.
    pub fn remove(hive: Hive, path: &str) -> io::Result<()> {
        let path = wide(path);
        // SAFETY: the path ends with a NUL and outlives the call.
        there(unsafe { RegDeleteKeyW(hive.root(), PCWSTR(path.as_ptr())) }).map(drop)
    }

    /// The text of a value; the value without a name is the key's own. `None` when it is not there.
    ///
    /// # Errors
    /// The operating system's, for a value that is no text too.
    pub fn text(&self, name: &str) -> io::Result<Option<String>> {
        let name = wide(name);
        let mut units = vec![0u16; 260];
        loop {
            let mut bytes = u32::try_from(units.len() * 2).unwrap_or(LARGEST_TEXT);
            // SAFETY: the name ends with a NUL; `bytes` says how much room `units` has, and both
            // outlive the call.
            let code = unsafe {
                RegGetValueW(
                    self.0,
                    PCWSTR::null(),
                    PCWSTR(name.as_ptr()),
                    RRF_RT_REG_SZ,
                    None,
                    Some(units.as_mut_ptr().cast()),
                    Some(&raw mut bytes),
                )
            };
            if code == ERROR_MORE_DATA && bytes <= LARGEST_TEXT {
                units.resize(bytes as usize / 2 + 1, 0);
                continue;
            }
            return Ok(there(code)?.then(|| until_nul(&units)));
        }
    }

    /// Sets a value to a text; the value without a name is the key's own.
    ///
    /// # Errors
    /// The operating system's.
    pub fn set_text(&self, name: &str, text: &str) -> io::Result<()> {
        let name = wide(name);
        let bytes: Vec<u8> = wide(text).iter().flat_map(|unit| unit.to_le_bytes()).collect();
        // SAFETY: the name ends with a NUL, and outlives the call as the bytes do.
        check(unsafe { RegSetValueExW(self.0, PCWSTR(name.as_ptr()), None, REG_SZ, Some(&bytes)) })
    }

    /// Removes a value; one that is not there is no error.
    ///
    /// # Errors
    /// The operating system's.
    pub fn remove_value(&self, name: &str) -> io::Result<()> {
        let name = wide(name);
        // SAFETY: the name ends with a NUL and outlives the call.
        there(unsafe { RegDeleteValueW(self.0, PCWSTR(name.as_ptr())) }).map(drop)
    }

    /// The names of the keys below.
    ///
    /// # Errors
    /// The operating system's.
    pub fn keys(&self) -> io::Result<Vec<String>> {
        self.names(|key, index, name, length| {
            // SAFETY: `length` says how much room `name` has, and both outlive the call.
            unsafe { RegEnumKeyExW(key, index, Some(name), length, None, None, None, None) }
        })
    }

    /// The names of the values; empty for the key's own.
    ///
    /// # Errors
    /// The operating system's.
    pub fn values(&self) -> io::Result<Vec<String>> {
        self.names(|key, index, name, length| {
            // SAFETY: `length` says how much room `name` has, and both outlive the call.
            unsafe { RegEnumValueW(key, index, Some(name), length, None, None, None, None) }
        })
    }

    fn names(
        &self,
        next: impl Fn(HKEY, u32, PWSTR, *mut u32) -> WIN32_ERROR,
    ) -> io::Result<Vec<String>> {
        let (mut names, mut name) = (Vec::new(), vec![0u16; LONGEST_NAME]);
        loop {
            let mut length = LONGEST_NAME as u32;
            let index = u32::try_from(names.len()).map_err(io::Error::other)?;
            let code = next(self.0, index, PWSTR(name.as_mut_ptr()), &raw mut length);
            if code == ERROR_NO_MORE_ITEMS {
                return Ok(names);
            }
            check(code)?;
            names.push(until_nul(&name));
        }
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: the key is open, and nobody uses it after this.
        let _ = unsafe { RegCloseKey(self.0) };
    }
}

fn until_nul(units: &[u16]) -> String {
    let length = units.iter().position(|unit| *unit == 0).unwrap_or(units.len());
    String::from_utf16_lossy(&units[..length])
}

fn check(code: WIN32_ERROR) -> io::Result<()> {
    if code.is_ok() { Ok(()) } else { Err(io::Error::from_raw_os_error(code.0 as i32)) }
}

/// Whether what was asked for is there.
fn there(code: WIN32_ERROR) -> io::Result<bool> {
    if code == ERROR_FILE_NOT_FOUND {
        return Ok(false);
    }
    check(code).map(|()| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> String {
        format!("Software\\samebox-sys-{}-{name}", std::process::id())
    }

    #[test]
    fn what_is_written_is_read_and_removed() {
        let (above, below) = (path("written"), path("written") + "\\below");
        assert!(Key::open(Hive::User, &above).unwrap().is_none());
        let key = Key::create(Hive::User, &below).unwrap();
        let long = "ä".repeat(5000);
        for (name, text) in [("", "the key's own"), ("long", &long), ("empty", "")] {
            key.set_text(name, text).unwrap();
            assert_eq!(key.text(name).unwrap().as_deref(), Some(text));
        }
        let mut values = key.values().unwrap();
        values.sort();
        assert_eq!(values, ["", "empty", "long"]);
        assert_eq!(Key::open(Hive::User, &above).unwrap().unwrap().keys().unwrap(), ["below"]);
        key.remove_value("long").unwrap();
        key.remove_value("long").unwrap();
        assert_eq!(key.text("long").unwrap(), None);
        drop(key);
        for path in [&below, &above, &above] {
            Key::remove(Hive::User, path).unwrap();
        }
        assert!(Key::open(Hive::User, &above).unwrap().is_none());
    }

    #[test]
    fn a_key_with_others_below_it_is_not_removed() {
        let (above, below) = (path("above"), path("above") + "\\below");
        drop(Key::create(Hive::User, &below).unwrap());
        Key::remove(Hive::User, &above).unwrap_err();
        assert!(Key::open_to_write(Hive::User, &below).unwrap().is_some());
        Key::remove(Hive::User, &below).unwrap();
        Key::remove(Hive::User, &above).unwrap();
    }
}
