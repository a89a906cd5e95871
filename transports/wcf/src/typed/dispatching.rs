use super::contract::Wire;
use super::memory::with_memory;
use super::remote::Back;
use super::responding::Responder;
use crate::calls::{Refusal, ReplyTo, refusal, send_fault, unknown_action};
use crate::faults;
use crate::server::{Begin, Offer, Place, offer};
use crate::session::{Arrival, Handler, Session};
use crate::settings::Options;
use samebox_core::typed::{Caller, Dispatch, Hosted, Instances, Invoke};
use samebox_core::{Endpoint, Error, Peer, Result};
use samebox_data::Contract;
use samebox_wcf_wire::datacontract::Decoder;
use samebox_wcf_wire::nbfx::Reader;
use samebox_wcf_wire::soap::{ACTION_DISPATCHER_FAULT, Fault, Incoming};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

/// Offers a service.
pub(crate) fn host(
    endpoint: &Endpoint,
    options: Options,
    place: Place,
    contract: &Contract,
    instances: Arc<dyn Instances>,
) -> Result<Box<dyn Hosted>> {
    let wire = Arc::new(Wire::new(contract));
    let callback = Wire::callback(contract).map(Arc::new);
    let reception = Box::new(Reception { wire, callback, instances });
    Ok(Box::new(Hosting(offer(endpoint, place, options, reception)?)))
}

struct Hosting(Offer);

impl Hosted for Hosting {
    fn endpoint(&self) -> &Endpoint {
        &self.0.service.endpoint
    }

    fn take_fault(&mut self) -> Option<Error> {
        self.0.service.take_fault()
    }
}

/// Makes what takes the calls of a client.
struct Reception {
    wire: Arc<Wire>,
    callback: Option<Arc<Wire>>,
    instances: Arc<dyn Instances>,
}

impl Begin for Reception {
    fn largest(&self, options: &Options) -> usize {
        options.max
    }

    fn begin(&self, peer: &Peer) -> Arc<dyn Handler> {
        let object = self.instances.begin(peer);
        Arc::new(Callee::new(self.wire.clone(), object, self.callback.clone()))
    }
}

/// Executes the calls of one session.
pub(super) struct Callee {
    wire: Arc<Wire>,
    object: Arc<dyn Dispatch>,
    /// What may be called at the other side.
    callback: Option<Arc<Wire>>,
    back: OnceLock<Arc<dyn Invoke>>,
}

/// What became of a call.
enum Outcome {
    Done,
    /// It was not executed, or not answered.
    Refused(Refusal),
    /// The method panicked.
    Panicked,
}

impl Handler for Callee {
    fn call(&self, session: &Arc<Session>, call: &mut Arrival) {
        let read = call.read(|incoming, reader| {
            let mut reply_to = ReplyTo::of(&incoming, session.side());
            let outcome = self.execute(session, &incoming, reader, &mut reply_to);
            (outcome, reply_to)
        });
        let (refusal, reply_to, panicked) = match read {
            Ok((Outcome::Done, _)) => return,
            Ok((Outcome::Refused(refusal), reply_to)) => (refusal, reply_to, false),
            Ok((Outcome::Panicked, reply_to)) => {
                (internal("the service failed while it executed the call"), reply_to, true)
            }
            // It was read once already, to know that it is a call.
            Err(error) => {
                return session.end(faults::given_up(format!("a message is broken: {error}")));
            }
        };
        if let Some(reply_to) = reply_to {
            // A client that cannot be told is found to be gone by whoever reads.
            let _ = send_fault(session, &reply_to, &refusal);
        }
        if panicked {
            let why = "a method panicked, which ended the session of its client";
            session.end(faults::given_up(why));
        }
    }
}

impl Callee {
    pub(super) fn new(
        wire: Arc<Wire>,
        object: Arc<dyn Dispatch>,
        callback: Option<Arc<Wire>>,
    ) -> Self {
        Self { wire, object, callback, back: OnceLock::new() }
    }

    /// The way back to the other side, if there is one.
    fn back(&self, session: &Arc<Session>) -> Option<&Arc<dyn Invoke>> {
        let wire = self.callback.as_ref()?;
        Some(self.back.get_or_init(|| Arc::new(Back::new(session, wire.clone()))))
    }

    /// Executes a call; takes the way to answer it when it has been answered.
    fn execute(
        &self,
        session: &Arc<Session>,
        incoming: &Incoming<'_>,
        reader: &mut Reader<'_, '_>,
        reply_to: &mut Option<ReplyTo>,
    ) -> Outcome {
        if let Some(refusal) = refusal(incoming, session) {
            return Outcome::Refused(refusal);
        }
        let place = incoming.action.as_deref().and_then(|action| self.wire.find(action));
        let found = place.and_then(|place| Some((place, self.wire.operation(place)?.0)));
        let Some((place, operation)) = found else {
            return Outcome::Refused(unknown_action(incoming));
        };
        if operation.one_way {
            // Mono's one-way messages have an id like others.
            *reply_to = None;
        }
        let Some(element) = incoming.body else {
            return Outcome::Refused(not_read("it is empty"));
        };
        let mut respond = Responder { session, wire: &self.wire, place, reply_to: reply_to.take() };
        let asks = respond.reply_to.is_some();
        let caller = Caller { peer: session.peer(), back: self.back(session) };
        let executed = with_memory(|memory| {
            let namespace = self.wire.namespace();
            let mut decoder = Decoder::arguments(reader, &element, operation, namespace, memory)?;
            // Whatever the method left behind is its own; nothing of the session is touched by it.
            let work = || self.object.dispatch(place, &caller, &mut decoder, &mut respond);
            catch_unwind(AssertUnwindSafe(work)).map_or(Ok(Err(())), |outcome| outcome.map(Ok))
        });
        *reply_to = respond.reply_to.take();
        match executed {
            Ok(Ok(())) if asks && reply_to.is_some() => {
                Outcome::Refused(internal("the service did not answer the call"))
            }
            Ok(Ok(())) => Outcome::Done,
            Ok(Err(())) => Outcome::Panicked,
            Err(error) => Outcome::Refused(not_read(&error.to_string())),
        }
    }
}

/// The answer to arguments that are not those of the operation.
fn not_read(why: &str) -> Refusal {
    let fault = Fault::deserialization_failed(format!("the arguments cannot be read: {why}"));
    Box::new((ACTION_DISPATCHER_FAULT, fault))
}

/// The answer to what went wrong here, without telling what.
fn internal(why: &'static str) -> Refusal {
    Box::new((ACTION_DISPATCHER_FAULT, Fault::internal(why)))
}
