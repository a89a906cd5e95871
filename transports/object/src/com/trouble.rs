//! What went wrong in COM, in the words of samebox.

use samebox_core::{Endpoint, Error, ErrorKind, Operation};
use samebox_sys::windows::com::{Exception, Failure};

/// `RPC_E_SERVERCALL_RETRYLATER`: the server takes no more at the moment.
pub(super) const BUSY: i32 = 0x8001_010A_u32 as i32;
/// `RPC_E_CALL_REJECTED`: as above, of servers with windows.
const REJECTED: i32 = 0x8001_0001_u32 as i32;
/// `ERROR_FILE_TOO_LARGE`: the server does not take messages of this size.
pub(super) const TOO_LARGE: i32 = 0x8007_00DF_u32 as i32;
/// `DISP_E_TYPEMISMATCH`: the server, or this side, cannot read the value.
pub(super) const UNREADABLE: i32 = 0x8002_0005_u32 as i32;
const UNKNOWN_NAME: i32 = 0x8002_0006_u32 as i32;
const NO_MEMBER: i32 = 0x8002_0003_u32 as i32;
const ACCESS_DENIED: i32 = 0x8007_0005_u32 as i32;
/// `RPC_S_SERVER_UNAVAILABLE`: there was nobody to take the call.
const UNAVAILABLE: i32 = 0x8007_06BA_u32 as i32;
/// `RPC_E_DISCONNECTED`: the object has been closed.
const DISCONNECTED: i32 = 0x8001_0108_u32 as i32;
/// `CO_E_OBJNOTCONNECTED`: as above.
const NOT_CONNECTED: i32 = 0x8004_01FD_u32 as i32;

/// An exception for whoever called.
pub(super) fn exception(endpoint: &Endpoint, code: i32, why: impl Into<String>) -> Exception {
    Exception { code, source: endpoint.to_string(), description: why.into() }
}

/// Whether the server only asks to try again later.
pub(super) fn is_busy(failure: &Failure) -> bool {
    let code = failure.exception.as_ref().map_or(failure.code, |exception| exception.code);
    code == BUSY || code == REJECTED
}

/// Whether a message that failed so has not been taken by anybody: a server that ends says so itself.
pub(super) fn is_unsent(failure: &Failure) -> bool {
    is_unasked(failure) || (failure.exception.is_none() && failure.code == DISCONNECTED)
}

/// Whether a question that failed so has reached nobody.
///
/// One that ends as disconnected may have been received before.
pub(super) fn is_unasked(failure: &Failure) -> bool {
    failure.exception.is_none() && [UNAVAILABLE, NOT_CONNECTED].contains(&failure.code)
}

/// The error of a call that failed.
pub(super) fn error(endpoint: &Endpoint, operation: Operation, failure: Failure) -> Error {
    let (kind, why) = match &failure {
        failure if failure.is_gone() => (ErrorKind::Disconnected, "the server has gone".into()),
        failure if is_busy(failure) => {
            (ErrorKind::TimedOut, "the server is full and took no more in time".into())
        }
        Failure { exception: Some(told), .. } => {
            let kind = match told.code {
                TOO_LARGE => ErrorKind::TooLarge,
                UNREADABLE => ErrorKind::Malformed,
                _ => ErrorKind::Fault,
            };
            (kind, failure.to_string())
        }
        Failure { code: UNREADABLE, .. } => {
            (ErrorKind::Malformed, "the object expects values of another type".into())
        }
        Failure { code: UNKNOWN_NAME | NO_MEMBER, .. } => {
            (ErrorKind::Mismatch, "the object has no such method".into())
        }
        Failure { code: ACCESS_DENIED, .. } => {
            (ErrorKind::Denied, "the object lets this user in no more".into())
        }
        failure => (ErrorKind::Io, format!("COM failed: {failure}")),
    };
    let advice = "plain messages need an object with the methods Send(data) and Call(data)";
    let error = endpoint.error(kind, operation, why).with_source(failure);
    if kind == ErrorKind::Mismatch { error.with_advice(advice) } else { error }
}

/// The error of a system that gives no thread.
pub(super) fn no_thread(endpoint: &Endpoint, operation: Operation, cause: std::io::Error) -> Error {
    endpoint.error(ErrorKind::Io, operation, "the system gives no thread").with_source(cause)
}
