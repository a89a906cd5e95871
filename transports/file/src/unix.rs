//! The Unix half: `flock`, as .NET's `FileShare.None` uses it, and who owns what.

mod rights;

pub(crate) use rights::{Rights, Share};
pub(crate) use samebox_sys::unix::runtime::runtime_directory;

use crate::note::Note;
use crate::refusal::Refusal;
use rustix::fs::{AtFlags, CWD, FlockOperation, Mode, OFlags, Stat, flock, fstat, open, statat};
use rustix::io::Errno;
use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A plain file of this user that nobody else has locked, and that stands at its path.
#[derive(Debug)]
pub(crate) struct Locked(File);

impl Locked {
    /// How often the file may be replaced under our hands before it counts as busy.
    const REPLACED: usize = 16;

    /// Opens and locks the file without waiting, making it where `create` says so.
    pub(crate) fn open(path: &Path, create: bool, rights: &Rights) -> Result<Self, Refusal> {
        let make = if create { OFlags::CREATE } else { OFlags::empty() };
        for _ in 0..Self::REPLACED {
            let file = open_plain(path, OFlags::RDWR | make)?;
            let found = fstat(&file)?;
            rights.vet(&found)?;
            flock(&file, FlockOperation::NonBlockingLockExclusive)?;
            let locked = Self(file);
            if is_at(path, &found) {
                rights.tighten(&locked.0, &found)?;
                return Ok(locked);
            }
        }
        Err(Refusal::Busy)
    }

    /// Opens and locks a server's lock file, making it where it is missing.
    pub(crate) fn hold(path: &Path, rights: &Rights) -> Result<Self, Refusal> {
        Self::open(path, true, rights)
    }

    pub(crate) fn file(&self) -> &File {
        &self.0
    }

    /// Removes the file from its path while nobody else can hold it.
    pub(crate) fn remove(&self, path: &Path) -> io::Result<()> {
        if is_at(path, &fstat(&self.0)?) { std::fs::remove_file(path) } else { Ok(()) }
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Closing unlocks too, but only after the watchers of the file are told of the closing.
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

/// Tells clients whether a server holds its lock file.
#[derive(Debug)]
pub(crate) struct Probe {
    path: PathBuf,
    /// The lock file as last seen held.
    file: Option<File>,
}

/// What a client learns from a lock file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// A samebox server is there.
    Live(Note),
    /// One was there, or is about to be.
    Gone,
    /// There is no lock file.
    Never,
}

impl Probe {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.into(), file: None }
    }

    /// Looks now, without waiting.
    pub(crate) fn look(&mut self, rights: &Rights) -> Result<Presence, Refusal> {
        if let Some(presence) = self.file.as_ref().map(presence) {
            if presence.as_ref().is_ok_and(|presence| *presence != Presence::Gone) {
                return Ok(presence?);
            }
            self.file = None;
        }
        let file = match open_plain(&self.path, OFlags::RDONLY) {
            Err(Refusal::Missing) => return Ok(Presence::Never),
            other => other?,
        };
        rights.vet(&fstat(&file)?)?;
        let presence = presence(&file)?;
        self.file = Some(file);
        Ok(presence)
    }
}

fn presence(lock: &File) -> io::Result<Presence> {
    if !is_held(lock)? {
        return Ok(Presence::Gone);
    }
    let mut text = [0; Note::LONGEST];
    let length = lock.read_at(&mut text, 0)?;
    // Without its note the server has yet to look at the slot.
    Ok(Note::parse(&text[..length]).map_or(Presence::Gone, Presence::Live))
}

/// Whether somebody holds the exclusive lock; asking takes a shared one for an instant.
fn is_held(lock: &File) -> io::Result<bool> {
    match flock(lock, FlockOperation::NonBlockingLockShared) {
        Err(Errno::WOULDBLOCK) => Ok(true),
        other => {
            other?;
            flock(lock, FlockOperation::Unlock)?;
            Ok(false)
        }
    }
}

/// Opens a file that is no symbolic link, without waiting for anybody.
fn open_plain(path: &Path, flags: OFlags) -> Result<File, Refusal> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let denied = |why: &str| Refusal::Denied(why.into());
    open(path, flags, Mode::RUSR | Mode::WUSR).map(File::from).map_err(|error| match error {
        Errno::LOOP | Errno::MLINK => denied("is a symbolic link, which is not followed"),
        Errno::ISDIR => denied("is a directory"),
        Errno::NXIO => denied("is not a regular file"),
        Errno::ACCESS | Errno::PERM => denied("may not be opened by this user"),
        other => other.into(),
    })
}

/// Whether the path still leads to the file that was opened.
fn is_at(path: &Path, opened: &Stat) -> bool {
    statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|found| (found.st_dev, found.st_ino) == (opened.st_dev, opened.st_ino))
}

/// Whether a writer marked the file and did not come to an end.
pub(crate) fn is_unfinished(found: &Metadata) -> bool {
    found.mode() & STICKY != 0
}

/// Marks the file as one with half a message in it, or as whole again.
///
/// The sticky bit means nothing on a file, no program sets it by chance, and it is one with the
/// file: whoever holds the lock sees what became of the writer before.
pub(crate) fn mark_unfinished(file: &File, unfinished: bool) -> io::Result<()> {
    let mode = file.metadata()?.mode() & 0o777;
    let mark = if unfinished { STICKY } else { 0 };
    file.set_permissions(Permissions::from_mode(mode | mark))
}

/// The bit that marks an unfinished message.
const STICKY: u32 = 0o1000;

/// The code of a file that another process has locked.
pub(crate) fn is_busy(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

impl From<Errno> for Refusal {
    fn from(error: Errno) -> Self {
        io::Error::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_replaced_under_our_hands_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("slot"), folder.path().join("other"));
        std::fs::write(&path, "").unwrap();
        std::fs::write(&other, "").unwrap();
        let opened = fstat(File::open(&path).unwrap()).unwrap();
        assert!(is_at(&path, &opened));
        std::fs::rename(&other, &path).unwrap();
        assert!(!is_at(&path, &opened));
        std::fs::remove_file(&path).unwrap();
        assert!(!is_at(&path, &opened));
    }
}
