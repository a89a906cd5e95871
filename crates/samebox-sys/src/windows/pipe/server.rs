use super::{is, path, wait_for_instance};
use crate::windows::account::{Token, check};
use crate::windows::mutex::Claim;
use crate::windows::security::{self, Descriptor};
use mio::windows::NamedPipe;
use std::io;
use std::os::windows::io::{AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_FILE_NOT_FOUND, ERROR_PIPE_BUSY, INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::Security::RevertToSelf;
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_FLAG_FIRST_PIPE_INSTANCE, FILE_FLAG_OVERLAPPED, FILE_READ_ATTRIBUTES,
    OPEN_EXISTING, PIPE_ACCESS_DUPLEX, SECURITY_ANONYMOUS, SECURITY_SQOS_PRESENT, WRITE_DAC,
};
use windows_sys::Win32::System::IO::CancelIoEx;
use windows_sys::Win32::System::Pipes::{
    CreateNamedPipeW, GetNamedPipeClientProcessId, ImpersonateNamedPipeClient, NAMED_PIPE_MODE,
    PIPE_READMODE_BYTE, PIPE_READMODE_MESSAGE, PIPE_REJECT_REMOTE_CLIENTS, PIPE_TYPE_BYTE,
    PIPE_TYPE_MESSAGE, PIPE_UNLIMITED_INSTANCES, PIPE_WAIT, PeekNamedPipe,
};

/// The name of a pipe whose server this process is.
///
/// Dropped last, after the instances: until then no other server of this session gets it.
#[derive(Debug)]
pub struct Name {
    path: Vec<u16>,
    content: Content,
    descriptor: Descriptor,
    _claim: Claim,
}

/// What a pipe carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Bytes; nothing tells of an end but that of the pipe.
    Bytes,
    /// Messages, whose bounds mean nothing, but an empty one is the end of its direction.
    Messages,
}

impl Content {
    const fn mode(self) -> NAMED_PIPE_MODE {
        match self {
            Self::Bytes => PIPE_TYPE_BYTE | PIPE_READMODE_BYTE,
            Self::Messages => PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE,
        }
    }
}

/// Why a name was not given.
#[derive(Debug)]
pub enum Refused {
    /// A live server has it.
    InUse,
    /// Clients of an ended server of another user keep its pipe.
    Foreign,
    /// The operating system's reason.
    Io(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Bytes that a pipe holds in each direction before a write waits.
const ROOM: u32 = 64 << 10;

impl Name {
    /// Becomes the server of the pipe called `name`; gives its first instance too.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn claim(
        name: &str,
        content: Content,
        descriptor: Descriptor,
    ) -> Result<(Self, NamedPipe), Refused> {
        let name = Self::hold(name, content, descriptor)?;
        // Wine takes no notice of the flag for the first instance, so a server that is waiting for
        // clients is looked for as well.
        if wait_for_instance(&name.path, 1).is_ok() {
            return Err(Refused::InUse);
        }
        let first = match name.make(FILE_FLAG_FIRST_PIPE_INSTANCE) {
            Err(error) if is(&error, ERROR_ACCESS_DENIED) && !name.has_server() => name.join()?,
            Err(error) if is(&error, ERROR_ACCESS_DENIED) || is(&error, ERROR_PIPE_BUSY) => {
                return Err(Refused::InUse);
            }
            made => made?,
        };
        Ok((name, first))
    }

    /// Keeps other servers of this session from the name.
    pub(super) fn hold(
        name: &str,
        content: Content,
        descriptor: Descriptor,
    ) -> Result<Self, Refused> {
        let claim = claim(name, &descriptor)?;
        Ok(Self { path: path(name), content, descriptor, _claim: claim })
    }

    /// Makes a further instance, with the same rights as the first.
    ///
    /// # Errors
    /// The operating system's.
    pub fn another(&self) -> io::Result<NamedPipe> {
        self.make(0)
    }

    fn make(&self, flag: u32) -> io::Result<NamedPipe> {
        let mode = self.content.mode() | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS;
        let attributes = self.descriptor.attributes();
        // SAFETY: the path is NUL-terminated, and both it and the attributes outlive the call.
        let made = unsafe {
            CreateNamedPipeW(
                self.path.as_ptr(),
                PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | flag,
                mode,
                PIPE_UNLIMITED_INSTANCES,
                ROOM,
                ROOM,
                0,
                &raw const attributes,
            )
        };
        if made == INVALID_HANDLE_VALUE {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle was just made, for overlapped use, and has no other owner.
        Ok(unsafe { NamedPipe::from_raw_handle(made) })
    }

    /// Goes on with a pipe whose server has ended while clients still hold their ends open.
    ///
    /// Such a pipe keeps the owner and the rights that it was made with, whatever a further instance
    /// asks for.
    pub(super) fn join(&self) -> Result<NamedPipe, Refused> {
        let pipe = self.make(WRITE_DAC).map_err(|error| {
            if is(&error, ERROR_ACCESS_DENIED) { Refused::Foreign } else { Refused::Io(error) }
        })?;
        if security::owner(borrow(&pipe))? != Token::own()?.owner()? {
            return Err(Refused::Foreign);
        }
        security::protect(borrow(&pipe), &self.descriptor)?;
        Ok(pipe)
    }

    /// Whether any instance has a live server; the server may see a client come and go.
    fn has_server(&self) -> bool {
        // SAFETY: the path is NUL-terminated and outlives the call.
        let opened = unsafe {
            CreateFileW(
                self.path.as_ptr(),
                FILE_READ_ATTRIBUTES,
                0,
                std::ptr::null(),
                OPEN_EXISTING,
                SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS,
                std::ptr::null_mut(),
            )
        };
        if opened == INVALID_HANDLE_VALUE {
            return !is(&io::Error::last_os_error(), ERROR_FILE_NOT_FOUND);
        }
        // SAFETY: the handle was just made and has no other owner.
        drop(unsafe { OwnedHandle::from_raw_handle(opened) });
        true
    }
}

/// Holds what stands for the name.
fn claim(name: &str, descriptor: &Descriptor) -> Result<Claim, Refused> {
    // Unlike those of pipes, names of mutexes differ in the case of letters.
    let name = format!(r"Local\samebox-pipe-{}", name.to_lowercase());
    Claim::take(&name, descriptor)?.ok_or(Refused::InUse)
}

pub(super) fn borrow(pipe: &NamedPipe) -> BorrowedHandle<'_> {
    // SAFETY: the pipe keeps its handle open while it is borrowed.
    unsafe { BorrowedHandle::borrow_raw(pipe.as_raw_handle()) }
}

/// The process that is connected to `pipe`, where the system tells.
pub fn client_pid(pipe: &NamedPipe) -> Option<u32> {
    let mut pid = 0;
    // SAFETY: the handle is open while it is borrowed, and `pid` is writable.
    let known = unsafe { GetNamedPipeClientProcessId(pipe.as_raw_handle(), &raw mut pid) };
    (known != 0).then_some(pid)
}

/// What the client that is connected to `pipe` acts as.
///
/// # Errors
/// The operating system's: it cannot tell before the first read when the client keeps its identity
/// to itself, and then has ended.
pub fn client(pipe: &NamedPipe) -> io::Result<Token> {
    if Token::of_this_thread().is_err()
        && let Ok(token) = impersonate(pipe)
    {
        return Ok(token);
    }
    let pid = client_pid(pipe).ok_or(io::ErrorKind::NotFound)?;
    Token::of_process(pid)
}

/// Acts as the client for a moment, which works even when its process has ended.
pub(super) fn impersonate(pipe: &NamedPipe) -> io::Result<Token> {
    // SAFETY: the handle is open while it is borrowed.
    check(unsafe { ImpersonateNamedPipeClient(pipe.as_raw_handle()) })?;
    let token = Token::of_this_thread();
    // SAFETY: no arguments.
    if unsafe { RevertToSelf() } == 0 {
        // This thread would go on with the rights of somebody else.
        std::process::abort();
    }
    token
}

/// Gives up what is under way at `pipe`; news of that come as of any end.
pub fn give_up(pipe: &NamedPipe) {
    // SAFETY: the handle is open while it is borrowed. It fails when nothing is under way.
    unsafe { CancelIoEx(pipe.as_raw_handle(), std::ptr::null()) };
}

/// Whether the client has gone and everything it wrote has been read.
pub fn has_ended(pipe: &NamedPipe) -> bool {
    let none = std::ptr::null_mut();
    let (handle, nothing) = (pipe.as_raw_handle(), std::ptr::null_mut());
    // SAFETY: the handle is open while it is borrowed, and null stands for what is not asked.
    unsafe { PeekNamedPipe(handle, nothing, 0, none, none, none) == 0 }
}
