//! Memory with a name: whoever may say it reads and writes the same bytes, at any moment.

use super::mapping::{Mapping, is_memory, owned};
use super::security::Descriptor;
use super::text::wide;
use crate::memory::View;
use std::io;
use std::os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle};
use std::sync::atomic::{AtomicU8, Ordering};
use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
use windows_sys::Win32::System::Memory::{
    CreateFileMappingW, FILE_MAP_READ, FILE_MAP_WRITE, PAGE_READWRITE,
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
        let (high, low) = ((length as u64 >> 32) as u32, length as u32);
        let (name, attributes) = (wide(name), rights.attributes());
        // SAFETY: there is no file, the name is NUL-terminated, both it and the attributes outlive the
        // call, and the handle has no other owner.
        let section = unsafe {
            let (file, rights) = (INVALID_HANDLE_VALUE, &raw const attributes);
            owned(CreateFileMappingW(file, rights, PAGE_READWRITE, high, low, name.as_ptr()))
        }?;
        let refused = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why);
        // A file's bytes may fail to be read, which ends the reader.
        if !is_memory(&section) {
            return Err(refused("it is not ordinary memory"));
        }
        let mapping = Mapping::new(&section, length, FILE_MAP_READ | FILE_MAP_WRITE);
        let mapping = mapping.ok().filter(Mapping::is_whole);
        Ok(Self { mapping: mapping.ok_or_else(|| refused("it is smaller"))?, section })
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
