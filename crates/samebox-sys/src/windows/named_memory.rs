//! Memory with a name: whoever may say it reads and writes the same bytes, at any moment.

use super::mapping::{Mapping, is_memory, owned};
use super::security::Descriptor;
use super::text::wide;
use crate::memory::View;
use std::io;
use std::os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle};
use std::sync::atomic::{AtomicU8, Ordering, fence};
use windows_sys::Win32::Foundation::{
    ERROR_ALREADY_EXISTS, ERROR_INVALID_HANDLE, GetLastError, INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::System::Memory::{
    CreateFileMappingW, FILE_MAP_READ, FILE_MAP_WRITE, OpenFileMappingW, PAGE_READWRITE,
    SECTION_MAP_READ, SECTION_QUERY,
};

/// Memory that other processes may have under the same name.
#[derive(Debug)]
pub struct NamedMemory {
    mapping: Mapping,
    section: OwnedHandle,
}

impl NamedMemory {
    /// The memory of that name, made of `length` zero bytes with those rights where it is not there.
    ///
    /// Memory that is there may be larger; `length` bytes of it are used.
    ///
    /// # Errors
    /// `ERROR_INVALID_HANDLE` when the name is that of an object of another kind, `PermissionDenied`
    /// when somebody else made it, `InvalidData` when it is smaller, or a file.
    pub fn create_or_open(name: &str, length: usize, rights: &Descriptor) -> io::Result<Self> {
        let section = make(name, length, rights)?.0;
        let refused = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why);
        // A file's bytes may fail to be read, which ends the reader.
        if !is_memory(&section) {
            return Err(refused("it is not ordinary memory"));
        }
        let mapping = Mapping::new(&section, length, FILE_MAP_READ | FILE_MAP_WRITE);
        let mapping = mapping.ok().filter(Mapping::is_whole);
        Ok(Self { mapping: mapping.ok_or_else(|| refused("it is smaller"))?, section })
    }

    /// New memory of that name: `length` zero bytes with those rights.
    ///
    /// # Errors
    /// `AlreadyExists` when somebody has the name, `PermissionDenied` when it is another user's or this
    /// user may make none; otherwise the operating system's.
    pub fn create(name: &str, length: usize, rights: &Descriptor) -> io::Result<Self> {
        match make(name, length, rights) {
            Ok((section, true)) => {
                let mapping = Mapping::new(&section, length, FILE_MAP_READ | FILE_MAP_WRITE)?;
                Ok(Self { mapping, section })
            }
            // The name of an object of another kind.
            Err(error) if error.raw_os_error() == Some(ERROR_INVALID_HANDLE as i32) => {
                Err(io::Error::new(io::ErrorKind::AlreadyExists, error))
            }
            Ok((_, false)) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) => Err(error),
        }
    }

    /// How many bytes of it are used.
    pub fn length(&self) -> usize {
        self.mapping.length()
    }

    /// A look at all of it.
    pub fn view(&self) -> View<'_> {
        // SAFETY: the bytes are mapped as long as `self` is borrowed, and this process accesses them
        // atomically only: here and through views.
        unsafe { View::new(self.mapping.base().as_ptr(), self.mapping.length()) }
    }

    /// Puts a byte there; whoever sees it sees too what was put before.
    ///
    /// # Panics
    /// When that place is not in the memory.
    pub fn put(&self, at: usize, byte: u8) {
        assert!(at < self.length(), "a place in the memory");
        // SAFETY: the byte is mapped as long as `self` is borrowed, and is only accessed atomically.
        let place = unsafe { AtomicU8::from_ptr(self.mapping.base().as_ptr().add(at)) };
        place.store(byte, Ordering::Release);
    }
}

/// Makes or opens memory, and tells whether it is new.
fn make(name: &str, length: usize, rights: &Descriptor) -> io::Result<(OwnedHandle, bool)> {
    let (high, low) = ((length as u64 >> 32) as u32, length as u32);
    let (name, attributes) = (wide(name), rights.attributes());
    // SAFETY: there is no file, the name is NUL-terminated, both it and the attributes outlive the
    // call, and the handle has no other owner.
    unsafe {
        let (file, rights) = (INVALID_HANDLE_VALUE, &raw const attributes);
        let made = CreateFileMappingW(file, rights, PAGE_READWRITE, high, low, name.as_ptr());
        let code = GetLastError();
        owned(made).map(|made| (made, code != ERROR_ALREADY_EXISTS))
    }
}

/// The first `length` bytes of the memory of that name, as they are at this moment; byte 0 is read first.
///
/// What its maker put before byte 0 is seen when byte 0 is.
///
/// # Errors
/// `NotFound` when nobody has the name, `PermissionDenied` when this user may not read it, `InvalidData`
/// when it is smaller, a file or no memory at all.
pub fn read(name: &str, length: usize) -> io::Result<Vec<u8>> {
    let name = wide(name);
    // SAFETY: the name is NUL-terminated and outlives the call, and the handle has no other owner.
    let section =
        unsafe { owned(OpenFileMappingW(SECTION_MAP_READ | SECTION_QUERY, 0, name.as_ptr())) };
    let refused = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why);
    let section = section.map_err(|error| match error.raw_os_error() {
        Some(code) if code == ERROR_INVALID_HANDLE as i32 => refused("it is no memory"),
        _ => error,
    })?;
    // A file's bytes may fail to be read, which ends the reader.
    if !is_memory(&section) {
        return Err(refused("it is not ordinary memory"));
    }
    let mapping = Mapping::new(&section, length, FILE_MAP_READ).ok().filter(Mapping::is_whole);
    let mapping = mapping.ok_or_else(|| refused("it is smaller"))?;
    // SAFETY: the bytes are mapped as long as `mapping` is, and this process accesses them through the
    // view only.
    let view = unsafe { View::new(mapping.base().as_ptr(), length) };
    let first = view.get(0);
    fence(Ordering::Acquire);
    let rest = view.part(1, length.saturating_sub(1)).map_or_else(Vec::new, |rest| rest.to_vec());
    Ok(first.into_iter().chain(rest).collect())
}

impl AsHandle for NamedMemory {
    fn as_handle(&self) -> BorrowedHandle<'_> {
        self.section.as_handle()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::event::Event;
    use crate::windows::security;

    fn unique(name: &str) -> String {
        format!("samebox-sys-{}-{name}", std::process::id())
    }

    fn open(name: &str, length: usize) -> io::Result<NamedMemory> {
        NamedMemory::create_or_open(&unique(name), length, &Descriptor::private(&[]).unwrap())
    }

    #[test]
    fn those_who_say_the_name_see_the_same_bytes() {
        let (here, there) = (open("same", 1024).unwrap(), open("same", 1024).unwrap());
        assert_eq!(there.view().to_vec(), [0; 1024]);
        here.put(1023, 7);
        assert_eq!(there.view().get(1023), Some(7));
        there.put(0, 9);
        assert_eq!((here.view().get(0), here.view().len()), (Some(9), 1024));
    }

    #[test]
    fn memory_that_is_too_small_is_refused() {
        let _small = open("small", 1024).unwrap();
        let error = open("small", 1 << 20).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
    }

    #[test]
    fn a_name_of_another_kind_of_object_is_refused() {
        let _event = Event::create_or_open(&unique("kind"), &Descriptor::private(&[]).unwrap());
        assert_eq!(open("kind", 1024).unwrap_err().raw_os_error(), Some(6));
    }

    #[test]
    fn new_memory_is_made_once_and_gone_with_its_maker() {
        let name = unique("new");
        let rights = Descriptor::readable(&[]).unwrap();
        let create = || NamedMemory::create(&name, 20, &rights);
        let missing = read(&name, 20).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound, "{missing}");
        let memory = create().unwrap();
        memory.put(19, 7);
        memory.put(0, 1);
        let mut wanted = [0; 20];
        (wanted[0], wanted[19]) = (1, 7);
        assert_eq!(read(&name, 20).unwrap(), wanted);
        assert_eq!(create().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        drop(memory);
        assert_eq!(read(&name, 20).unwrap_err().kind(), io::ErrorKind::NotFound);
        create().unwrap();
    }

    #[test]
    fn only_memory_of_the_size_that_is_asked_for_is_read() {
        let _small = open("read-small", 20).unwrap();
        let error = read(&unique("read-small"), 1 << 20).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
        let rights = Descriptor::private(&[]).unwrap();
        let _event = Event::create_or_open(&unique("read-event"), &rights);
        let error = read(&unique("read-event"), 20).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error}");
        let error = NamedMemory::create(&unique("read-event"), 20, &rights).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists, "{error}");
    }

    #[test]
    fn others_that_are_allowed_may_read_it_only() {
        let everyone = "S-1-1-0".parse().unwrap();
        let rights = Descriptor::readable(&[everyone]).unwrap();
        let memory = NamedMemory::create(&unique("readable"), 20, &rights).unwrap();
        let list = security::access_list(&memory).unwrap();
        assert!(
            list.ends_with("(A;;0x20005;;;WD)") || list.ends_with("(A;;CCLCRC;;;WD)"),
            "{list}"
        );
    }

    #[test]
    fn it_is_for_this_user_and_the_system() {
        let memory = open("rights", 1024).unwrap();
        let wanted = Descriptor::private(&[]).unwrap();
        assert_eq!(security::access_list(&memory).unwrap(), wanted.as_str());
    }

    #[test]
    #[should_panic(expected = "a place in the memory")]
    fn a_place_beyond_the_end_is_a_fault_of_the_caller() {
        open("end", 1024).unwrap().put(1024, 1);
    }
}
