//! What the framings promise, tried through the public interface alone.

mod limits;
mod malformed;
mod properties;
mod receiver;
mod vector;
mod vectors;
