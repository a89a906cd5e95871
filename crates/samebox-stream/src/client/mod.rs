//! The sending half: connections that heal, messages coalesced, calls several at once.

mod connection;
mod lanes;
mod numbered;
mod sending;
mod unconfirmed;

use crate::{Connector, Options};
use lanes::Lanes;
use numbered::Numbered;
use samebox_core::{Call, Deadline, Endpoint, Outbox, Outgoing, Peer, Result};

/// The outbox of a byte-stream transport.
///
/// With a framing that numbers its calls one connection carries everything. With the others each
/// outstanding call has a connection to itself, so that answers cannot be mixed up.
pub struct StreamClient<C: Connector>(Kind<C>);

enum Kind<C: Connector> {
    Numbered(Numbered<C>),
    Lanes(Lanes<C>),
}

impl<C: Connector> StreamClient<C> {
    /// A client that is connected, by `deadline` or, with `framing=eof`, a moment later.
    ///
    /// # Errors
    /// `NotListening` when no server is there by then, and what the connector says.
    pub fn connect(
        endpoint: &Endpoint,
        options: Options,
        connector: C,
        deadline: Deadline,
    ) -> Result<Self> {
        let numbered = options.framing.has_kinds();
        let deadline = options.first_deadline(deadline);
        let connection = connection::Connection::connect(endpoint, options, connector, deadline)?;
        Ok(Self(if numbered {
            Kind::Numbered(Numbered::new(connection))
        } else {
            Kind::Lanes(Lanes::new(connection))
        }))
    }
}

impl<C: Connector> StreamClient<C> {
    fn outbox(&mut self) -> &mut dyn Outbox {
        match &mut self.0 {
            Kind::Numbered(numbered) => numbered,
            Kind::Lanes(lanes) => lanes,
        }
    }
}

impl<C: Connector> Outbox for StreamClient<C> {
    #[inline]
    fn send(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        match &mut self.0 {
            Kind::Numbered(numbered) => numbered.send(message, deadline),
            Kind::Lanes(lanes) => lanes.send(message, deadline),
        }
    }

    fn send_many(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        self.outbox().send_many(batch, deadline)
    }

    fn flush(&mut self, deadline: Deadline) -> Result<()> {
        self.outbox().flush(deadline)
    }

    fn peer(&self) -> Option<&Peer> {
        match &self.0 {
            Kind::Numbered(numbered) => numbered.peer(),
            Kind::Lanes(lanes) => lanes.peer(),
        }
    }

    fn as_call(&mut self) -> Option<&mut dyn Call> {
        self.outbox().as_call()
    }
}
