use crate::os::is_busy;
use samebox_core::{Endpoint, Error, ErrorKind, Operation};
use std::io;
use std::path::Path;

/// Why a file could not be opened and locked.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Somebody else has it open for themselves.
    Busy,
    /// It, or its directory, is not there.
    Missing,
    /// It is not a plain file of this user, or this user may not open it.
    Denied(String),
    /// The operating system's reason.
    Io(io::Error),
}

impl Refusal {
    /// The refusal as an error about `path`.
    pub(crate) fn into_error(
        self,
        endpoint: &Endpoint,
        operation: Operation,
        path: &Path,
    ) -> Error {
        let path = path.display();
        match self {
            Self::Busy => endpoint.error(
                ErrorKind::TimedOut,
                operation,
                format!("another program keeps {path} locked"),
            ),
            Self::Missing => {
                let why = format!("there is no directory for {path}");
                let advice = "make the directory first";
                endpoint.error(ErrorKind::InvalidEndpoint, operation, why).with_advice(advice)
            }
            Self::Denied(why) => {
                endpoint.error(ErrorKind::Denied, operation, format!("{path} {why}"))
            }
            Self::Io(cause) => io_error(endpoint, operation, &format!("{path}: {cause}"), cause),
        }
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            _ if is_busy(&error) => Self::Busy,
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Missing,
            io::ErrorKind::PermissionDenied => Self::Denied("may not be used by this user".into()),
            _ => Self::Io(error),
        }
    }
}

/// An error from reading or writing, with its own kind for a full disk.
pub(crate) fn io_error(
    endpoint: &Endpoint,
    operation: Operation,
    why: &str,
    cause: io::Error,
) -> Error {
    let full = matches!(cause.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    let kind = if full { ErrorKind::Full } else { ErrorKind::Io };
    let error = endpoint.error(kind, operation, why);
    let error =
        if full { error.with_advice("make room on the disk, then send again") } else { error };
    error.with_source(cause)
}
