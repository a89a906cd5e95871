//! Mechanisms of this system beside files and sockets, bare, for measuring what they can do.

pub(crate) mod object;
pub(crate) mod window;
