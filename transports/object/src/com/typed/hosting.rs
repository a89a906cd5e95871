use super::faults;
use super::operations::{CONTRACT_ID, check, described, members, operation};
use super::responding::{Answer, Responder};
use crate::com::options::Options;
use crate::com::value::{NodeReader, Resolve, to_variant};
use crate::com::{class, inbox, install, library, post, trouble};
use samebox_core::typed::{Caller, Dispatch, Fault, Hosted, Instances, Origin};
use samebox_core::{Endpoint, Error, ErrorKind, Faults, Operation, Peer, Result};
use samebox_data::uuid::Uuid;
use samebox_data::{self as data, Contract};
use samebox_sys::windows::com::{
    self, Apartment, Exception, Faces, Guid, Member, Object, Server, Variant,
};
use samebox_sys::windows::mutex::Claim;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// How many calls may be under way: each has a thread of COM.
const UNDER_WAY: usize = 512;

/// How many processes have an object of their own; the one that called longest ago loses it.
const CLIENTS: usize = 256;

/// Offers the service of a contract as an object.
///
/// # Errors
/// As for plain messages; `Unsupported` for a contract that COM cannot carry.
pub(crate) fn host(
    endpoint: &Endpoint,
    contract: &Contract,
    instances: Arc<dyn Instances>,
) -> Result<Box<dyn Hosted>> {
    let Options { mut identity, max, .. } = Options::of(endpoint)?;
    check(endpoint, contract, Operation::Bind)?;
    let class = class::class(endpoint, Guid::from_u128(identity.class.as_u128()));
    identity.class = Uuid::from_u128(class.to_u128());
    let claim = inbox::claim(endpoint, &class)?;
    let library = library::of_contract(&identity, contract);
    let types = inbox::look_around(endpoint, class, library.clone())?;
    install::refresh(&identity, &library);
    let interface = Some(Guid::from_u128(identity.contract.as_u128()));
    let faces = Faces { interface, types, ..Faces::default() };
    let service = Arc::new(Service {
        endpoint: endpoint.clone(),
        members: members(contract),
        contract: contract.clone(),
        instances,
        max,
        state: Mutex::default(),
        ended: Condvar::new(),
    });
    let server = Server::start(class, service.clone(), faces);
    let server = server.map_err(|failure| trouble::error(endpoint, Operation::Bind, failure))?;
    Ok(Box::new(Hosting { service, server, claim }))
}

/// A service that is being offered.
struct Hosting {
    service: Arc<Service>,
    /// Ends before the name is given up.
    server: Server,
    #[expect(dead_code, reason = "dropped last")]
    claim: Claim,
}

impl Hosted for Hosting {
    fn endpoint(&self) -> &Endpoint {
        &self.service.endpoint
    }

    fn take_fault(&mut self) -> Option<Error> {
        self.service.state().faults.take()
    }
}

impl Drop for Hosting {
    fn drop(&mut self) {
        self.server.close();
        self.service.wait();
    }
}

/// What COM calls.
struct Service {
    endpoint: Endpoint,
    contract: Contract,
    members: Vec<Member>,
    instances: Arc<dyn Instances>,
    /// How many bytes the arguments of a call may have, and its answer.
    max: usize,
    state: Mutex<State>,
    /// A method has returned.
    ended: Condvar,
}

#[derive(Default)]
struct State {
    /// Calls that have come.
    under_way: usize,
    /// Those whose methods are being executed.
    executing: usize,
    /// The objects that take the calls of each process, those that were called last at the end.
    objects: Vec<(Peer, Arc<dyn Dispatch>)>,
    faults: Faults,
}

/// That a call is under way.
struct Turn<'a>(&'a Service);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.state().under_way -= 1;
    }
}

/// That a method is being executed.
struct Executing<'a>(&'a Service);

impl Drop for Executing<'_> {
    fn drop(&mut self) {
        self.0.state().executing -= 1;
        self.0.ended.notify_all();
    }
}

impl Object for Service {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn invoke(
        &self,
        member: i32,
        arguments: Vec<Variant>,
    ) -> std::result::Result<Variant, Exception> {
        if member == CONTRACT_ID {
            return Ok(Variant::Text(described(&self.contract)));
        }
        let _turn = self.turn()?;
        let apartment = Apartment::enter().map_err(|failure| self.broken(&failure))?;
        let arguments = self.arguments(&apartment, member, arguments);
        let answer = arguments.and_then(|(place, mut reader)| self.execute(place, &mut reader))?;
        let Some(node) = answer else { return Ok(Variant::Empty) };
        self.fits("answer", node.size())?;
        to_variant(&apartment, &node).map_err(|failure| self.broken(&failure))
    }
}

impl Service {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no method is being executed; what a caller has yet to tell is not waited for.
    fn wait(&self) {
        let state = self.state();
        let left = self.ended.wait_while(state, |state| state.executing > 0);
        drop(left.unwrap_or_else(PoisonError::into_inner));
    }

    fn broken(&self, failure: &com::Failure) -> Exception {
        trouble::exception(&self.endpoint, failure.code, failure.to_string())
    }

    fn note(&self, kind: ErrorKind, why: String) {
        self.state().faults.note(self.endpoint.error(kind, Operation::Recv, why));
    }

    /// The arguments of a call, with nothing left in them that lies elsewhere.
    fn arguments(
        &self,
        apartment: &Apartment,
        member: i32,
        arguments: Vec<Variant>,
    ) -> std::result::Result<(usize, NodeReader), Exception> {
        let Some((place, operation)) = operation(&self.contract, member) else {
            return Err(faults::unreadable(&self.endpoint, "there is no such method".into()));
        };
        let mut resolve = Resolve::new(apartment);
        let mut parts = Vec::with_capacity(arguments.len());
        for (index, (value, parameter)) in
            arguments.into_iter().zip(operation.parameters.iter()).enumerate()
        {
            if value != Variant::Missing {
                let node = resolve.value(value, (parameter.shape)());
                let node = node.map_err(|error| self.unreadable(&operation.name, &error))?;
                parts.push((index, node));
            }
        }
        self.fits("call", parts.iter().map(|(_, node)| node.size()).sum())?;
        Ok((place, NodeReader::new(parts)))
    }

    fn fits(&self, what: &str, size: usize) -> std::result::Result<(), Exception> {
        if size <= self.max {
            return Ok(());
        }
        let why = format!("the {what} has {size} bytes, more than ?max= allows");
        Err(trouble::exception(&self.endpoint, trouble::TOO_LARGE, why))
    }

    fn unreadable(&self, operation: &str, error: &data::Error) -> Exception {
        let why = format!("the arguments of {operation} cannot be read: {error}");
        self.note(ErrorKind::Malformed, why.clone());
        faults::unreadable(&self.endpoint, why)
    }

    fn turn(&self) -> std::result::Result<Turn<'_>, Exception> {
        let mut state = self.state();
        if state.under_way >= UNDER_WAY {
            let why = format!("{UNDER_WAY} calls are under way already");
            return Err(trouble::exception(&self.endpoint, trouble::BUSY, why));
        }
        state.under_way += 1;
        Ok(Turn(self))
    }

    /// Executes a method, and gives what it answers.
    fn execute(&self, place: usize, arguments: &mut NodeReader) -> Answer {
        self.state().executing += 1;
        let _executing = Executing(self);
        let operation = &self.contract.operations[place];
        let peer = post::peer();
        let object = self.object(&peer);
        let caller = Caller { peer: &peer, back: None };
        let mut respond = Responder { endpoint: &self.endpoint, answer: None };
        let work = || object.dispatch(place, &caller, arguments, &mut respond);
        // Whatever the method left behind is its own; nothing here is touched by it.
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(Ok(())) if operation.one_way => Ok(None),
            Ok(Ok(())) => {
                respond.answer.unwrap_or_else(|| Err(self.internal("the service gave no answer")))
            }
            Ok(Err(error)) => Err(self.unreadable(&operation.name, &error)),
            Err(_) => {
                self.note(ErrorKind::Fault, format!("{} panicked", operation.name));
                Err(self.internal("the service failed while it executed the call"))
            }
        }
    }

    /// What went wrong here, without telling what.
    fn internal(&self, why: &str) -> Exception {
        let fault = Fault { origin: Origin::Receiver, code: None, reason: why.into() };
        faults::exception(&self.endpoint, &fault)
    }

    /// The object that takes the calls of a peer.
    fn object(&self, peer: &Peer) -> Arc<dyn Dispatch> {
        let known = |state: &mut State| {
            let place = state.objects.iter().position(|(known, _)| known == peer)?;
            let found = state.objects.remove(place);
            state.objects.push(found.clone());
            Some(found.1)
        };
        if let Some(known) = known(&mut self.state()) {
            return known;
        }
        let begun = self.instances.begin(peer);
        let mut state = self.state();
        if let Some(known) = known(&mut state) {
            return known;
        }
        // COM does not tell when a client has gone.
        let forgotten = (state.objects.len() >= CLIENTS).then(|| state.objects.remove(0));
        state.objects.push((peer.clone(), begun.clone()));
        drop(state);
        drop(forgotten);
        begun
    }
}
