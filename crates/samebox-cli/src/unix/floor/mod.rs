//! Mechanisms of this system that other libraries bring, bare, for measuring what they can do.

pub(crate) mod object;
pub(crate) mod window;
