use crate::{PipeName, Scope};
use samebox_core::{Endpoint, Error, ErrorKind, Operation, Result};
use samebox_sys::windows::named_memory::{self, NamedMemory};
use samebox_sys::windows::random;
use samebox_sys::windows::security::Descriptor;
use std::fmt::Write;
use std::io;

/// What a server publishes: the name of its pipe.
///
/// ```text
/// 0      is 1 once the rest is there
/// 4..20  the GUID that is the pipe's name, in .NET's order of bytes
/// ```
#[derive(Debug)]
pub(super) struct Published(NamedMemory);

const LENGTH: usize = 20;
const GUID: usize = 4;

impl Published {
    /// Takes the name of a service, for clients to find once it is announced.
    ///
    /// # Errors
    /// `AddressInUse` when a live server has it.
    pub(super) fn claim(endpoint: &Endpoint, name: &PipeName, rights: &Descriptor) -> Result<Self> {
        let made = match create(&name.published(Scope::Global), rights) {
            Err(error) if is_denied(&error) && may_not_be_global(rights) => {
                create(&name.published(Scope::Local), rights)
            }
            made => made,
        };
        made.map(Self).map_err(|cause| refused(endpoint, cause))
    }

    /// Tells clients that the pipe called `guid` is there.
    pub(super) fn announce(&self, guid: Guid) {
        for (at, byte) in (GUID..).zip(guid.0) {
            self.0.put(at, byte);
        }
        self.0.put(0, 1);
    }
}

fn create(name: &str, rights: &Descriptor) -> io::Result<NamedMemory> {
    NamedMemory::create(name, LENGTH, rights)
}

fn is_denied(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

/// Whether this process may make no global name at all, so that nobody need have the one it wanted.
fn may_not_be_global(rights: &Descriptor) -> bool {
    let nobodys = Guid::random().map(|guid| format!(r"Global\net.pipe:samebox-{guid}"));
    nobodys.and_then(|name| create(&name, rights)).is_err_and(|error| is_denied(&error))
}

fn refused(endpoint: &Endpoint, cause: io::Error) -> Error {
    let in_use = |why| {
        let advice = "stop that server, or use another path";
        endpoint.error(ErrorKind::AddressInUse, Operation::Bind, why).with_advice(advice)
    };
    match cause.kind() {
        io::ErrorKind::AlreadyExists => in_use("a live server publishes its pipe under this name"),
        io::ErrorKind::PermissionDenied => in_use("another user's server has this name"),
        _ => {
            let why = "the system gives no memory of this name";
            endpoint.error(ErrorKind::Io, Operation::Bind, why).with_source(cause)
        }
    }
}

/// The pipe of the first server that a client finds under one of a service's names.
///
/// # Errors
/// `NotListening` when there is none, `Denied` when there is one for others only.
pub(super) fn find(endpoint: &Endpoint, name: &PipeName) -> Result<Guid> {
    let mut is_denied_somewhere = false;
    for probed in name.probed() {
        match named_memory::read(&probed, LENGTH) {
            Ok(bytes) if bytes[0] != 0 => {
                if let Ok(guid) = bytes[GUID..].try_into() {
                    return Ok(Guid(guid));
                }
            }
            Err(error) => is_denied_somewhere |= is_denied(&error),
            // A server is about to start there.
            Ok(_) => {}
        }
    }
    let (kind, why) = match is_denied_somewhere {
        true => (ErrorKind::Denied, "the server there admits other users only"),
        false => (ErrorKind::NotListening, "nobody publishes a pipe for it"),
    };
    Err(endpoint.error(kind, Operation::Connect, why))
}

/// The random name of a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Guid([u8; 16]);

impl Guid {
    pub(super) fn random() -> io::Result<Self> {
        let mut bytes = random::bytes::<16>()?;
        // Version 4 and the usual variant, in .NET's order of bytes.
        bytes[7] = bytes[7] & 0x0F | 0x40;
        bytes[8] = bytes[8] & 0x3F | 0x80;
        Ok(Self(bytes))
    }
}

impl std::fmt::Display for Guid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
        for (at, from) in ORDER.into_iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                f.write_char('-')?;
            }
            write!(f, "{:02x}", self.0[from])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_is_called_as_dotnet_writes_its_guid() {
        let bytes = std::array::from_fn(|at| at as u8 + 0xF0);
        assert_eq!(Guid(bytes).to_string(), "f3f2f1f0-f5f4-f7f6-f8f9-fafbfcfdfeff");
        let random = Guid::random().unwrap().to_string();
        assert_eq!((random.len(), &random[14..15]), (36, "4"), "{random}");
    }
}
