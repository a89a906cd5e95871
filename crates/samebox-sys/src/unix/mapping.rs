//! Memory without a name that one process writes and others may only read.

use crate::memory::{HEADER, Own, Theirs};
use rustix::fs::{
    MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, fstatfs, ftruncate,
    memfd_create,
};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;

/// A mapping of shared memory, unmapped when dropped.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: NonNull<u8>,
    length: usize,
}

// SAFETY: a mapping belongs to no thread; who may touch which of its bytes is the affair of `memory`.
unsafe impl Send for Mapping {}
// SAFETY: as above; `Mapping` itself only tells where the memory is.
unsafe impl Sync for Mapping {}

impl Mapping {
    fn new(memory: impl AsFd, length: usize, rights: ProtFlags) -> io::Result<Self> {
        let anywhere = std::ptr::null_mut();
        // SAFETY: the system chooses the place, so no memory that is in use is replaced.
        let base = unsafe { mmap(anywhere, length, rights, MapFlags::SHARED, memory, 0) }?;
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { base, length })
    }

    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    pub(crate) fn length(&self) -> usize {
        self.length
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: this is what was mapped, and nobody has a part of it any more.
        // It cannot fail for a range that was mapped as a whole.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), self.length) };
    }
}

/// What a memory must be sealed against before a peer may rely on it.
const NEEDED: SealFlags = SealFlags::SHRINK;

/// The file system of ordinary memory: pages are there when they are touched.
const TMPFS: u64 = 0x0102_1994;

/// Makes memory of `length` zero bytes after its header; gives what to pass to the peer beside it.
///
/// The peer can map it for reading only, and nobody can make it smaller.
///
/// # Errors
/// The operating system's; `Unsupported` where it cannot keep a peer from writing.
pub fn create(length: usize) -> io::Result<(Own, OwnedFd)> {
    let whole = HEADER.checked_add(length).ok_or(io::ErrorKind::InvalidInput)?;
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memory = memfd_create("samebox", flags)?;
    ftruncate(&memory, whole as u64)?;
    let mapping = Mapping::new(&memory, whole, ProtFlags::READ | ProtFlags::WRITE)?;
    let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::FUTURE_WRITE | SealFlags::SEAL;
    fcntl_add_seals(&memory, seals).map_err(|cause| {
        let why = format!("shared memory that its peer cannot write needs Linux 5.1: {cause}");
        io::Error::new(io::ErrorKind::Unsupported, why)
    })?;
    Ok((Own::mapped(mapping), memory))
}

/// Maps a peer's memory of `length` bytes after its header, for reading.
///
/// # Errors
/// `InvalidData` when it is not ordinary sealed memory of that size, so that reading it could fail;
/// otherwise the operating system's.
pub fn open(memory: impl AsFd, length: usize) -> io::Result<Theirs> {
    let refused = |why: &str| Err(io::Error::new(io::ErrorKind::InvalidData, why));
    let Some(whole) = HEADER.checked_add(length) else { return refused("its size is impossible") };
    // A file of another kind has no seals.
    if !fcntl_get_seals(&memory).is_ok_and(|seals| seals.contains(NEEDED)) {
        return refused("it is not memory sealed against shrinking");
    }
    // Huge pages can run out while they are read, which ends the reader.
    if fstatfs(&memory)?.f_type as u64 != TMPFS {
        return refused("it is not ordinary memory");
    }
    if fstat(&memory)?.st_size != whole as i64 {
        return refused("it has not the size that was announced");
    }
    Ok(Theirs::mapped(Mapping::new(memory, whole, ProtFlags::READ)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering;

    #[test]
    fn what_one_side_writes_the_other_reads() {
        let (mut own, memory) = create(1 << 20).unwrap();
        let theirs = open(&memory, 1 << 20).unwrap();
        let at = (1 << 20) - 5;
        own.bytes(at..at + 5).copy_from_slice(b"hello");
        own.words().word(3).store(7, Ordering::Release);
        assert_eq!(theirs.word(3).load(), 7);
        assert_eq!(theirs.view(at, 5).unwrap().to_vec(), b"hello");
    }

    #[test]
    fn a_peer_can_neither_write_nor_resize_it() {
        let (_own, memory) = create(4096).unwrap();
        assert!(Mapping::new(&memory, HEADER, ProtFlags::READ | ProtFlags::WRITE).is_err());
        assert!(ftruncate(&memory, 0).is_err() && ftruncate(&memory, 1 << 20).is_err());
        assert!(rustix::io::write(&memory, b"x").is_err());
        assert!(fcntl_add_seals(&memory, SealFlags::WRITE).is_err(), "the seals are sealed");
    }

    fn refusal(memory: impl AsFd, length: usize) -> String {
        let error = open(memory, length).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        error.to_string()
    }

    #[test]
    fn memory_that_could_fail_its_reader_is_refused() {
        let unsealed = memfd_create("samebox", MemfdFlags::ALLOW_SEALING).unwrap();
        ftruncate(&unsealed, 2 * HEADER as u64).unwrap();
        assert!(refusal(&unsealed, HEADER).contains("sealed"));
        assert!(refusal(std::fs::File::open("/dev/zero").unwrap(), HEADER).contains("sealed"));
        let (_own, memory) = create(HEADER).unwrap();
        for wrong in [0, HEADER - 1, 2 * HEADER, usize::MAX, usize::MAX - HEADER] {
            assert!(refusal(&memory, wrong).contains("size"), "{wrong}");
        }
    }

    #[test]
    fn huge_pages_are_refused() {
        let flags = MemfdFlags::ALLOW_SEALING | MemfdFlags::HUGETLB;
        let Ok(huge) = memfd_create("samebox", flags) else { return };
        fcntl_add_seals(&huge, SealFlags::SHRINK).unwrap();
        assert!(refusal(&huge, HEADER).contains("ordinary"));
    }
}
