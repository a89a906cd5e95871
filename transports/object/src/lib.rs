//! samebox as an object that other languages call by name.
//!
//! On Unix it is a D-Bus object, on the session bus or on a socket of its own; on Windows it is a COM
//! local server with `IDispatch`. Plain messages are its `Send` and `Call`; a contract exports its own
//! methods.

#![forbid(unsafe_code)]

#[cfg(windows)]
mod com;
#[cfg(unix)]
mod dbus;
pub mod install;

#[cfg(windows)]
use com as system;
#[cfg(unix)]
use dbus as system;

pub use system::{ObjectInbox, ObjectOutbox};

use samebox_core::typed::{Dispatch, Hosted, Instances, Invoke, NamedAnswer, NamedCall, Typed};
use samebox_core::{Capabilities, Deadline, Endpoint, Info, Result, Transport};
use samebox_data::Contract;
use std::sync::Arc;

/// Objects that other languages call by name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Object;

impl Transport for Object {
    type Inbox = ObjectInbox;
    type Outbox = ObjectOutbox;

    fn info(&self) -> &'static Info {
        &system::INFO
    }

    fn capabilities(&self) -> Capabilities {
        system::CAPABILITIES
    }

    fn bind(&self, endpoint: &Endpoint) -> Result<ObjectInbox> {
        system::bind(endpoint)
    }

    fn connect(&self, endpoint: &Endpoint, deadline: Deadline) -> Result<ObjectOutbox> {
        system::connect(endpoint, deadline)
    }

    fn as_typed(&self) -> Option<&dyn Typed> {
        Some(self)
    }
}

impl Typed for Object {
    fn connect_typed(
        &self,
        endpoint: &Endpoint,
        contract: &Contract,
        callbacks: Option<Arc<dyn Dispatch>>,
        deadline: Deadline,
    ) -> Result<Arc<dyn Invoke>> {
        system::typed::connect(endpoint, contract, callbacks, deadline)
    }

    fn bind_typed(
        &self,
        endpoint: &Endpoint,
        contract: &Contract,
        instances: Arc<dyn Instances>,
    ) -> Result<Box<dyn Hosted>> {
        system::typed::host(endpoint, contract, instances)
    }

    fn call_by_name(
        &self,
        endpoint: &Endpoint,
        call: &NamedCall,
        deadline: Deadline,
    ) -> Result<NamedAnswer> {
        system::typed::call_by_name(endpoint, call, deadline)
    }
}
