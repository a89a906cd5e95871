use crate::windows::account::check;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr::NonNull;
use std::sync::Arc;
use windows_sys::Win32::Foundation::{
    ERROR_IO_INCOMPLETE, ERROR_IO_PENDING, ERROR_MORE_DATA, HANDLE,
};
use windows_sys::Win32::Storage::FileSystem::{ReadFile, WriteFile};
use windows_sys::Win32::System::IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED};
use windows_sys::Win32::System::Threading::CreateEventW;

/// Reads or writes of a pipe, one at a time, that the system may end later, and their memory.
#[derive(Debug)]
pub(super) struct Operation {
    pipe: Arc<OwnedHandle>,
    event: OwnedHandle,
    /// Owned by this; while `is_begun` the system uses it too.
    shared: NonNull<Shared>,
    is_begun: bool,
}

struct Shared {
    overlapped: OVERLAPPED,
    buffer: Vec<u8>,
}

// SAFETY: the memory is this value's own, and any thread may ask the system for the outcome.
unsafe impl Send for Operation {}

impl Operation {
    pub(super) fn new(pipe: Arc<OwnedHandle>) -> io::Result<Self> {
        // SAFETY: an event that is reset by hand, not set, and has no name needs no memory.
        let event = unsafe { CreateEventW(std::ptr::null(), 1, 0, std::ptr::null()) };
        if event.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle was just made and has no other owner.
        let event = unsafe { OwnedHandle::from_raw_handle(event) };
        let shared = Box::new(Shared { overlapped: OVERLAPPED::default(), buffer: Vec::new() });
        let shared = NonNull::from(Box::leak(shared));
        Ok(Self { pipe, event, shared, is_begun: false })
    }

    /// Whether it has been begun, and its outcome not been taken.
    pub(super) const fn is_begun(&self) -> bool {
        self.is_begun
    }

    /// What is signalled when it ends.
    pub(super) fn event(&self) -> HANDLE {
        self.event.as_raw_handle()
    }

    /// The memory: what a read has brought, or what the next write shall carry.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        assert!(!self.is_begun, "the system is using the buffer");
        // SAFETY: it is this value's own, and the system does not use it now.
        unsafe { &mut self.shared.as_mut().buffer }
    }

    /// Begins to read up to `room` bytes.
    pub(super) fn begin_read(&mut self, room: usize) -> io::Result<()> {
        let buffer = self.buffer();
        buffer.clear();
        buffer.reserve(room);
        let start = buffer.as_mut_ptr();
        let (pipe, overlapped) = (self.pipe.as_raw_handle(), self.prepare());
        let none = std::ptr::null_mut();
        // SAFETY: the buffer is writable for `room` bytes, and it and the structure stay where they
        // are, untouched, until the outcome is taken.
        let outcome = unsafe { ReadFile(pipe, start, room as u32, none, overlapped) };
        self.begun(outcome)
    }

    /// Begins to write the buffer.
    pub(super) fn begin_write(&mut self) -> io::Result<()> {
        let buffer = self.buffer();
        let (start, length) = (buffer.as_ptr(), buffer.len() as u32);
        let (pipe, overlapped) = (self.pipe.as_raw_handle(), self.prepare());
        let none = std::ptr::null_mut();
        // SAFETY: the buffer is readable for `length` bytes, and it and the structure stay where
        // they are, untouched, until the outcome is taken.
        let outcome = unsafe { WriteFile(pipe, start, length, none, overlapped) };
        self.begun(outcome)
    }

    fn prepare(&mut self) -> *mut OVERLAPPED {
        // The lowest bit is no part of a handle. It keeps the outcome from a completion port that the
        // pipe may belong to, whose owner knows nothing of this structure.
        let event = self.event().map_addr(|event| event | 1);
        let overlapped = OVERLAPPED { hEvent: event, ..OVERLAPPED::default() };
        let shared = self.shared.as_ptr();
        // SAFETY: it is this value's own, and the system does not use it now, as the caller has just
        // asked for the buffer.
        unsafe {
            (*shared).overlapped = overlapped;
            &raw mut (*shared).overlapped
        }
    }

    fn begun(&mut self, outcome: i32) -> io::Result<()> {
        match check(outcome) {
            Err(error) if !is_begun(&error) => Err(error),
            _ => {
                self.is_begun = true;
                Ok(())
            }
        }
    }

    /// Takes the outcome of what was begun: how many bytes; `None` while it is under way.
    pub(super) fn outcome(&mut self) -> Option<io::Result<usize>> {
        let outcome = self.result(false);
        match outcome {
            Err(error) if error.raw_os_error() == Some(ERROR_IO_INCOMPLETE as i32) => None,
            outcome => {
                self.is_begun = false;
                Some(outcome)
            }
        }
    }

    /// Takes the outcome of a read: how many bytes, now in the buffer; `None` while it is under way.
    pub(super) fn outcome_of_read(&mut self) -> Option<io::Result<usize>> {
        let outcome = self.outcome()?;
        if let Ok(length) = outcome {
            // SAFETY: the system has written that many bytes, within the room it was given.
            unsafe { self.buffer().set_len(length) };
        }
        Some(outcome)
    }

    fn result(&self, wait: bool) -> io::Result<usize> {
        let mut length = 0;
        // SAFETY: the handle is open, and the structure is that of the last operation begun; the
        // system writes to it and the call only reads it.
        let outcome = check(unsafe {
            let overlapped = &raw const (*self.shared.as_ptr()).overlapped;
            let pipe = self.pipe.as_raw_handle();
            GetOverlappedResult(pipe, overlapped, &raw mut length, i32::from(wait))
        });
        match outcome {
            // The rest of the message comes with the next read.
            Err(error) if error.raw_os_error() == Some(ERROR_MORE_DATA as i32) => {}
            outcome => outcome?,
        }
        Ok(length as usize)
    }

    /// Gives up what is under way, and waits until the system has let go of it.
    pub(super) fn give_up(&mut self) {
        if !self.is_begun {
            return;
        }
        // SAFETY: the handle is open, and the structure is that of the operation under way. It fails when
        // that has just ended.
        unsafe {
            let overlapped = &raw const (*self.shared.as_ptr()).overlapped;
            CancelIoEx(self.pipe.as_raw_handle(), overlapped);
        }
        // What it brought is of no use now.
        let _ = self.result(true);
        self.is_begun = false;
    }
}

/// Whether what failed is under way, or has only not brought a whole message.
fn is_begun(error: &io::Error) -> bool {
    let code = error.raw_os_error().map(|code| code as u32);
    matches!(code, Some(ERROR_IO_PENDING | ERROR_MORE_DATA))
}

impl Drop for Operation {
    fn drop(&mut self) {
        // Until it has ended the system uses the memory.
        self.give_up();
        // SAFETY: it came from a box, and the system does not use it any more.
        drop(unsafe { Box::from_raw(self.shared.as_ptr()) });
    }
}
