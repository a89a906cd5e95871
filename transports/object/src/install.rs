//! Making an object known to the system, which then starts its server at the first call.

use crate::system;
use samebox_core::{Endpoint, Result};
use std::ffi::OsString;

/// For whom an object is installed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// This user.
    #[default]
    User,
    /// Every user of this machine, which takes an administrator's rights.
    Machine,
}

/// What installing or uninstalling an object did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The name by which other programs know the object.
    pub name: String,
    /// The files or registry keys that were written or removed.
    pub places: Vec<String>,
}

/// Has the system start `command` when somebody calls the object of `endpoint` and no server runs.
///
/// Installing it again replaces the command.
///
/// # Errors
/// `InvalidEndpoint` for a name that the system cannot have, `AddressInUse` for one that another
/// program has, `Denied` without the rights for `scope`, `Io` when it cannot be written or there is no
/// such program.
pub fn install(endpoint: &Endpoint, command: &[OsString], scope: Scope) -> Result<Change> {
    system::install::install(endpoint, command, scope)
}

/// Takes back what [`install`] did, leaving nothing.
///
/// # Errors
/// As [`install`]; an object that is not installed is no error and has no places.
pub fn uninstall(endpoint: &Endpoint, scope: Scope) -> Result<Change> {
    system::install::uninstall(endpoint, scope)
}
