//! What of this machine decides whether local messages work.

use crate::finding::Finding;
use samebox::ErrorKind;
use samebox_sys::windows::runtime::runtime_directory;
use std::io;

/// Looks at everything that is worth telling.
pub(crate) fn examine() -> Vec<Finding> {
    vec![runtime(), pipes()]
}

fn runtime() -> Finding {
    let check = "runtime directory";
    match runtime_directory() {
        Ok(path) => Finding::ok(check, path.display().to_string()),
        Err(cause) => {
            let kind = match cause.kind() {
                io::ErrorKind::PermissionDenied => ErrorKind::Denied,
                _ => ErrorKind::Io,
            };
            let next = "set LOCALAPPDATA to a directory of this user; names of file: live there";
            Finding::fail(check, kind, cause.to_string(), next)
        }
    }
}

fn pipes() -> Finding {
    let check = "named pipes";
    match std::fs::read_dir(super::names::PIPES) {
        Ok(entries) => Finding::ok(check, format!("{} are there", entries.count())),
        Err(cause) => {
            let next = "`samebox ls` cannot list them; sending and receiving work all the same";
            Finding::warn(check, format!("they cannot be listed: {cause}"), next)
        }
    }
}

/// There is no wish for that on Windows yet.
pub(crate) fn stay_on(_core: usize) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// How many bytes of memory this process holds: not told yet on Windows.
pub(crate) fn own_memory() -> Option<u64> {
    None
}

/// Windows has no limit of its own on open files.
pub(crate) fn allow_open_files(_needed: u64) -> io::Result<()> {
    Ok(())
}
