use super::contract::Wire;
use super::executing::{Answer, execute};
use super::session::Session;
use super::sessions::Sessions;
use crate::dbus::names::Names;
use crate::dbus::server::{Emitter, Export, IncomingCall, Interface, Server};
use crate::dbus::settings::Options;
use crate::dbus::value::Body;
use samebox_core::typed::{Caller, Hosted, Instances};
use samebox_core::{Endpoint, Error, Faults, Operation, Result};
use samebox_data::Contract;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zbus::Message;

/// Offers the service of a contract as an object.
///
/// # Errors
/// As [`Server::start`]; `Unsupported` for a contract that D-Bus cannot carry.
pub(crate) fn host(
    endpoint: &Endpoint,
    contract: &Contract,
    instances: Arc<dyn Instances>,
) -> Result<Box<dyn Hosted>> {
    let options = Options::read(endpoint)?;
    let names = Names::of(endpoint)?;
    let wire = Wire::new(endpoint, &names, contract, Operation::Bind)?;
    let callback = Wire::callback(endpoint, &names, contract, Operation::Bind)?.map(Arc::new);
    let interfaces = vec![wire.describe()];
    let service = Arc::new(Service {
        endpoint: endpoint.clone(),
        wire,
        callback,
        instances: Mutex::new(Some(instances)),
        max: options.max,
        emitter: Mutex::new(None),
        faults: Mutex::default(),
    });
    let execute = {
        let service = service.clone();
        move |session: &Arc<Session>, message: Message, call: Option<IncomingCall>| {
            service.execute(session, &message, call);
        }
    };
    let sessions = Arc::new(Sessions::new(options.capacity, execute));
    let export = Arc::new(Exported { interfaces, service, sessions });
    let server = Server::start(endpoint, &options, export.clone())?;
    *lock(&export.service.emitter) = Some(server.emitter());
    Ok(Box::new(Hosting { export, server }))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A service that is being offered.
struct Hosting {
    export: Arc<Exported>,
    server: Server,
}

impl Hosted for Hosting {
    fn endpoint(&self) -> &Endpoint {
        self.server.endpoint()
    }

    fn take_fault(&mut self) -> Option<Error> {
        self.server.take_fault().or_else(|| lock(&self.export.service.faults).take())
    }
}

impl Drop for Hosting {
    fn drop(&mut self) {
        self.export.sessions.close();
        // It holds the server, which holds the service.
        lock(&self.export.service.emitter).take();
        lock(&self.export.service.instances).take();
    }
}

/// The service as the server knows it.
struct Exported {
    interfaces: Vec<Interface>,
    service: Arc<Service>,
    sessions: Arc<Sessions>,
}

impl Export for Exported {
    fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    fn call(&self, call: IncomingCall) {
        let found = self.service.wire.contract.operation(&call.member());
        let is_one_way = found.is_some_and(|(_, operation)| operation.one_way);
        self.sessions.add(call, is_one_way);
    }

    fn gone(&self, caller: &str) {
        self.sessions.gone(caller);
    }
}

/// What executes calls.
struct Service {
    endpoint: Endpoint,
    wire: Wire,
    /// What may be called at clients.
    callback: Option<Arc<Wire>>,
    /// Until the service ends, as threads that have nothing to do any more end a little later.
    instances: Mutex<Option<Arc<dyn Instances>>>,
    max: usize,
    /// Until the service ends.
    emitter: Mutex<Option<Emitter>>,
    faults: Mutex<Faults>,
}

impl Service {
    /// Executes a call and answers it, if an answer is expected.
    fn execute(&self, session: &Arc<Session>, message: &Message, call: Option<IncomingCall>) {
        let member = message.header().member().map(ToString::to_string).unwrap_or_default();
        let Some((place, _)) = self.wire.contract.operation(&member) else { return };
        let Some(instances) = lock(&self.instances).clone() else { return };
        let emitter = lock(&self.emitter).clone();
        let back = self.callback.as_ref().zip(emitter.as_ref());
        let back =
            back.map(|(wire, emitter)| session.back(&self.endpoint, wire, emitter, self.max));
        let caller = Caller { peer: &session.client.peer, back };
        let object = || session.object(&*instances);
        let executed = execute(&self.wire, place, message, &caller, object, self.max);
        if let Some((kind, why)) = executed.note {
            lock(&self.faults).note(self.endpoint.error(kind, Operation::Recv, why));
        }
        let Some(call) = call else { return };
        // A caller that is gone, or does not read, is found by whoever reads.
        let _ = match executed.answer {
            Answer::Result(types, values) => call.reply(&Body { types, values: &values }),
            Answer::Fault(name, types, values) => {
                call.error_with(&name, &Body { types, values: &values })
            }
            Answer::Refusal(name, why) => call.error(name, &why),
        };
    }
}
