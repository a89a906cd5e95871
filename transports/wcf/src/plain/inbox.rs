use super::answer::PlainAnswer;
use super::{Names, payload};
use crate::calls::{self, Refusal, ReplyTo, refusal, unknown_action};
use crate::faults;
use crate::server::{Begin, Offer, Place, offer};
use crate::session::{Arrival, Handler, Session};
use crate::settings::{Options, largest_envelope};
use samebox_core::{
    Bytes, Counters, Deadline, Endpoint, Error, Inbox, Mailbox, Message, Peer, Refused, Result,
    Stopper,
};
use samebox_wcf_wire::nbfx::Reader;
use samebox_wcf_wire::soap::{ACTION_DISPATCHER_FAULT, Fault, Incoming};
use std::collections::VecDeque;
use std::sync::Arc;

/// The receiving half: a service whose calls are messages.
pub struct WcfInbox {
    mailbox: Arc<Mailbox>,
    offer: Offer,
    /// Dropped after the sessions, whose callers then see them end and are not told a fault.
    unread: VecDeque<Message>,
}

impl WcfInbox {
    pub(crate) fn bind(endpoint: &Endpoint, options: Options, place: Place) -> Result<Self> {
        let mailbox = Mailbox::new(options.capacity);
        let names = Arc::new(Names::new(&options.plain));
        let desk = Desk { mailbox: mailbox.clone(), names, max: options.max };
        let offer = offer(endpoint, place, options, Box::new(desk))?;
        Ok(Self { mailbox, offer, unread: VecDeque::new() })
    }
}

impl Inbox for WcfInbox {
    fn recv(&mut self, deadline: Deadline) -> Result<Message> {
        self.mailbox.recv(self.endpoint(), deadline)
    }

    fn stopper(&self) -> Stopper {
        self.mailbox.stopper()
    }

    fn endpoint(&self) -> &Endpoint {
        &self.offer.service.endpoint
    }

    fn counters(&self) -> Counters {
        let mut counters = self.offer.service.counters();
        counters.received = self.mailbox.counters().received;
        counters
    }

    fn take_fault(&mut self) -> Option<Error> {
        self.offer.service.take_fault()
    }
}

impl Drop for WcfInbox {
    fn drop(&mut self) {
        // The threads of the clients may be waiting to put messages in.
        self.unread = self.mailbox.close();
    }
}

/// Makes what takes the messages of one client.
struct Desk {
    mailbox: Arc<Mailbox>,
    names: Arc<Names>,
    max: usize,
}

impl Begin for Desk {
    fn largest(&self, options: &Options) -> usize {
        largest_envelope(options.max)
    }

    fn begin(&self, peer: &Peer) -> Arc<dyn Handler> {
        let (mailbox, names) = (self.mailbox.clone(), self.names.clone());
        Arc::new(Clerk { mailbox, names, max: self.max, peer: Arc::new(peer.clone()) })
    }
}

/// Takes the messages of one client.
struct Clerk {
    mailbox: Arc<Mailbox>,
    names: Arc<Names>,
    max: usize,
    peer: Arc<Peer>,
}

/// A message that was read.
struct Taken {
    payload: Bytes,
    is_call: bool,
}

impl Handler for Clerk {
    fn call(&self, session: &Arc<Session>, call: &mut Arrival) {
        let read = call.read(|incoming, reader| {
            let reply_to = ReplyTo::of(&incoming, session.side());
            (self.take(session, &incoming, reader), reply_to)
        });
        match read {
            Ok((Ok(taken), reply_to)) => self.deliver(session, taken, reply_to),
            Ok((Err(refusal), Some(reply_to))) => {
                // A client that cannot be told is found to be gone by whoever reads.
                let _ = calls::send_fault(session, &reply_to, &refusal);
            }
            Ok((Err(refusal), None)) => {
                let why = format!("a message was refused: {}", refusal.1.reason);
                session.end(faults::given_up(why));
            }
            Err(error) => session.end(faults::given_up(format!("a message is broken: {error}"))),
        }
    }
}

impl Clerk {
    fn take(
        &self,
        session: &Session,
        incoming: &Incoming<'_>,
        reader: &mut Reader<'_, '_>,
    ) -> Result<Taken, Refusal> {
        if let Some(refusal) = refusal(incoming, session) {
            return Err(refusal);
        }
        let action = incoming.action.as_deref().unwrap_or("");
        let is_call = action == self.names.call.action;
        if !is_call && action != self.names.send.action {
            return Err(unknown_action(incoming));
        }
        let payload = match incoming.body {
            Some(_) => payload::read(reader, &self.names.parameter),
            None => Ok(Bytes::new()),
        };
        let failed = |why: String| {
            let fault = Fault::deserialization_failed(why);
            Box::new((ACTION_DISPATCHER_FAULT, fault))
        };
        let payload = payload.map_err(|error| failed(error.to_string()))?;
        if payload.len() > self.max {
            let why = format!("it has {} bytes and at most {} go", payload.len(), self.max);
            return Err(failed(why));
        }
        Ok(Taken { payload, is_call })
    }

    fn deliver(&self, session: &Arc<Session>, taken: Taken, reply_to: Option<ReplyTo>) {
        let mut message = Message::new(taken.payload, self.peer.clone());
        // Mono's one-way messages have an id like questions.
        if taken.is_call && reply_to.is_some() {
            message = message.with_answer(Box::new(PlainAnswer {
                session: session.clone(),
                reply_to,
                names: self.names.clone(),
                is_call: taken.is_call,
                max: self.max,
            }));
        }
        let put = self.mailbox.put(message, Deadline::NEVER);
        if let Err(Refused::Closed(unread) | Refused::Full(unread)) = put {
            session.end(faults::ended_here());
            // Its caller sees the session end, and is not told a fault.
            drop(unread);
        }
    }
}
