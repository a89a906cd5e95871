//! samebox over Unix domain sockets: any path, any abstract name, any language at the other end.

#![forbid(unsafe_code)]

use samebox_core::Info;
use samebox_stream::SETTINGS;

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

/// The transport `unix:`.
#[derive(Clone, Copy, Debug)]
pub struct Unix;

static INFO: Info = Info {
    scheme: "unix",
    mechanism: "Unix domain socket",
    names: "a path with a slash in it, @NAME in the abstract namespace, or NAME for a socket in this user's runtime directory",
    example: "unix:/run/user/1000/orders.sock",
    settings: SETTINGS,
};
