//! The Windows half: share modes, which .NET's `FileShare` sets too.

mod rights;

pub(crate) use rights::{Rights, Share};
pub(crate) use samebox_sys::windows::runtime::runtime_directory;

use crate::note::Note;
use crate::refusal::Refusal;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

const FILE_SHARE_READ: u32 = 0x1;
const FILE_SHARE_WRITE: u32 = 0x2;
const FILE_SHARE_DELETE: u32 = 0x4;
const FILE_SHARE_ALL: u32 = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
const FILE_ATTRIBUTE_REPARSE_POINT: u32 = 0x400;
const ERROR_SHARING_VIOLATION: i32 = 32;
const ERROR_LOCK_VIOLATION: i32 = 33;

/// A plain file that nobody else has open for reading or writing.
#[derive(Debug)]
pub(crate) struct Locked(File);

impl Locked {
    /// Opens the slot without waiting, making it where `create` says so.
    pub(crate) fn open(path: &Path, create: bool, _: &Rights) -> Result<Self, Refusal> {
        // Others may delete it, and so may we while we hold it; nobody may read or write.
        open_plain(path, create, FILE_SHARE_DELETE).map(Self)
    }

    /// Opens a server's lock file: clients may read what it says.
    pub(crate) fn hold(path: &Path, _: &Rights) -> Result<Self, Refusal> {
        open_plain(path, true, FILE_SHARE_READ | FILE_SHARE_DELETE).map(Self)
    }

    pub(crate) fn file(&self) -> &File {
        &self.0
    }

    /// Removes the file from its path while nobody else can hold it.
    pub(crate) fn remove(self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }
}

/// Tells clients whether a server holds its lock file.
#[derive(Debug)]
pub(crate) struct Probe {
    path: PathBuf,
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
        Self { path: path.into() }
    }

    /// Looks now, without waiting.
    pub(crate) fn look(&mut self, _: &Rights) -> Result<Presence, Refusal> {
        let mut options = OpenOptions::new();
        let shared = options.share_mode(FILE_SHARE_ALL).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
        match shared.write(true).open(&self.path).map_err(Refusal::from) {
            // Writing is what a server's share mode forbids.
            Err(Refusal::Busy) => {}
            Err(Refusal::Missing) => return Ok(Presence::Never),
            other => return other.map(|_| Presence::Gone),
        }
        let note = match shared.write(false).read(true).open(&self.path).map_err(Refusal::from) {
            // It was a client that had it open, and the server is gone.
            Err(Refusal::Missing) => return Ok(Presence::Never),
            Err(Refusal::Busy) => None,
            other => read_note(&other?)?,
        };
        // Without its note the server has yet to look at the slot.
        Ok(note.map_or(Presence::Gone, Presence::Live))
    }
}

fn read_note(lock: &File) -> io::Result<Option<Note>> {
    let mut text = Vec::new();
    lock.take(Note::LONGEST as u64).read_to_end(&mut text)?;
    Ok(Note::parse(&text))
}

/// Opens a file for reading and writing that is no link, without waiting for anybody.
fn open_plain(path: &Path, create: bool, share: u32) -> Result<File, Refusal> {
    /// How often a file that is about to vanish is tried.
    const VANISHING: usize = 5;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(create);
    options.share_mode(share).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
    let mut opened = options.open(path);
    for _ in 1..VANISHING {
        match &opened {
            // A file that was deleted while open refuses everybody until it is closed.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                std::thread::sleep(Duration::from_millis(1));
                opened = options.open(path);
            }
            _ => break,
        }
    }
    let file = opened?;
    if file.metadata()?.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return Err(Refusal::Denied("is a link, which is not followed".into()));
    }
    Ok(file)
}

/// Never: the system finishes a write that has begun, whatever happens to the writer.
pub(crate) fn is_unfinished(_: &Metadata) -> bool {
    false
}

/// Does nothing; see [`is_unfinished`].
pub(crate) fn mark_unfinished(_: &File, _: bool) -> io::Result<()> {
    Ok(())
}

/// The code of a file that another process has open for itself.
pub(crate) fn is_busy(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(ERROR_SHARING_VIOLATION | ERROR_LOCK_VIOLATION))
}
