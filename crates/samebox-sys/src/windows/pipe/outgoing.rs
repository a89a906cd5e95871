use super::operation::Operation;
use std::io::{self, IoSlice};
use std::os::windows::io::OwnedHandle;
use std::sync::Arc;
use windows_sys::Win32::Foundation::HANDLE;

/// What goes to the other end.
#[derive(Debug)]
pub(super) struct Outgoing {
    write: Operation,
    /// Why a write failed after it had been accepted.
    failure: Option<io::Error>,
}

/// Bytes that one write may carry.
const WRITE: usize = 128 << 10;

impl Outgoing {
    pub(super) fn new(pipe: Arc<OwnedHandle>) -> io::Result<Self> {
        Ok(Self { write: Operation::new(pipe)?, failure: None })
    }

    /// What is signalled when the write under way ends.
    pub(super) fn event(&self) -> HANDLE {
        self.write.event()
    }

    /// Begins to write the first bytes of `parts`, as many as one write carries.
    pub(super) fn write_now(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        if !self.is_done()? {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let buffer = self.write.buffer();
        buffer.clear();
        for part in parts {
            let fits = part.len().min(WRITE - buffer.len());
            buffer.extend_from_slice(&part[..fits]);
        }
        let length = buffer.len();
        if length > 0 {
            self.write.begin_write()?;
        }
        Ok(length)
    }

    /// Begins to write an empty message.
    pub(super) fn write_empty(&mut self) -> io::Result<()> {
        self.write.buffer().clear();
        self.write.begin_write()
    }

    /// Whether the system has yet to take what was written.
    pub(super) fn is_writing(&mut self) -> bool {
        if !self.write.is_begun() {
            return false;
        }
        match self.write.outcome() {
            None => return true,
            Some(Ok(_)) => {}
            Some(Err(error)) => self.failure = Some(error),
        }
        false
    }

    /// Whether the system has taken what was written, or failed to.
    pub(super) fn is_done(&mut self) -> io::Result<bool> {
        let is_done = !self.is_writing();
        self.failure.take().map_or(Ok(is_done), Err)
    }

    /// Gives up a write that is under way.
    pub(super) fn give_up(&mut self) {
        self.write.give_up();
    }
}
