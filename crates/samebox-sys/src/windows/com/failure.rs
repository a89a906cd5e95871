//! How calls fail.

use std::fmt;
use windows::Win32::Foundation::{
    CO_E_OBJNOTCONNECTED, CO_E_SERVER_STOPPING, RPC_E_DISCONNECTED, RPC_E_INVALID_OBJECT,
    RPC_E_SERVER_DIED, RPC_E_SERVER_DIED_DNE,
};
use windows::Win32::System::Rpc::{
    RPC_S_CALL_FAILED, RPC_S_CALL_FAILED_DNE, RPC_S_COMM_FAILURE, RPC_S_NO_ENDPOINT_FOUND,
    RPC_S_SERVER_UNAVAILABLE, RPC_S_UNKNOWN_IF,
};
use windows_core::HRESULT;

/// A call that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The system's code, an `HRESULT`.
    pub code: i32,
    /// What the object says, where the call reached it.
    pub exception: Option<Exception>,
}

/// What an object tells a caller instead of a result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exception {
    /// An `HRESULT` that says what went wrong; 0 for none in particular.
    pub code: i32,
    /// Which program or object says so.
    pub source: String,
    /// What went wrong, in words.
    pub description: String,
}

impl Failure {
    /// A failure with that code and nobody's words.
    pub const fn new(code: i32) -> Self {
        Self { code, exception: None }
    }

    /// Whether it says that the object, or its process, is not there any more.
    pub fn is_gone(&self) -> bool {
        let gone = [
            RPC_E_DISCONNECTED,
            RPC_E_SERVER_DIED,
            RPC_E_SERVER_DIED_DNE,
            CO_E_OBJNOTCONNECTED,
            CO_E_SERVER_STOPPING,
            RPC_E_INVALID_OBJECT,
            RPC_S_SERVER_UNAVAILABLE.to_hresult(),
            RPC_S_CALL_FAILED.to_hresult(),
            RPC_S_CALL_FAILED_DNE.to_hresult(),
            RPC_S_COMM_FAILURE.to_hresult(),
            RPC_S_NO_ENDPOINT_FOUND.to_hresult(),
            RPC_S_UNKNOWN_IF.to_hresult(),
        ];
        self.exception.is_none() && gone.contains(&HRESULT(self.code))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.exception {
            Some(exception) if !exception.description.is_empty() => {
                f.write_str(&exception.description)
            }
            _ => {
                let words = HRESULT(self.code).message();
                let words = words.trim().trim_end_matches('.');
                if !words.is_empty() {
                    write!(f, "{words} ")?;
                }
                write!(f, "(0x{:08X})", self.code)
            }
        }
    }
}

impl std::error::Error for Failure {}

impl From<windows_core::Error> for Failure {
    fn from(error: windows_core::Error) -> Self {
        Self::new(error.code().0)
    }
}

impl From<Failure> for windows_core::Error {
    fn from(failure: Failure) -> Self {
        HRESULT(failure.code).into()
    }
}
