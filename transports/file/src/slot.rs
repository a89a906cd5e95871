//! The one slot: a file that is empty or holds one message.

use crate::os;
use std::fs::{File, Metadata};
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
    /// What a writer left that died within its message; it is gone.
    Unfinished(u64),
}

/// The longest message that its writer need not mark, in bytes.
///
/// The kernel copies what fits into one page in one piece, whatever happens to the writer.
const IN_ONE_PIECE: usize = 4096;

/// How the slot looks from outside, without its lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outside {
    pub(crate) length: u64,
    pub(crate) modified: Option<SystemTime>,
    /// Whether its writer has yet to finish, or died before it could.
    pub(crate) unfinished: bool,
}

/// Looks at the slot without opening it; `None` when it is not there.
///
/// # Errors
/// The operating system's.
pub(crate) fn look(path: &Path) -> io::Result<Option<Outside>> {
    match path.symlink_metadata() {
        Ok(found) => Ok(Some(Outside {
            length: found.len(),
            modified: found.modified().ok(),
            unfinished: os::is_unfinished(&found),
        })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Takes the message out of the slot, whose lock the caller holds.
///
/// # Errors
/// The operating system's; when it cannot empty the slot, the message stays.
pub(crate) fn take(file: &File, max: usize) -> io::Result<Taken> {
    let found = file.metadata()?;
    let length = found.len();
    if clear_unfinished(file, &found)? {
        return Ok(Taken::Unfinished(length));
    }
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
pub(crate) fn put(file: &File, payload: &[u8], overwrite: bool) -> io::Result<bool> {
    let found = file.metadata()?;
    if !clear_unfinished(file, &found)? && found.len() > 0 {
        if !overwrite {
            return Ok(false);
        }
        file.set_len(0)?;
    }
    write(file, payload).inspect_err(|_| {
        // Half a message must not be read as a whole one; the first error is the one to tell.
        let _ = file.set_len(0).and_then(|()| os::mark_unfinished(file, false));
    })?;
    Ok(true)
}

/// Writes a message so that half of it is never taken for all of it.
fn write(mut file: &File, payload: &[u8]) -> io::Result<()> {
    // Only the owner of the file can mark it; a guest's message is as safe as one of .NET's.
    let marked = payload.len() > IN_ONE_PIECE && os::mark_unfinished(file, true).is_ok();
    file.write_all(payload)?;
    if marked { os::mark_unfinished(file, false) } else { Ok(()) }
}

/// Empties a slot whose writer died within its message; whether it was such a one.
fn clear_unfinished(file: &File, found: &Metadata) -> io::Result<bool> {
    let unfinished = os::is_unfinished(found);
    if unfinished {
        file.set_len(0)?;
        os::mark_unfinished(file, false)?;
    }
    Ok(unfinished)
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
