//! Named pipes: a server's instances and their security, a client's end, and who is at the other.

mod client;
mod duplex;
mod incoming;
mod operation;
mod outgoing;
mod server;
mod writer;

pub use client::{Client, Ready};
pub use duplex::Duplex;
pub use server::{Content, Name, Refused, client, client_pid, give_up, has_ended};
pub use writer::Writer;

use super::text::wide;
use std::io;
use windows_sys::Win32::Foundation::ERROR_FILE_NOT_FOUND;
use windows_sys::Win32::System::Pipes::WaitNamedPipeW;

/// Where Windows keeps the pipe called `name`.
fn path(name: &str) -> Vec<u16> {
    wide(&format!(r"\\.\pipe\{name}"))
}

/// Waits until an instance of the pipe at `path` waits for a client; connects to none.
fn wait_for_instance(path: &[u16], milliseconds: u32) -> io::Result<()> {
    // SAFETY: the path is NUL-terminated and outlives the call.
    super::account::check(unsafe { WaitNamedPipeW(path.as_ptr(), milliseconds) })
}

/// Whether a pipe of that name has a server, which does not notice the question.
pub fn exists(name: &str) -> bool {
    // Any answer but "not found" comes from a pipe that is there, if only a busy one.
    wait_for_instance(&path(name), 1).err().is_none_or(|error| !is(&error, ERROR_FILE_NOT_FOUND))
}

fn is(error: &io::Error, code: u32) -> bool {
    error.raw_os_error() == Some(code as i32)
}

#[cfg(test)]
mod message_tests;
#[cfg(test)]
mod tests;
