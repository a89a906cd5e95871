//! Installing an object.

use crate::install::{Change, Scope};
use samebox_core::{Endpoint, Missing, Operation, Result};
use std::ffi::OsString;

pub(crate) fn install(endpoint: &Endpoint, _: &[OsString], _: Scope) -> Result<Change> {
    Missing::refuse(endpoint, Operation::Bind, "pipe:NAME")
}

pub(crate) fn uninstall(endpoint: &Endpoint, _: Scope) -> Result<Change> {
    Missing::refuse(endpoint, Operation::Bind, "pipe:NAME")
}
