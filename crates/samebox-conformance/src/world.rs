use crate::actor::{self, Actor};
use crate::client::Client;
use crate::server::Server;
use samebox_core::{
    Acceptance, Access, Capabilities, DEFAULT_MAX, Deadline, DynTransport, Endpoint, ErrorKind, MAX,
};
use std::thread::JoinHandle;
use std::time::Duration;

/// How a case ends when it does not fail.
pub(crate) type Outcome = Result<(), Skip>;

/// Why a case does not apply.
pub(crate) struct Skip(pub(crate) String);

/// What a case has to work with: one transport and an endpoint of its own.
pub(crate) struct World {
    pub(crate) transport: &'static dyn DynTransport,
    /// What the transport can do at this endpoint.
    pub(crate) can: Capabilities,
    pub(crate) endpoint: Endpoint,
    pub(crate) other: Endpoint,
    pub(crate) without_bytes: &'static [u8],
    pub(crate) without_empty: bool,
    pub(crate) patience: Duration,
}

impl World {
    /// Ends a case that a capability rules out.
    pub(crate) fn needs(&self, holds: bool, otherwise: &str) -> Outcome {
        if holds { Ok(()) } else { Err(Skip(otherwise.into())) }
    }

    /// Ends a case that is about calls where there are none.
    pub(crate) fn needs_calls(&self) -> Outcome {
        self.needs(self.can.duplex, "it carries messages one way only")
    }

    /// By when something must have happened.
    pub(crate) fn soon(&self) -> Deadline {
        Deadline::after(self.patience)
    }

    /// The endpoint with a setting; ends the case where the transport has no such setting.
    pub(crate) fn with_setting(&self, name: &str, value: &str) -> Result<Endpoint, Skip> {
        let known = self.transport.info().settings.iter().any(|setting| setting.name == name);
        self.needs(known, &format!("it has no setting `{name}`"))?;
        Ok(self.endpoint.with_setting(name, value))
    }

    /// The largest message at this endpoint.
    pub(crate) fn max(&self) -> usize {
        let largest = self.can.largest;
        self.endpoint.size(MAX, DEFAULT_MAX, largest).expect("the endpoint's `max` is right")
    }

    /// An endpoint with another name.
    pub(crate) fn other_endpoint(&self) -> Endpoint {
        self.other.clone()
    }

    /// Whether `send` waits until the server's handler has returned.
    pub(crate) fn waits_for_handler(&self) -> bool {
        self.can.acceptance == Acceptance::Handled
    }

    /// The case's server.
    #[track_caller]
    pub(crate) fn bind(&self) -> Server {
        self.bind_at(&self.endpoint)
    }

    #[track_caller]
    pub(crate) fn bind_at(&self, endpoint: &Endpoint) -> Server {
        self.try_bind(endpoint).unwrap_or_else(|kind| panic!("cannot bind {endpoint}: {kind}"))
    }

    pub(crate) fn try_bind(&self, endpoint: &Endpoint) -> Result<Server, ErrorKind> {
        let _quiet = actor::no_process_starts();
        let inbox = self.transport.bind(endpoint).map_err(|error| error.kind())?;
        Ok(Server { inbox, patience: self.patience })
    }

    /// An endpoint that had a server and has none.
    #[track_caller]
    pub(crate) fn vacant(&self) -> Endpoint {
        self.bind().endpoint()
    }

    #[track_caller]
    pub(crate) fn connect(&self, endpoint: &Endpoint) -> Client {
        let client = self.try_connect(endpoint, self.soon());
        client.unwrap_or_else(|kind| panic!("cannot connect to {endpoint}: {kind}"))
    }

    pub(crate) fn try_connect(
        &self,
        endpoint: &Endpoint,
        deadline: Deadline,
    ) -> Result<Client, ErrorKind> {
        let outbox = self.transport.connect(endpoint, deadline).map_err(|error| error.kind())?;
        Ok(Client { outbox, patience: self.patience })
    }

    /// Does `work` with a client on a thread of its own, so that neither side waits for the other.
    pub(crate) fn client<T: Send + 'static>(
        &self,
        endpoint: &Endpoint,
        work: impl FnOnce(&mut Client) -> T + Send + 'static,
    ) -> Job<T> {
        let (transport, patience) = (self.transport, self.patience);
        let endpoint = endpoint.clone();
        Job::start(move || {
            let outbox = transport.connect(&endpoint, Deadline::after(patience));
            let outbox = outbox.unwrap_or_else(|error| panic!("{error:?}"));
            work(&mut Client { outbox, patience })
        })
    }

    /// Somebody else who does as told: a second process, where the transport reaches one.
    pub(crate) fn actor(&self) -> Actor {
        match self.can.access {
            Access::ThisProcess => Actor::thread(self.transport, self.patience),
            _ => Actor::process(self.patience),
        }
    }

    /// Ends a case that kills where nobody can be killed.
    pub(crate) fn needs_processes(&self) -> Outcome {
        self.needs(self.can.access != Access::ThisProcess, "it reaches this process only")
    }
}

/// Work on another thread of the test program.
pub(crate) struct Job<T>(JoinHandle<T>);

impl<T: Send + 'static> Job<T> {
    pub(crate) fn start(work: impl FnOnce() -> T + Send + 'static) -> Self {
        let name = std::thread::current().name().map(str::to_owned).unwrap_or_default();
        let thread = std::thread::Builder::new().name(name).spawn(work);
        Self(thread.expect("the system gives a thread"))
    }

    /// Whether the work has ended, well or not.
    pub(crate) fn is_done(&self) -> bool {
        self.0.is_finished()
    }

    /// What the work came to; fails the case if the work failed.
    pub(crate) fn join(self) -> T {
        self.0.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}
