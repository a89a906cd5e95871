//! The one slot: a file that is empty or holds one message.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::SystemTime;

/// What a server found in the slot.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Nothing,
    Message(Vec<u8>),
    /// More than is allowed; it is gone.
    TooLarge(u64),
}

/// How the slot looks from outside, without its lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outside {
    pub(crate) length: u64,
    pub(crate) modified: Option<SystemTime>,
}

/// Looks at the slot without opening it; `None` when it is not there.
///
/// # Errors
/// The operating system's.
pub(crate) fn look(path: &Path) -> io::Result<Option<Outside>> {
    match path.symlink_metadata() {
        Ok(found) => Ok(Some(Outside { length: found.len(), modified: found.modified().ok() })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Takes the message out of the slot, whose lock the caller holds.
///
/// # Errors
/// The operating system's; when it cannot empty the slot, the message stays.
pub(crate) fn take(file: &File, max: usize) -> io::Result<Taken> {
    let length = file.metadata()?.len();
    if length > max as u64 {
        file.set_len(0)?;
        return Ok(Taken::TooLarge(length));
    }
    // Writers that ignore the lock may still add to it, so the reading is bounded too.
    let mut payload = Vec::with_capacity(usize::try_from(length).unwrap_or(max) + 1);
    file.take(max as u64 + 1).read_to_end(&mut payload)?;
    if payload.is_empty() {
        return Ok(Taken::Nothing);
    }
    let length = payload.len() as u64;
    file.set_len(0)?;
    Ok(if length > max as u64 { Taken::TooLarge(length) } else { Taken::Message(payload) })
}

/// Puts a message into the slot, whose lock the caller holds; `false` when one is there already.
///
/// # Errors
/// The operating system's; the slot is left empty then.
pub(crate) fn put(mut file: &File, payload: &[u8], overwrite: bool) -> io::Result<bool> {
    if file.metadata()?.len() > 0 {
        if !overwrite {
            return Ok(false);
        }
        file.set_len(0)?;
    }
    file.write_all(payload).inspect_err(|_| {
        // Half a message must not be read as a whole one; the first error is the one to tell.
        let _ = file.set_len(0);
    })?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;

    fn slot(content: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("slot");
        std::fs::write(&path, content).unwrap();
        (folder, path)
    }

    fn open(path: &Path) -> File {
        OpenOptions::new().read(true).write(true).open(path).unwrap()
    }

    #[test]
    fn a_message_is_taken_once() {
        let (_folder, path) = slot("one");
        assert_eq!(take(&open(&path), 3).unwrap(), Taken::Message(b"one".into()));
        assert_eq!(take(&open(&path), 3).unwrap(), Taken::Nothing);
    }

    #[test]
    fn what_is_too_large_is_emptied_unread() {
        let (_folder, path) = slot("four");
        assert_eq!(take(&open(&path), 3).unwrap(), Taken::TooLarge(4));
        assert_eq!(look(&path).unwrap().unwrap().length, 0);
    }

    #[test]
    fn a_full_slot_is_overwritten_only_when_told() {
        let (_folder, path) = slot("a longer old one");
        assert!(!put(&open(&path), b"new", false).unwrap());
        assert!(put(&open(&path), b"new", true).unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn a_missing_slot_looks_like_nothing() {
        let (folder, _path) = slot("");
        assert_eq!(look(&folder.path().join("other")).unwrap(), None);
    }
}
