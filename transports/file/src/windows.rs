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

const GENERIC_READ: u32 = 0x8000_0000;
const GENERIC_WRITE: u32 = 0x4000_0000;
const WRITE_DAC: u32 = 0x4_0000;
const FILE_SHARE_READ: u32 = 0x1;
const FILE_SHARE_WRITE: u32 = 0x2;
const FILE_SHARE_DELETE: u32 = 0x4;
const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
const FILE_ATTRIBUTE_REPARSE_POINT: u32 = 0x400;
const ERROR_SHARING_VIOLATION: i32 = 32;
const ERROR_LOCK_VIOLATION: i32 = 33;

/// How often a file that is about to vanish is tried.
const VANISHING: u32 = 5;

/// A plain file that nobody else has open for reading or writing.
#[derive(Debug)]
pub(crate) struct Locked(File);

impl Locked {
    /// Opens the slot without waiting, making it where `create` says so.
    pub(crate) fn open(path: &Path, create: bool, rights: &Rights) -> Result<Self, Refusal> {
        // Others may delete it, and so may we while we hold it; nobody may read or write.
        match open_vetted(path, FILE_SHARE_DELETE, rights) {
            Err(Refusal::Missing) if create => {
                make(path, FILE_SHARE_DELETE, Share::ReadWrite, rights)
            }
            other => other.map(Self),
        }
    }

    /// Opens a server's lock file, making it where it is missing: clients may read what it says.
    pub(crate) fn hold(path: &Path, rights: &Rights) -> Result<Self, Refusal> {
        let shared = FILE_SHARE_READ | FILE_SHARE_DELETE;
        match open_vetted(path, shared, rights) {
            Err(Refusal::Missing) => make(path, shared, Share::Read, rights),
            other => other.map(Self),
        }
    }

    pub(crate) fn file(&self) -> &File {
        &self.0
    }

    /// Removes the file from its path while nobody else can hold it.
    pub(crate) fn remove(&self, path: &Path) -> io::Result<()> {
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
    pub(crate) fn look(&mut self, rights: &Rights) -> Result<Presence, Refusal> {
        // It goes together with other readers, and not with a server, which may write.
        match self.open(FILE_SHARE_READ | FILE_SHARE_DELETE) {
            Err(Refusal::Busy) => {}
            Err(Refusal::Missing) => return Ok(Presence::Never),
            other => return rights.vet(&other?).map(|()| Presence::Gone),
        }
        let lock = match self.open(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE) {
            Err(Refusal::Missing) => return Ok(Presence::Never),
            other => other?,
        };
        rights.vet(&lock)?;
        // Without its note the server has yet to look at the slot.
        Ok(read_note(&lock)?.map_or(Presence::Gone, Presence::Live))
    }

    fn open(&self, shared: u32) -> Result<File, Refusal> {
        let mut options = OpenOptions::new();
        options.read(true).share_mode(shared).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
        Ok(options.open(&self.path)?)
    }
}

fn read_note(lock: &File) -> io::Result<Option<Note>> {
    let mut text = Vec::new();
    lock.take(Note::LONGEST as u64).read_to_end(&mut text)?;
    Ok(Note::parse(&text))
}

/// Makes a file that is not there, for this user and those allowed.
fn make(path: &Path, shared: u32, share: Share, rights: &Rights) -> Result<Locked, Refusal> {
    let file = match options(shared, WRITE_DAC).create_new(true).open(path) {
        // Somebody else made it just now.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(Refusal::Busy),
        other => other?,
    };
    // Nobody else can have opened it yet.
    rights.share(&file, share)?;
    Ok(Locked(file))
}

/// Opens a plain file for reading and writing, without waiting for anybody.
fn open_vetted(path: &Path, shared: u32, rights: &Rights) -> Result<File, Refusal> {
    let file = open_patiently(path, shared)?;
    if file.metadata()?.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return Err(Refusal::Denied("is a link, which is not followed".into()));
    }
    rights.vet(&file)?;
    Ok(file)
}

fn open_patiently(path: &Path, shared: u32) -> io::Result<File> {
    let is_denied = |error: &io::Error| error.kind() == io::ErrorKind::PermissionDenied;
    let mut attempt = 1;
    loop {
        // Only its owner may change who may use it.
        let opened = match options(shared, WRITE_DAC).open(path) {
            Err(error) if is_denied(&error) => options(shared, 0).open(path),
            other => other,
        };
        match opened {
            // A file that was deleted while open refuses everybody until it is closed.
            Err(error) if is_denied(&error) && attempt < VANISHING => {
                std::thread::sleep(Duration::from_millis(1));
                attempt += 1;
            }
            other => return other,
        }
    }
}

fn options(shared: u32, further_rights: u32) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).access_mode(GENERIC_READ | GENERIC_WRITE | further_rights);
    options.share_mode(shared).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
    options
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
