use super::back::Back;
use super::contract::Wire;
use crate::dbus::server::{Caller, Emitter};
use samebox_core::Endpoint;
use samebox_core::typed::{Dispatch, Instances, Invoke};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// What a service has for one client, from its first call until it leaves.
pub(super) struct Session {
    pub(super) client: Arc<Caller>,
    object: OnceLock<Arc<dyn Dispatch>>,
    back: OnceLock<Arc<dyn Invoke>>,
    is_over: AtomicBool,
}

impl Session {
    pub(super) fn new(client: Arc<Caller>) -> Self {
        let (object, back, is_over) = Default::default();
        Self { client, object, back, is_over }
    }

    /// The object that takes the client's calls, made when the first one is executed.
    pub(super) fn object(&self, instances: &dyn Instances) -> Arc<dyn Dispatch> {
        self.object.get_or_init(|| instances.begin(&self.client.peer)).clone()
    }

    /// The way back to the client.
    pub(super) fn back(
        self: &Arc<Self>,
        endpoint: &Endpoint,
        wire: &Arc<Wire>,
        emitter: &Emitter,
        max: usize,
    ) -> &Arc<dyn Invoke> {
        let make = || -> Arc<dyn Invoke> {
            Arc::new(Back::new(self, endpoint.clone(), wire.clone(), emitter.clone(), max))
        };
        self.back.get_or_init(make)
    }

    /// The client has left, or the service ends.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire) || self.client.link.is_ended()
    }
}
