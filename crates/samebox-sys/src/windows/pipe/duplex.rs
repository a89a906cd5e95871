use super::Ready;
use super::client::milliseconds;
use super::incoming::Incoming;
use super::outgoing::Outgoing;
use super::server::{Content, borrow};
use crate::windows::event::Event;
use mio::windows::NamedPipe;
use std::io::{self, IoSlice};
use std::os::windows::io::{AsHandle, AsRawHandle, OwnedHandle};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use windows_sys::Win32::Foundation::{HANDLE, WAIT_FAILED, WAIT_TIMEOUT};
use windows_sys::Win32::System::IO::CancelIoEx;
use windows_sys::Win32::System::Threading::WaitForMultipleObjects;

/// An end of a pipe that one thread reads while others write.
#[derive(Debug)]
pub struct Duplex {
    incoming: Mutex<Incoming>,
    outgoing: Mutex<Outgoing>,
    /// Set for good once nothing more is read.
    closed: Event,
    is_closed: AtomicBool,
    is_cut: AtomicBool,
    content: Content,
    pipe: Arc<OwnedHandle>,
}

impl Duplex {
    pub(super) fn new(
        pipe: Arc<OwnedHandle>,
        incoming: Incoming,
        outgoing: Outgoing,
        content: Content,
    ) -> io::Result<Self> {
        let (incoming, outgoing) = (Mutex::new(incoming), Mutex::new(outgoing));
        let (is_closed, is_cut) = (AtomicBool::new(false), AtomicBool::new(false));
        Ok(Self { incoming, outgoing, closed: Event::latch()?, is_closed, is_cut, content, pipe })
    }

    /// A server's end, from which `first` has been read already.
    ///
    /// Nothing may be under way at `pipe`, which must not be registered any more.
    ///
    /// # Errors
    /// The operating system's.
    pub fn of_server(pipe: NamedPipe, content: Content, first: &[u8]) -> io::Result<Self> {
        let pipe = Arc::new(borrow(&pipe).try_clone_to_owned()?);
        let incoming = Incoming::new(pipe.clone(), content, first)?;
        let outgoing = Outgoing::new(pipe.clone())?;
        Self::new(pipe, incoming, outgoing, content)
    }

    /// Reads once without waiting into the spare capacity of `buffer`; 0 is the end.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is there; otherwise the operating system's.
    pub fn append_now(&self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        let mut incoming = lock(&self.incoming);
        if self.is_closed.load(Ordering::Acquire) {
            return Ok(0);
        }
        if incoming.look()? { incoming.take(buffer) } else { Err(io::ErrorKind::WouldBlock.into()) }
    }

    /// Begins to write the first bytes of `parts`, as many as one write carries, without waiting.
    ///
    /// They have left this process once [`Duplex::is_writing`] says no. Until then this thread must not
    /// end, or the system gives the write up.
    ///
    /// # Errors
    /// `WouldBlock` while an earlier write is under way, `BrokenPipe` once this end is cut; otherwise the
    /// operating system's, of this write or of the earlier one.
    pub fn write_now(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut outgoing = lock(&self.outgoing);
        if self.is_cut.load(Ordering::Acquire) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        outgoing.write_now(parts)
    }

    /// Whether the system has yet to take what was written.
    pub fn is_writing(&self) -> bool {
        lock(&self.outgoing).is_writing()
    }

    /// Ends the direction to the other end alone, as other programs may.
    #[cfg(test)]
    pub(super) fn end(&self) -> io::Result<()> {
        lock(&self.outgoing).write_empty()
    }

    /// Waits until one of what is `wanted` would not wait; nothing is ready when news came to nothing.
    ///
    /// # Errors
    /// `TimedOut` after `patience`; that of a write that failed after it had been accepted.
    pub fn wait(&self, wanted: Ready, patience: Option<Duration>) -> io::Result<Ready> {
        let (ready, events) = self.look(wanted)?;
        if ready.read || ready.write {
            return Ok(ready);
        }
        if events.is_empty() {
            return Ok(ready);
        }
        // SAFETY: the events are open while `self` is borrowed, and there are that many.
        let outcome = unsafe {
            WaitForMultipleObjects(events.len() as u32, events.as_ptr(), 0, milliseconds(patience))
        };
        match outcome {
            WAIT_TIMEOUT => Err(io::ErrorKind::TimedOut.into()),
            WAIT_FAILED => Err(io::Error::last_os_error()),
            _ => Ok(self.look(wanted)?.0),
        }
    }

    /// What of that which is `wanted` is ready, and what is signalled when more may be.
    fn look(&self, wanted: Ready) -> io::Result<(Ready, Vec<HANDLE>)> {
        let mut ready = Ready::default();
        let mut events = Vec::with_capacity(3);
        if wanted.read {
            let mut incoming = lock(&self.incoming);
            // The next read tells what is wrong.
            let is_closed = self.is_closed.load(Ordering::Acquire);
            ready.read = is_closed || incoming.look().unwrap_or(true);
            events.extend([self.closed.as_handle().as_raw_handle(), incoming.event()]);
        }
        if wanted.write {
            let mut outgoing = lock(&self.outgoing);
            ready.write = outgoing.is_done()?;
            events.push(outgoing.event());
        }
        Ok((ready, events))
    }

    /// Whether the other end has gone, as far as a read can tell; only while nobody reads.
    pub fn has_ended(&self) -> bool {
        let mut incoming = lock(&self.incoming);
        if self.is_closed.load(Ordering::Acquire) {
            return true;
        }
        match incoming.look() {
            Ok(_) => incoming.has_ended(),
            Err(_) => true,
        }
    }

    /// Ends the direction from the other end, and wakes whoever reads.
    pub fn close_read(&self) {
        self.is_closed.store(true, Ordering::Release);
        // It fails only for a handle that is none, and waits end at their deadlines.
        let _ = self.closed.set();
    }

    /// Ends both directions at once; whoever waits is woken, and what is under way is given up.
    pub fn cut(&self) {
        self.close_read();
        let mut outgoing = lock(&self.outgoing);
        if self.is_cut.swap(true, Ordering::AcqRel) {
            return;
        }
        outgoing.give_up();
        // SAFETY: the handle is open while it is borrowed. It fails when nothing is under way.
        unsafe { CancelIoEx(self.pipe.as_raw_handle(), std::ptr::null()) };
        if self.content == Content::Messages {
            // One that has gone needs no end.
            let _ = outgoing.write_empty();
        }
    }
}

impl Drop for Duplex {
    fn drop(&mut self) {
        self.cut();
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it is held, and its state is whole between any two statements.
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
