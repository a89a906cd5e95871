//! samebox over windows that are found by their title.
//!
//! On Windows a message is a `WM_COPYDATA`; on Unix it travels in a property of an X11 window, whose
//! title one server owns.

#![forbid(unsafe_code)]

#[cfg(windows)]
mod copydata;
#[cfg(unix)]
mod x11;

#[cfg(windows)]
use copydata as system;
#[cfg(unix)]
use x11 as system;

pub use system::{WindowInbox, WindowOutbox};

use samebox_core::{Capabilities, Deadline, Endpoint, Info, Result, Transport};

/// Messages to the window of a title.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window;

impl Transport for Window {
    type Inbox = WindowInbox;
    type Outbox = WindowOutbox;

    fn info(&self) -> &'static Info {
        &system::INFO
    }

    fn capabilities(&self) -> Capabilities {
        system::CAPABILITIES
    }

    fn bind(&self, endpoint: &Endpoint) -> Result<WindowInbox> {
        system::bind(endpoint)
    }

    fn connect(&self, endpoint: &Endpoint, deadline: Deadline) -> Result<WindowOutbox> {
        system::connect(endpoint, deadline)
    }
}
