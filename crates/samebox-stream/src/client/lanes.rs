use super::connection::Connection;
use super::unconfirmed::Unconfirmed;
use crate::{Channel, Connector};
use samebox_core::{
    Bytes, Call, CallId, Deadline, Error, ErrorKind, Operation, Outbox, Outgoing, Peer, Result,
};
use samebox_framing::{Framing, Kind};
use std::collections::HashMap;
use std::time::Duration;

/// A client whose framing cannot number its calls: each outstanding call has its own connection.
///
/// So an answer can only be that call's, and answers to one-way messages meet no call.
pub(super) struct Lanes<C: Connector> {
    /// The connection of one-way messages.
    sender: Connection<C>,
    /// Something was sent on it, so an answer to that may come.
    is_used: bool,
    idle: Vec<Connection<C>>,
    calls: HashMap<u64, Connection<C>>,
    next: u64,
    sends: u32,
    unconfirmed: Unconfirmed<C::Channel>,
    /// A message whose time ran out when its connection had begun to carry it.
    begun: Option<Vec<u8>>,
}

/// Calls that one client may have outstanding: connections at one server.
const CALLS: usize = 64;

/// One-way messages between two looks at what the server answers to them.
const SENDS_PER_DISCARD: u32 = 64;

/// How long a client that is dropped waits to see its messages read.
const FAREWELL: Duration = Duration::from_secs(2);

impl<C: Connector> Lanes<C> {
    pub(super) fn new(sender: Connection<C>) -> Self {
        Self {
            sender,
            is_used: false,
            idle: Vec::new(),
            calls: HashMap::new(),
            next: 1,
            sends: 0,
            unconfirmed: Unconfirmed::default(),
            begun: None,
        }
    }

    const fn is_eof(&self) -> bool {
        matches!(self.sender.options.framing, Framing::Eof)
    }

    /// Sends one message as one connection, to be confirmed later.
    fn send_connection(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        self.confirm(deadline, false)?;
        self.send_unconfirmed(message, deadline)
    }

    fn send_unconfirmed(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        let sent = self.sender.send_frame(Kind::Message, message, Operation::Send, deadline);
        if let Err(error) = sent {
            if error.completed() > 0 {
                self.begun = Some(message.payload.to_vec());
            }
            return Err(error);
        }
        self.end_message(message.payload.to_vec());
        Ok(())
    }

    /// Ends the connection that carries one message.
    fn end_message(&mut self, payload: Vec<u8>) {
        let Some(mut channel) = self.sender.take_channel() else { return };
        if channel.close_write().is_ok() {
            self.unconfirmed.push(channel, payload);
        }
        // Where directions do not end one by one, dropping the channel ends the message.
    }

    /// Goes on with a message that had begun to leave when its time ran out.
    fn finish_begun(&mut self, deadline: Deadline) -> Result<()> {
        if self.begun.is_some() {
            self.sender.finish(deadline)?;
        }
        if let Some(payload) = self.begun.take() {
            self.end_message(payload);
        }
        Ok(())
    }

    /// Looks after messages whose connections are still open: sends those again that the server
    /// dropped unread, and waits for the rest while there are too many, or for all.
    fn confirm(&mut self, deadline: Deadline, all: bool) -> Result<()> {
        self.finish_begun(deadline)?;
        while let Some(payload) = self.unconfirmed.next_dropped(deadline, all).map_err(|error| {
            let why = "the server has not read every message";
            self.sender.endpoint.error(ErrorKind::TimedOut, Operation::Send, why).with_source(error)
        })? {
            self.send_unconfirmed(payload.as_slice().into(), deadline)?;
        }
        Ok(())
    }

    /// A connection for one call at a time.
    ///
    /// A server of one client at a time would never come to it while an unused one stands, so that one
    /// is taken first.
    fn new_lane(&mut self) -> Connection<C> {
        let another = self.sender.another();
        if self.is_used { another } else { std::mem::replace(&mut self.sender, another) }
    }

    fn take_answer(&mut self, lane: &mut Connection<C>, deadline: Deadline) -> Result<Bytes> {
        match lane.read_frame(deadline)? {
            Some((_, payload)) => Ok(payload),
            None => Err(self.error(
                ErrorKind::Disconnected,
                "the server ended the connection before it answered",
            )),
        }
    }

    fn error(&self, kind: ErrorKind, why: impl Into<String>) -> Error {
        self.sender.endpoint.error(kind, Operation::Call, why)
    }
}

impl<C: Connector> Outbox for Lanes<C> {
    fn send(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        self.is_used = true;
        if self.is_eof() {
            return self.send_connection(message, deadline);
        }
        self.sends = self.sends.wrapping_add(1);
        if self.sends.is_multiple_of(SENDS_PER_DISCARD) {
            self.sender.discard_inbound();
        }
        self.sender.listens = true;
        self.sender.send_frame(Kind::Message, message, Operation::Send, deadline)
    }

    fn send_many(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        if self.is_eof() {
            for (sent, message) in batch.iter().enumerate() {
                self.send(*message, deadline).map_err(|error| error.with_completed(sent))?;
            }
            return Ok(());
        }
        self.is_used = true;
        self.sender.discard_inbound();
        self.sender.listens = true;
        self.sender.send_batch(batch, deadline)
    }

    fn flush(&mut self, deadline: Deadline) -> Result<()> {
        self.confirm(deadline, true)?;
        self.sender.flush(deadline)
    }

    fn peer(&self) -> Option<&Peer> {
        self.sender.peer().or_else(|| self.idle.iter().find_map(Connection::peer))
    }

    fn as_call(&mut self) -> Option<&mut dyn Call> {
        Some(self)
    }
}

impl<C: Connector> Call for Lanes<C> {
    fn request(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<CallId> {
        if self.calls.len() >= CALLS {
            let why = format!("{CALLS} calls are outstanding, each with a connection to itself");
            let advice = "take some answers first, or use ?framing=length on both sides";
            return Err(self.error(ErrorKind::Full, why).with_advice(advice));
        }
        let mut lane = self.idle.pop().unwrap_or_else(|| self.new_lane());
        lane.send_frame(Kind::Message, message, Operation::Call, deadline)?;
        if self.is_eof() {
            lane.end_direction()?;
        }
        let number = self.next;
        self.next += 1;
        self.calls.insert(number, lane);
        Ok(CallId(number))
    }

    fn response(&mut self, call: CallId, deadline: Deadline) -> Result<Bytes> {
        let Some(mut lane) = self.calls.remove(&call.0) else {
            let why = "this call has been answered or given up already";
            return Err(self.error(ErrorKind::Unsupported, why));
        };
        let answer = self.take_answer(&mut lane, deadline)?;
        if !self.is_eof() {
            self.idle.push(lane);
        }
        Ok(answer)
    }
}

impl<C: Connector> Drop for Lanes<C> {
    fn drop(&mut self) {
        if !self.unconfirmed.is_empty() || self.begun.is_some() {
            // What `send` accepted is not given up lightly; `flush` tells how it went.
            let _ = self.confirm(Deadline::after(FAREWELL), true);
        }
    }
}
