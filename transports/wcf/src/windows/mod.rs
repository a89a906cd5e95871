//! The Windows half: pipes of messages, whose random names stand in shared memory.

mod dialler;
mod door;
mod published;

pub use dialler::PipeDialler;
pub use door::{PipeDoor, open_pipe};
