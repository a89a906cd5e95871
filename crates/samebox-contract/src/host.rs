use crate::message;
use samebox_core::typed::{Caller, Dispatch, Hosted, Instances, Respond};
use samebox_core::{DynTransport, Endpoint, Error, Peer, Result};
use samebox_data::{Contract, Reader};
use std::fmt;
use std::sync::Arc;

/// A service that is ready to be offered: its contract, and which object takes whose calls.
pub struct Host {
    contract: &'static Contract,
    instances: Arc<dyn Instances>,
    threads: usize,
}

/// Threads that take calls where they come as messages of many clients, unless told otherwise.
const THREADS: usize = 4;

impl Host {
    /// One object for all clients; it is called by many threads at once.
    pub fn shared(contract: &'static Contract, service: Arc<dyn Dispatch>) -> Self {
        Self::new(contract, Arc::new(Shared(service)))
    }

    /// An object of its own for each client, made when the client first comes.
    pub fn per_client(
        contract: &'static Contract,
        make: impl Fn(&Peer) -> Arc<dyn Dispatch> + Send + Sync + 'static,
    ) -> Self {
        Self::new(contract, Arc::new(PerClient(make)))
    }

    fn new(contract: &'static Contract, instances: Arc<dyn Instances>) -> Self {
        Self { contract, instances, threads: THREADS }
    }

    /// The same host, with so many threads for calls that come as messages; at least one.
    ///
    /// With one thread calls are handled one after another, which is the fastest way for methods
    /// that do not wait; a contract with callbacks needs more than one. Wires with typed calls of
    /// their own have a thread per client.
    #[must_use]
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Offers it at `endpoint`.
    ///
    /// # Errors
    /// As [`samebox_core::Transport::bind`]; `Unsupported` when the transport cannot carry it.
    pub fn bind(self, transport: &dyn DynTransport, endpoint: &Endpoint) -> Result<Serving> {
        let hosted = match transport.as_typed() {
            Some(typed) => {
                endpoint.check_settings(transport.info().settings)?;
                typed.bind_typed(endpoint, self.contract, self.instances)?
            }
            None => {
                message::bind(transport, endpoint, self.contract, self.instances, self.threads)?
            }
        };
        Ok(Serving { hosted })
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Host");
        shown.field("contract", &self.contract.name).finish_non_exhaustive()
    }
}

/// A service that is being offered; dropping it ends that.
pub struct Serving {
    hosted: Box<dyn Hosted>,
}

impl Serving {
    /// The endpoint as bound, with what the system chose (a port, say) filled in.
    pub fn endpoint(&self) -> &Endpoint {
        self.hosted.endpoint()
    }

    /// Takes the oldest note of what a bad client did.
    pub fn take_fault(&mut self) -> Option<Error> {
        self.hosted.take_fault()
    }
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving").field("endpoint", self.endpoint()).finish_non_exhaustive()
    }
}

struct Shared(Arc<dyn Dispatch>);

impl Instances for Shared {
    fn begin(&self, _: &Peer) -> Arc<dyn Dispatch> {
        self.0.clone()
    }
}

struct PerClient<F>(F);

impl<F: Fn(&Peer) -> Arc<dyn Dispatch> + Send + Sync> Instances for PerClient<F> {
    fn begin(&self, peer: &Peer) -> Arc<dyn Dispatch> {
        (self.0)(peer)
    }
}

/// Makes a new object for each call.
pub struct PerCall<F>(pub F);

impl<F: Fn() -> Arc<dyn Dispatch> + Send + Sync> Dispatch for PerCall<F> {
    fn dispatch(
        &self,
        operation: usize,
        caller: &Caller<'_>,
        arguments: &mut dyn Reader,
        respond: &mut dyn Respond,
    ) -> samebox_data::Result<()> {
        (self.0)().dispatch(operation, caller, arguments, respond)
    }
}
