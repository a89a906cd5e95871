use super::operation::Operation;
use super::server::borrow;
use mio::windows::NamedPipe;
use std::io;
use std::sync::Arc;

/// Writes to a client, one at a time, without the loop that its pipe is registered with.
///
/// Writes of the pipe itself are done only once that loop has been told so; these are done when the
/// system has taken them. The pipe stays open until both have been dropped.
#[derive(Debug)]
pub struct Writer(Operation);

impl Writer {
    /// A writer beside what else is done with `pipe`.
    ///
    /// # Errors
    /// The operating system's.
    pub fn new(pipe: &NamedPipe) -> io::Result<Self> {
        let copy = borrow(pipe).try_clone_to_owned()?;
        Ok(Self(Operation::new(Arc::new(copy))?))
    }

    /// Begins to write all of `bytes`, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` while an earlier write finds no room; otherwise the operating system's, of this
    /// write or of the earlier one.
    pub fn write_now(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.0.is_begun() {
            self.0.outcome().ok_or(io::ErrorKind::WouldBlock)??;
        }
        let buffer = self.0.buffer();
        buffer.clear();
        buffer.extend_from_slice(bytes);
        self.0.begin_write()
    }
}
