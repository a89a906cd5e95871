//! A bare COM object needs all of COM's own plumbing, which is what samebox adds: there is no floor.

use crate::commands::bench::floor::Waiting;
use crate::commands::peer::{Attempt, Near};
use samebox::Endpoint;
use std::io;

/// There is none.
pub(crate) fn place(_: &Endpoint) -> Option<String> {
    None
}

pub(crate) fn listen(_: &str) -> Attempt<(String, Waiting)> {
    Err(io::Error::from(io::ErrorKind::Unsupported).into())
}

pub(crate) fn connect(_: &str, _: &str) -> Attempt<Box<dyn Near>> {
    Err(io::Error::from(io::ErrorKind::Unsupported).into())
}
