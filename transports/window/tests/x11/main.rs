//! `window:` on X11, against an X server that each run starts for itself.

#![cfg(unix)]

mod display;
mod hostile;
mod messages;
mod xprop;

#[path = "../xvfb/mod.rs"]
mod xvfb;
