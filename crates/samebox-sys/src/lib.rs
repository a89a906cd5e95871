//! What the standard library lacks on Unix and on Windows: the only crate of samebox with `unsafe`.
//!
//! Each half is a set of small safe functions and types, one file per subject, with the same file
//! names in both halves where the subject is the same.

pub mod memory;
#[cfg(unix)]
pub mod unix;
#[cfg(windows)]
pub mod windows;

#[cfg(target_os = "linux")]
use unix as system;
#[cfg(windows)]
use windows as system;
