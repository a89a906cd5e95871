use super::duplex::Duplex;
use super::incoming::Incoming;
use super::outgoing::Outgoing;
use super::server::Content;
use super::{is, path, wait_for_instance};
use crate::windows::account::{Sid, Token, check};
use crate::windows::security;
use std::io::{self, IoSlice};
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::sync::Arc;
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_PIPE_BUSY, GENERIC_READ, GENERIC_WRITE, HANDLE,
    INVALID_HANDLE_VALUE, WAIT_FAILED, WAIT_TIMEOUT,
};
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_FLAG_OVERLAPPED, FILE_READ_ATTRIBUTES, OPEN_EXISTING,
    SECURITY_IDENTIFICATION, SECURITY_SQOS_PRESENT,
};
use windows_sys::Win32::System::Pipes::{
    GetNamedPipeServerProcessId, PIPE_READMODE_MESSAGE, SetNamedPipeHandleState,
};
use windows_sys::Win32::System::Threading::{INFINITE, WaitForMultipleObjects};

/// A client's end of a pipe.
///
/// The system may finish what is begun here later, and nothing is lost when nobody waits for it:
/// what a read brings stays until it is taken.
#[derive(Debug)]
pub struct Client {
    pipe: Arc<OwnedHandle>,
    /// `None` where the server only listens.
    incoming: Option<Incoming>,
    outgoing: Outgoing,
    content: Content,
}

/// What a client's end is ready for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// A read will not wait: there are bytes, or the end, or an error.
    pub read: bool,
    /// A write will not wait: there is room, or an error.
    pub write: bool,
}

impl Client {
    /// Connects to the pipe called `name`, waiting up to `patience` while its server is busy.
    ///
    /// The server learns who this is and cannot act in its name.
    ///
    /// # Errors
    /// `NotFound` when no server is there, `PermissionDenied` when it admits others only, `TimedOut`
    /// when it was busy for too long; otherwise the operating system's.
    pub fn connect(name: &str, content: Content, patience: Duration) -> io::Result<Self> {
        let path = path(name);
        let (pipe, reads) = match open(&path, GENERIC_READ | GENERIC_WRITE, patience) {
            // A server that only listens lets nobody read.
            Err(error) if is(&error, ERROR_ACCESS_DENIED) => {
                (open(&path, GENERIC_WRITE | FILE_READ_ATTRIBUTES, patience)?, false)
            }
            opened => (opened?, true),
        };
        if content == Content::Messages {
            read_by_message(&pipe)?;
        }
        let pipe = Arc::new(pipe);
        let incoming = reads.then(|| Incoming::new(pipe.clone(), content, &[])).transpose()?;
        let outgoing = Outgoing::new(pipe.clone())?;
        Ok(Self { pipe, incoming, outgoing, content })
    }

    /// The same end for one thread that reads while others write.
    ///
    /// # Errors
    /// `Unsupported` where the server only listens; otherwise the operating system's.
    pub fn into_duplex(self) -> io::Result<Duplex> {
        let incoming = self.incoming.ok_or_else(listens_only)?;
        Duplex::new(self.pipe, incoming, self.outgoing, self.content)
    }

    /// Who owns the pipe: whoever made its first instance.
    ///
    /// # Errors
    /// See [`security::owner`].
    pub fn owner(&self) -> io::Result<Sid> {
        security::owner(&self.pipe)
    }

    /// The process that made this instance, where the system tells.
    pub fn server_pid(&self) -> Option<u32> {
        let mut pid = 0;
        // SAFETY: the handle is open while it is borrowed, and `pid` is writable.
        let known = unsafe { GetNamedPipeServerProcessId(self.handle(), &raw mut pid) };
        (known != 0).then_some(pid)
    }

    /// What the server acts as.
    ///
    /// # Errors
    /// The operating system's, when it has ended or may not be asked.
    pub fn server(&self) -> io::Result<Token> {
        Token::of_process(self.server_pid().ok_or(io::ErrorKind::NotFound)?)
    }

    /// Begins to write the first bytes of `parts`, as many as one write carries, without waiting.
    ///
    /// They have left this process once [`Client::is_writing`] says no.
    ///
    /// # Errors
    /// `WouldBlock` while an earlier write is under way; otherwise the operating system's.
    pub fn write_now(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.outgoing.write_now(parts)
    }

    /// Whether the system has yet to take what was written.
    pub fn is_writing(&mut self) -> bool {
        self.outgoing.is_writing()
    }

    /// Reads once without waiting into the spare capacity of `buffer`; 0 is the end.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is there, `Unsupported` where the server only listens; otherwise the
    /// operating system's.
    pub fn append_now(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        let Some(incoming) = &mut self.incoming else {
            return Err(listens_only());
        };
        if incoming.look()? { incoming.take(buffer) } else { Err(io::ErrorKind::WouldBlock.into()) }
    }

    /// Waits until a read would not wait, or a write where `write` asks for that too.
    ///
    /// # Errors
    /// `TimedOut` after `patience`, `Unsupported` to wait for a server that only listens; that of a
    /// write that failed after it had been accepted.
    pub fn wait(&mut self, write: bool, patience: Option<Duration>) -> io::Result<Ready> {
        let ready = self.ready()?;
        if ready.read || (write && ready.write) {
            return Ok(ready);
        }
        let writing = self.outgoing.event();
        let (events, count) = match &self.incoming {
            Some(incoming) => ([incoming.event(), writing], 2 - u32::from(ready.write)),
            None if ready.write => return Err(io::ErrorKind::Unsupported.into()),
            None => ([writing; 2], 1),
        };
        // SAFETY: the events are open while `self` is borrowed, and there are at least so many.
        match unsafe { WaitForMultipleObjects(count, events.as_ptr(), 0, milliseconds(patience)) } {
            WAIT_TIMEOUT => Err(io::ErrorKind::TimedOut.into()),
            WAIT_FAILED => Err(io::Error::last_os_error()),
            _ => self.ready(),
        }
    }

    fn ready(&mut self) -> io::Result<Ready> {
        let write = self.outgoing.is_done()?;
        let read = self.incoming.as_mut().map_or(Ok(false), Incoming::look)?;
        Ok(Ready { read, write })
    }

    /// Whether the server has gone, as far as a read can tell.
    pub fn has_ended(&mut self) -> bool {
        self.incoming.as_mut().is_some_and(|incoming| match incoming.look() {
            Ok(_) => incoming.has_ended(),
            Err(_) => true,
        })
    }

    fn handle(&self) -> HANDLE {
        self.pipe.as_raw_handle()
    }
}

fn listens_only() -> io::Error {
    let why = "the server's end of the pipe is for listening only";
    io::Error::new(io::ErrorKind::Unsupported, why)
}

/// Has reads of a pipe of messages end where a message does, so that empty ones are seen.
fn read_by_message(pipe: &OwnedHandle) -> io::Result<()> {
    let (mode, none) = (PIPE_READMODE_MESSAGE, std::ptr::null());
    // SAFETY: the handle is open while it is borrowed, the mode is readable, and null stands for what
    // does not change.
    check(unsafe { SetNamedPipeHandleState(pipe.as_raw_handle(), &raw const mode, none, none) })
}

/// Opens the pipe at `path`, waiting while all of its instances are taken.
fn open(path: &[u16], access: u32, patience: Duration) -> io::Result<OwnedHandle> {
    // Nobody waits for decades, and the clock does not count much further.
    let until = Instant::now() + patience.min(Duration::from_secs(1 << 30));
    loop {
        // SAFETY: the path is NUL-terminated and outlives the call.
        let opened = unsafe {
            CreateFileW(
                path.as_ptr(),
                access,
                0,
                std::ptr::null(),
                OPEN_EXISTING,
                FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
                std::ptr::null_mut(),
            )
        };
        if opened != INVALID_HANDLE_VALUE {
            // SAFETY: the handle was just made and has no other owner.
            return Ok(unsafe { OwnedHandle::from_raw_handle(opened) });
        }
        let error = io::Error::last_os_error();
        if !is(&error, ERROR_PIPE_BUSY) {
            return Err(error);
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::Error::new(io::ErrorKind::TimedOut, error));
        }
        // The next attempt tells what came of it: others may be faster.
        if wait_for_instance(path, milliseconds(Some(left))).is_err() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Rounded up, or a wait for less than a millisecond would be none.
pub(super) fn milliseconds(patience: Option<Duration>) -> u32 {
    let rounded = |patience: Duration| patience.as_micros().div_ceil(1000).min(1 << 30) as u32;
    patience.map_or(INFINITE, rounded)
}
