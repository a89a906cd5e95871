//! Memory without a name that one process writes and others may only read.

use super::account::check;
use super::security::Descriptor;
use crate::memory::{HEADER, Own, Theirs};
use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr::NonNull;
use windows_sys::Win32::Foundation::{DuplicateHandle, HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::Memory::{
    CreateFileMappingW, FILE_MAP, FILE_MAP_READ, FILE_MAP_WRITE, MEM_COMMIT, MEM_MAPPED,
    MEMORY_BASIC_INFORMATION, MEMORY_MAPPED_VIEW_ADDRESS, MapViewOfFile, PAGE_READWRITE, SEC_FILE,
    SECTION_MAP_READ, SECTION_QUERY, UnmapViewOfFile, VirtualQuery,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcess, PROCESS_DUP_HANDLE};

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
    pub(super) fn new(section: impl AsHandle, length: usize, rights: FILE_MAP) -> io::Result<Self> {
        let section = section.as_handle().as_raw_handle();
        // SAFETY: the handle is open while it is borrowed, and the system chooses the place.
        let view = unsafe { MapViewOfFile(section, rights, 0, 0, length) };
        let base = NonNull::new(view.Value.cast()).ok_or_else(io::Error::last_os_error)?;
        Ok(Self { base, length })
    }

    pub(crate) fn base(&self) -> NonNull<u8> {
        self.base
    }

    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Whether every byte of it is there to be read, now and later.
    ///
    /// Such memory can neither be made smaller nor given back by anybody while it is mapped.
    pub(super) fn is_whole(&self) -> bool {
        let mut found = MEMORY_BASIC_INFORMATION::default();
        let size = size_of::<MEMORY_BASIC_INFORMATION>();
        // SAFETY: the question may be about any address, and `found` is writable for that size.
        let told = unsafe { VirtualQuery(self.base.as_ptr().cast(), &raw mut found, size) };
        told != 0
            && found.State == MEM_COMMIT
            && found.Type == MEM_MAPPED
            && found.RegionSize >= self.length
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let view = MEMORY_MAPPED_VIEW_ADDRESS { Value: self.base.as_ptr().cast() };
        // SAFETY: this is what was mapped, and nobody has a part of it any more.
        // It cannot fail for a view that is mapped.
        let _ = unsafe { UnmapViewOfFile(view) };
    }
}

/// What a peer may do with memory that it is given, and what is taken of a peer's.
const READ_ONLY: u32 = SECTION_MAP_READ | SECTION_QUERY;

/// Makes memory of `length` zero bytes after its header; gives what to [`give`] to the peer beside it.
///
/// Untouched pages take no memory, but all of it counts against what the system may promise.
///
/// # Errors
/// The operating system's.
pub fn create(length: usize) -> io::Result<(Own, OwnedHandle)> {
    let whole = HEADER.checked_add(length).ok_or(io::ErrorKind::InvalidInput)?;
    let (high, low) = ((whole as u64 >> 32) as u32, whole as u32);
    let rights = Descriptor::read_only()?;
    let attributes = rights.attributes();
    // SAFETY: there is no file and no name, and the attributes outlive the call.
    let section = unsafe {
        let (file, nameless) = (INVALID_HANDLE_VALUE, std::ptr::null());
        CreateFileMappingW(file, &raw const attributes, PAGE_READWRITE, high, low, nameless)
    };
    // SAFETY: the handle was just made and has no other owner.
    let section = unsafe { owned(section) }?;
    let mapping = Mapping::new(&section, whole, FILE_MAP_READ | FILE_MAP_WRITE)?;
    Ok((Own::mapped(mapping), section))
}

/// Maps a peer's memory of `length` bytes after its header, for reading.
///
/// # Errors
/// `InvalidData` when it is not ordinary memory of that size, so that reading it could fail.
pub fn open(section: impl AsHandle, length: usize) -> io::Result<Theirs> {
    let refused = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let whole = HEADER.checked_add(length);
    let whole = whole.ok_or_else(|| refused("its size is impossible".into()))?;
    // A file's bytes may fail to be read, which ends the reader.
    if !is_memory(&section) {
        return Err(refused("it is not ordinary memory".into()));
    }
    let mapping = Mapping::new(section, whole, FILE_MAP_READ)
        .map_err(|cause| refused(format!("it has not the size that was announced: {cause}")))?;
    if !mapping.is_whole() {
        return Err(refused("it has not the size that was announced".into()));
    }
    Ok(Theirs::mapped(mapping))
}

/// What `NtQuerySection` tells: SECTION_BASIC_INFORMATION.
#[repr(C)]
#[derive(Default)]
struct Section {
    base: usize,
    attributes: u32,
    size: i64,
}

#[link(name = "ntdll")]
unsafe extern "system" {
    /// Tells of a section what `class` asks for; 0 is the basic information. Negative on failure.
    fn NtQuerySection(
        section: HANDLE,
        class: i32,
        told: *mut Section,
        length: usize,
        needed: *mut usize,
    ) -> i32;

    /// Tells of a handle what `class` asks for; 0 is the basic information. Negative on failure.
    fn NtQueryObject(
        handle: HANDLE,
        class: i32,
        told: *mut Object,
        length: u32,
        needed: *mut u32,
    ) -> i32;
}

/// Whether a handle is of a section that no file is behind.
pub(super) fn is_memory(section: impl AsHandle) -> bool {
    let (section, mut told) = (section.as_handle().as_raw_handle(), Section::default());
    let length = size_of::<Section>();
    // SAFETY: the handle is open while it is borrowed, `told` is writable for that length, and how
    // much is needed is not asked.
    let status = unsafe { NtQuerySection(section, 0, &raw mut told, length, std::ptr::null_mut()) };
    status >= 0 && told.attributes & SEC_FILE == 0
}

/// Gives the process `pid` a handle of memory, to map it for reading only; tells its value there.
///
/// Nobody takes it back: it is the other process' to close.
///
/// # Errors
/// The operating system's; `PermissionDenied` when that process is another user's.
pub fn give(section: impl AsHandle, pid: u32) -> io::Result<u64> {
    let target = process(pid)?;
    // SAFETY: the handle of this process is always open, and the others are while they are borrowed.
    let there = unsafe {
        let section = section.as_handle().as_raw_handle();
        duplicate(GetCurrentProcess(), section, target.as_raw_handle())
    }?;
    Ok(there as usize as u64)
}

/// Takes a copy of the handle that has the value `there` in the process `pid`, to map it for reading.
///
/// Whatever that handle is of, the copy has no right that could change something.
///
/// # Errors
/// The operating system's; `PermissionDenied` when that process is another user's, `InvalidData` for
/// a value that no handle has.
pub fn take(pid: u32, there: u64) -> io::Result<OwnedHandle> {
    let value = usize::try_from(there).map_err(|_| io::ErrorKind::InvalidData)?;
    let source = process(pid)?;
    // SAFETY: the handle of this process is always open, and that of the other one is while it is
    // borrowed. The value means something there only; if it means nothing, the call fails.
    unsafe {
        let copy = duplicate(source.as_raw_handle(), value as HANDLE, GetCurrentProcess());
        copy.and_then(|copy| owned(copy))
    }
}

/// Maps memory that a peer has given this process by [`give`], and closes the handle that it was given.
///
/// A value that is of nothing a peer could have given so is left alone. Who can give a handle can do to
/// this process whatever it likes, so ask that of processes of this user only.
///
/// # Errors
/// `InvalidData` when there is no such handle, and as [`open`].
pub fn adopt(there: u64, length: usize) -> io::Result<Theirs> {
    let refused = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why);
    let absent = |_| refused("its memory is not in this process");
    let copy = take(std::process::id(), there).map_err(absent)?;
    let theirs = open(&copy, length)?;
    let value = usize::try_from(there).map_err(|_| io::ErrorKind::InvalidData)? as HANDLE;
    if about(value)?.rights != READ_ONLY {
        return Err(refused("its memory was not given to this process"));
    }
    // SAFETY: a section with these rights and no others is what `give` makes and nothing in this process
    // has for itself, but for copies that `take` gave, whose values no peer is told.
    drop(unsafe { OwnedHandle::from_raw_handle(value) });
    Ok(theirs)
}

/// What `NtQueryObject` tells: PUBLIC_OBJECT_BASIC_INFORMATION.
#[repr(C)]
#[derive(Default)]
struct Object {
    attributes: u32,
    rights: u32,
    handles: u32,
    pointers: u32,
    reserved: [u32; 10],
}

/// What the system tells of a handle and of what it is of.
fn about(handle: HANDLE) -> io::Result<Object> {
    let (mut told, length) = (Object::default(), size_of::<Object>() as u32);
    // SAFETY: any value may be asked about, `told` is writable for that length, and how much is needed is
    // not asked.
    let status = unsafe { NtQueryObject(handle, 0, &raw mut told, length, std::ptr::null_mut()) };
    if status < 0 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(told)
}

fn process(pid: u32) -> io::Result<OwnedHandle> {
    // SAFETY: numbers only; the handle was just made and has no other owner.
    unsafe { owned(OpenProcess(PROCESS_DUP_HANDLE, 0, pid)) }
}

/// # Safety
/// `from` and `to` are open handles of processes, and `handle` means something in `from` only.
unsafe fn duplicate(from: HANDLE, handle: HANDLE, to: HANDLE) -> io::Result<HANDLE> {
    let mut copy = std::ptr::null_mut();
    // SAFETY: the caller says that the processes' handles are open, and `copy` is writable. Nothing is
    // closed, so a handle that somebody else owns stays as it is.
    check(unsafe { DuplicateHandle(from, handle, to, &raw mut copy, READ_ONLY, 0, 0) })?;
    Ok(copy)
}

/// # Safety
/// `handle` was just made by a call that tells failure by 0, and has no other owner.
pub(super) unsafe fn owned(handle: HANDLE) -> io::Result<OwnedHandle> {
    if handle.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the caller says so.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};
    use std::sync::atomic::Ordering;

    #[test]
    fn what_one_side_writes_the_other_reads() {
        let (mut own, section) = create(1 << 20).unwrap();
        let theirs = open(&section, 1 << 20).unwrap();
        let at = (1 << 20) - 5;
        own.bytes(at..at + 5).copy_from_slice(b"hello");
        own.words().word(3).store(7, Ordering::Release);
        assert_eq!(theirs.word(3).load(), 7);
        assert_eq!(theirs.view(at, 5).unwrap().to_vec(), b"hello");
    }

    #[test]
    fn a_peer_can_only_map_it_for_reading() {
        let (_own, section) = create(4096).unwrap();
        let pid = std::process::id();
        let given = give(&section, pid).unwrap();
        // SAFETY: `give` made it in this process, for this test to close.
        let given = unsafe { OwnedHandle::from_raw_handle(given as usize as HANDLE) };
        let taken = take(pid, section.as_raw_handle() as usize as u64).unwrap();
        for section in [given, taken] {
            assert!(open(&section, 4096).is_ok());
            assert!(Mapping::new(&section, HEADER, FILE_MAP_WRITE).is_err());
            // What was taken without that right cannot be turned into more.
            // SAFETY: all these handles are open.
            let again = unsafe {
                let process = GetCurrentProcess();
                let mut copy = std::ptr::null_mut();
                DuplicateHandle(
                    process,
                    section.as_raw_handle(),
                    process,
                    &raw mut copy,
                    FILE_MAP_WRITE,
                    0,
                    0,
                )
            };
            assert_eq!(again, 0, "it became writable");
        }
    }

    #[test]
    fn what_a_peer_gave_is_adopted_and_its_handle_closed() {
        let (mut own, section) = create(4096).unwrap();
        own.bytes(0..4).copy_from_slice(b"ping");
        let handles = || about(section.as_raw_handle()).unwrap().handles;
        let given = give(&section, std::process::id()).unwrap();
        assert_eq!(handles(), 2);
        assert_eq!(adopt(given, 4096).unwrap().view(0, 4).unwrap().to_vec(), b"ping");
        assert_eq!(handles(), 1);
    }

    #[test]
    fn handles_that_nobody_gave_are_left_alone() {
        let (_own, section) = create(4096).unwrap();
        let file = tempfile::tempfile().unwrap();
        for handle in [section.as_raw_handle(), file.as_raw_handle()] {
            let value = handle as usize as u64;
            let error = adopt(value, 4096).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
            assert!(about(handle).is_ok());
        }
        for value in [0, 3, 0x7FFF_FFF0, u64::MAX] {
            assert_eq!(
                adopt(value, 0).unwrap_err().kind(),
                io::ErrorKind::InvalidData,
                "{value:#x}"
            );
        }
    }

    fn refusal(section: impl AsHandle, length: usize) -> String {
        let error = open(section, length).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
        error.to_string()
    }

    #[test]
    fn memory_that_could_fail_its_reader_is_refused() {
        let (_own, section) = create(HEADER).unwrap();
        for wrong in [2 * HEADER, 1 << 40, usize::MAX, usize::MAX - HEADER] {
            assert!(refusal(&section, wrong).contains("size"), "{wrong}");
        }
        let file = tempfile::tempfile().unwrap();
        assert!(refusal(&file, HEADER).contains("ordinary"));
    }

    fn section_of(file: HANDLE, protection: u32) -> OwnedHandle {
        let (none, size) = (std::ptr::null(), 4 * HEADER as u32);
        // SAFETY: the file is open or none, and the handle has no other owner.
        unsafe { owned(CreateFileMappingW(file, none, protection, 0, size, none.cast())) }.unwrap()
    }

    #[test]
    fn memory_that_is_a_file_is_refused() {
        let file = tempfile::tempfile().unwrap();
        let section = section_of(file.as_raw_handle(), PAGE_READWRITE);
        assert!(refusal(&section, HEADER).contains("ordinary"));
    }

    #[test]
    fn memory_that_is_only_reserved_is_refused() {
        use windows_sys::Win32::System::Memory::SEC_RESERVE;
        let section = section_of(INVALID_HANDLE_VALUE, PAGE_READWRITE | SEC_RESERVE);
        assert!(refusal(&section, HEADER).contains("size"));
    }

    #[test]
    fn values_that_are_no_handles_are_refused() {
        for value in [0, 3, 0x7FFF_FFF0, u64::MAX - 0x1000] {
            assert!(take(std::process::id(), value).is_err(), "{value:#x}");
        }
        // The value that stands for the process itself gives a handle of a process, which is no memory.
        if let Ok(process) = take(std::process::id(), u64::MAX) {
            assert!(refusal(&process, 0).contains("ordinary"));
        }
        assert!(take(u32::MAX, 4).is_err() && give(create(0).unwrap().1, u32::MAX).is_err());
    }

    const ROLE: &str = "SAMEBOX_SYS_MAPPING_TEST";

    /// Runs only as the second process of the test below: it has been given one memory and offers one.
    #[test]
    fn other_process() {
        if std::env::var_os(ROLE).is_none() {
            return;
        }
        let (mut own, section) = create(HEADER).unwrap();
        own.bytes(0..4).copy_from_slice(b"pong");
        println!("offer {}", section.as_raw_handle() as usize);
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
        let value = line.trim().parse::<usize>().unwrap();
        // SAFETY: the first process made the handle here, for this one to close.
        let given = unsafe { OwnedHandle::from_raw_handle(value as HANDLE) };
        assert_eq!(open(&given, HEADER).unwrap().view(0, 4).unwrap().to_vec(), b"ping");
        assert!(Mapping::new(&given, HEADER, FILE_MAP_WRITE).is_err());
        println!("seen");
    }

    #[test]
    fn another_process_reads_what_it_is_given_and_is_read() {
        use std::io::{BufRead, BufReader, Write};
        let name = "windows::mapping::tests::other_process";
        let mut other = Command::new(std::env::current_exe().unwrap())
            .args([name, "--exact", "--nocapture"])
            .env(ROLE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(other.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut find = |mark: &str| {
            let found = lines.find_map(|line| line.find(mark).map(|at| line[at..].to_owned()));
            found.unwrap_or_else(|| panic!("no line with {mark:?}"))
        };
        let offer = find("offer ");
        let taken = take(other.id(), offer["offer ".len()..].trim().parse().unwrap()).unwrap();
        let theirs = open(&taken, HEADER).unwrap();
        assert_eq!(theirs.view(0, 4).unwrap().to_vec(), b"pong");
        let (mut own, section) = create(HEADER).unwrap();
        own.bytes(0..4).copy_from_slice(b"ping");
        let given = give(&section, other.id()).unwrap();
        writeln!(other.stdin.take().unwrap(), "{given}").unwrap();
        find("seen");
        assert!(other.wait().unwrap().success());
    }
}
