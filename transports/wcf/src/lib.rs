//! WCF endpoints: `net.tcp`, `net.uds` and `net.pipe`.

#![forbid(unsafe_code)]

mod pipe_name;

pub use pipe_name::{PipeName, Scope};
