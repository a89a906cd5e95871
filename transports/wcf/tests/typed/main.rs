//! Typed calls between samebox's own client and service.

#[path = "../support/mod.rs"]
mod support;

mod callbacks;
mod calls;
mod sharing;
