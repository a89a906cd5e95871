//! Where a bus is: addresses as the D-Bus specification writes them, as far as sockets go.

use samebox_sys::unix::name;
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::time::Duration;

/// One address of a bus: a Unix socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// `unix:path=..`
    Path(PathBuf),
    /// `unix:abstract=..`
    Abstract(Vec<u8>),
}

impl Address {
    /// How long a live bus may take to let a client in.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// Reads addresses separated by semicolons; kinds that are no Unix sockets are left out.
    ///
    /// # Errors
    /// In words, when none is left or one is written wrong.
    pub(crate) fn parse_all(text: &str) -> Result<Vec<Self>, String> {
        let parts = text.split(';').filter(|part| !part.is_empty());
        let found: Result<Vec<_>, String> = parts.map(Self::parse).collect();
        let found: Vec<_> = found?.into_iter().flatten().collect();
        if found.is_empty() {
            return Err("it names no Unix socket (unix:path=.. or unix:abstract=..)".into());
        }
        Ok(found)
    }

    fn parse(text: &str) -> Result<Option<Self>, String> {
        let Some((kind, rest)) = text.split_once(':') else {
            return Err("an address is unix:path=/run/x/bus, for one".into());
        };
        if kind != "unix" {
            return Ok(None);
        }
        for pair in rest.split(',') {
            let (key, value) =
                pair.split_once('=').ok_or_else(|| format!("`{pair}` is not key=value"))?;
            match key {
                "path" => return Ok(Some(Self::Path(OsString::from_vec(unescape(value)?).into()))),
                "abstract" => return Ok(Some(Self::Abstract(unescape(value)?))),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Connects to it.
    ///
    /// # Errors
    /// The operating system's.
    pub(crate) fn connect(&self) -> io::Result<OwnedFd> {
        match self {
            Self::Path(path) => name::connect(path, Self::PATIENCE),
            Self::Abstract(name) => name::connect_abstract(name, Self::PATIENCE),
        }
    }
}

fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let code = tail.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let code = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(code.ok_or_else(|| format!("`%` in `{text}` is not followed by hex digits"))?);
        rest = &tail[2..];
    }
    Ok(bytes)
}

/// The addresses of this user's session bus, as the environment tells them.
pub(crate) fn session() -> Vec<Address> {
    let named = std::env::var("DBUS_SESSION_BUS_ADDRESS").ok();
    let named = named.and_then(|text| Address::parse_all(&text).ok());
    named.unwrap_or_else(|| {
        let folder = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        folder.map(|folder| Address::Path(folder.join("bus"))).into_iter().collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unix_sockets_of_a_list_are_taken() {
        let found =
            Address::parse_all("tcp:host=x,port=1;unix:path=/a%20b,guid=12;unix:abstract=c");
        let expected = [Address::Path("/a b".into()), Address::Abstract(b"c".to_vec())];
        assert_eq!(found.unwrap(), expected);
    }

    #[test]
    fn what_is_no_address_is_told() {
        for wrong in ["", "?wrong?", "unix:path", "tcp:host=x", "unix:path=%2"] {
            assert!(Address::parse_all(wrong).is_err(), "{wrong}");
        }
    }
}
