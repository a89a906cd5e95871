//! Typed services: with clients of samebox, and with peers that keep to no rule.

mod callbacks;
mod calls;
mod hostile;
mod sharing;
#[path = "../support/mod.rs"]
mod support;
