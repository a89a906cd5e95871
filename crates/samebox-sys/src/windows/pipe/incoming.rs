use super::is;
use super::operation::Operation;
use super::server::Content;
use std::io;
use std::os::windows::io::OwnedHandle;
use std::sync::Arc;
use windows_sys::Win32::Foundation::{
    ERROR_BROKEN_PIPE, ERROR_OPERATION_ABORTED, ERROR_PIPE_NOT_CONNECTED, HANDLE,
};

/// What comes from the other end.
#[derive(Debug)]
pub(super) struct Incoming {
    read: Operation,
    content: Content,
    /// How much of the read's buffer has been taken.
    taken: usize,
    has_ended: bool,
}

/// Bytes that one read may bring.
const READ: usize = 64 << 10;

impl Incoming {
    /// Empty reads in a row before the loop looks elsewhere.
    const EMPTY_READS: u32 = 16;

    /// What comes through `pipe` after `first`, which has been read from it.
    pub(super) fn new(pipe: Arc<OwnedHandle>, content: Content, first: &[u8]) -> io::Result<Self> {
        let mut read = Operation::new(pipe)?;
        read.buffer().extend_from_slice(first);
        Ok(Self { read, content, taken: 0, has_ended: false })
    }

    /// What is signalled when the read under way ends.
    pub(super) fn event(&self) -> HANDLE {
        self.read.event()
    }

    /// Whether the last look has found the end.
    pub(super) const fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Whether there is something to take, or the end; begins to read if not.
    pub(super) fn look(&mut self) -> io::Result<bool> {
        for _ in 0..Self::EMPTY_READS {
            if !self.read.is_begun() {
                if self.has_ended || self.taken < self.read.buffer().len() {
                    return Ok(true);
                }
                self.taken = 0;
                if let Err(error) = self.read.begin_read(READ) {
                    return self.end(error).map(|()| true);
                }
            }
            match self.read.outcome_of_read() {
                None => return Ok(false),
                Some(Ok(0)) if self.content == Content::Messages => {
                    self.has_ended = true;
                    return Ok(true);
                }
                // The other end wrote nothing at all, which is no end.
                Some(Ok(0)) => {}
                Some(Ok(_)) => return Ok(true),
                // The thread that began it has ended, and the system gave it up.
                Some(Err(error)) if is(&error, ERROR_OPERATION_ABORTED) => {}
                Some(Err(error)) => return self.end(error).map(|()| true),
            }
        }
        Ok(false)
    }

    /// Notes the end; passes on what is none.
    fn end(&mut self, error: io::Error) -> io::Result<()> {
        self.read.buffer().clear();
        self.has_ended = is(&error, ERROR_BROKEN_PIPE) || is(&error, ERROR_PIPE_NOT_CONNECTED);
        if self.has_ended { Ok(()) } else { Err(error) }
    }

    /// Hands out what the last look has found; 0 is the end.
    pub(super) fn take(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        if self.has_ended {
            return Ok(0);
        }
        let taken = self.taken;
        let there = &self.read.buffer()[taken..];
        let room = buffer.capacity() - buffer.len();
        let length = there.len().min(room);
        buffer.extend_from_slice(&there[..length]);
        self.taken += length;
        Ok(length)
    }
}
