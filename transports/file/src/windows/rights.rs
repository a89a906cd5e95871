use samebox_core::{Allow, Endpoint, ErrorKind, Operation, Result};
use std::fs::File;
use std::io;

/// What others may do with a shared file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Share {
    Read,
    ReadWrite,
}

/// Who beside this user may own and use the files: whoever may by the rights of their directory.
#[derive(Debug)]
pub(crate) struct Rights;

impl Rights {
    pub(crate) fn of(endpoint: &Endpoint, allow: &Allow) -> Result<Self> {
        if allow.is_empty() {
            return Ok(Self);
        }
        let why = "on Windows the rights of the directory say who may use the file";
        let error = endpoint.error(ErrorKind::Unsupported, Operation::Parse, why);
        Err(error.with_advice("give the others rights to the directory, and leave out ?allow="))
    }

    pub(crate) fn share(&self, _: &File, _: Share) -> io::Result<()> {
        Ok(())
    }
}
