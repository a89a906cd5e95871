use samebox_core::{Endpoint, Error, ErrorKind, Operation};
use std::io;

/// What the operating system's `cause` means to the user of `endpoint`.
pub(crate) fn failure(endpoint: &Endpoint, operation: Operation, cause: io::Error) -> Error {
    let (kind, why) = match cause.kind() {
        // Windows says reset where others say refused.
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => {
            (ErrorKind::NotListening, nobody(operation))
        }
        io::ErrorKind::AddrInUse => (ErrorKind::AddressInUse, "another socket has the port"),
        io::ErrorKind::AddrNotAvailable => {
            (ErrorKind::InvalidEndpoint, "the host is not an address of this machine")
        }
        io::ErrorKind::PermissionDenied => {
            (ErrorKind::Denied, "the operating system forbids this port or this destination")
        }
        io::ErrorKind::TimedOut => (ErrorKind::TimedOut, "there was no room in time"),
        _ => (ErrorKind::Io, "the operating system refused"),
    };
    let error = endpoint.error(kind, operation, why).with_source(cause);
    match kind {
        ErrorKind::NotListening => error.with_advice("start the server, then send again"),
        ErrorKind::Denied => error.with_advice("use a port from 1024 up, and check the firewall"),
        _ => error,
    }
}

const fn nobody(operation: Operation) -> &'static str {
    match operation {
        Operation::Send => "an earlier message found no server there, so this one was not sent",
        _ => "no server has the port",
    }
}
