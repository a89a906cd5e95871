//! The sending half: one connection, made anew when its server is gone.

mod calls;
mod connection;
mod waiting;

use crate::options::Options;
use crate::ring::memory::Shared;
use crate::ring::{Kind, Producer, Refused};
use calls::{Calls, Outcome};
use connection::Connection;
use samebox_core::{
    Backoff, Bytes, Call, CallId, Deadline, Endpoint, Error, ErrorKind, Lend, Operation, Outbox,
    Outgoing, Overflow, Peer, Result,
};
use samebox_stream::{Connector, NamedConnector};
use std::io;

/// The outbox of `shm:`.
pub struct ShmOutbox {
    endpoint: Endpoint,
    options: Options,
    connector: NamedConnector,
    connection: Option<Connection>,
    calls: Calls,
    /// Bytes of records that servers have left unread, as far as they were not told.
    unread: u64,
}

/// Why a record did not go out.
enum Failure {
    /// There is no room, and it is not to be waited for.
    Full,
    /// There was no room in time.
    Late,
    /// The server is gone, or lies.
    Gone,
}

/// Bytes of a batch that are published together: the server reads them while the next are written.
const TOGETHER: usize = 16 << 10;

/// How often a message is sent again when connections are lost under it.
const ATTEMPTS: usize = 3;

impl ShmOutbox {
    pub(crate) fn connect(
        endpoint: &Endpoint,
        options: Options,
        connector: NamedConnector,
        deadline: Deadline,
    ) -> Result<Self> {
        let endpoint = endpoint.clone();
        let calls = Calls::default();
        let mut client = Self { endpoint, options, connector, connection: None, calls, unread: 0 };
        client.open(deadline)?;
        Ok(client)
    }

    fn open(&mut self, deadline: Deadline) -> Result<()> {
        let mut backoff = Backoff::until(deadline);
        let line = loop {
            match self.connector.connect(deadline) {
                Err(error) if error.kind() == ErrorKind::NotListening && backoff.pause() => {}
                other => break other?,
            }
        };
        let connection = Connection::new(line, &self.options).map_err(|cause| {
            let why = "the system gives no shared memory, or the server went away at once";
            self.error(kind_of(&cause), Operation::Connect, why).with_source(cause)
        })?;
        self.connection = Some(connection);
        Ok(())
    }

    /// The connection, looked after, and made anew when its server is gone.
    #[inline]
    fn ready(&mut self, operation: Operation, deadline: Deadline) -> Result<()> {
        if self.connection.as_mut().is_some_and(Connection::is_alive) {
            return Ok(());
        }
        self.reopen(operation, deadline)
    }

    #[cold]
    fn reopen(&mut self, operation: Operation, deadline: Deadline) -> Result<()> {
        self.close();
        let patience = match self.options.wait.is_zero() {
            true => Deadline::now(),
            false => Deadline::after(self.options.wait).earlier(deadline),
        };
        self.open(patience).map_err(|error| match error.kind() {
            ErrorKind::NotListening => {
                let why = "the server went away and is not back";
                self.error(ErrorKind::NotListening, operation, why)
            }
            _ => error,
        })
    }

    /// Gives a connection up; what was asked through it has no answer any more.
    fn close(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        // Answers that came before the end count.
        let _ = connection.take_in(&mut self.calls);
        self.unread += connection.unread();
        self.calls.abandon();
    }

    fn error(&self, kind: ErrorKind, operation: Operation, why: impl Into<String>) -> Error {
        self.endpoint.error(kind, operation, why)
    }

    #[inline]
    fn check(&mut self, length: usize, operation: Operation) -> Result<()> {
        let theirs = self.connection.as_ref().map_or(usize::MAX, Connection::max);
        let max = self.options.max.min(theirs);
        if length <= max {
            return Ok(());
        }
        let why = format!("the message has {length} bytes, {max} are allowed");
        Err(self.error(ErrorKind::TooLarge, operation, why))
    }

    /// Sends one record, again over a new connection when the old one is lost under it.
    #[inline]
    fn push(
        &mut self,
        kind: Kind,
        message: Outgoing<'_>,
        operation: Operation,
        deadline: Deadline,
    ) -> Result<()> {
        message.check_properties(&self.endpoint, operation, &[])?;
        let payload = message.payload;
        let push = |producer: &mut Producer<Shared>| producer.push(kind, payload);
        self.place(payload.len(), push, operation, deadline)?;
        self.publish();
        Ok(())
    }

    /// Has something of `length` bytes placed in the ring, over a new connection when one is lost.
    #[inline]
    fn place(
        &mut self,
        length: usize,
        put: impl Fn(&mut Producer<Shared>) -> Result<(), Refused>,
        operation: Operation,
        deadline: Deadline,
    ) -> Result<()> {
        for _ in 0..ATTEMPTS {
            self.ready(operation, deadline)?;
            self.check(length, operation)?;
            match self.place_once(&put, operation, deadline) {
                Ok(()) => return Ok(()),
                Err(Failure::Gone) => self.close(),
                Err(failure) => return Err(self.failed(&failure, operation)),
            }
        }
        Err(self.failed(&Failure::Gone, operation))
    }

    /// As [`Self::place`], over this connection; waits for room as the overflow policy says.
    #[inline]
    fn place_once(
        &mut self,
        put: impl Fn(&mut Producer<Shared>) -> Result<(), Refused>,
        operation: Operation,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        loop {
            let Some(connection) = &mut self.connection else { return Err(Failure::Gone) };
            match put(&mut connection.producer) {
                Ok(()) => return Ok(()),
                Err(Refused::Broken) => return Err(Failure::Gone),
                Err(Refused::Full(room)) => self.make_room(room, operation, deadline)?,
            }
        }
    }

    /// Waits until the server has read up to there, where the overflow policy says so.
    #[cold]
    fn make_room(
        &mut self,
        room: u64,
        operation: Operation,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        self.publish();
        let Some(connection) = &mut self.connection else { return Err(Failure::Gone) };
        // A question is never dropped, or its answer would be waited for.
        let may_wait = operation != Operation::Send || self.options.overflow == Overflow::Block;
        if !may_wait {
            return Err(Failure::Full);
        }
        match connection.wait_for_room(room, &mut self.calls, deadline) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(Failure::Late),
            Err(_) => Err(Failure::Gone),
        }
    }

    #[inline]
    fn publish(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.publish();
        }
    }

    fn failed(&self, failure: &Failure, operation: Operation) -> Error {
        let (kind, why) = match failure {
            Failure::Full => {
                (ErrorKind::Full, "the messages that wait for the server fill its capacity")
            }
            Failure::Late => (ErrorKind::TimedOut, "the server made no room in time"),
            Failure::Gone => (ErrorKind::Disconnected, "the server went away"),
        };
        self.error(kind, operation, why)
    }

    /// Counts a message that the overflow policy lets drop; gives the error where it does not.
    fn drop_new(&mut self, error: Error) -> Result<()> {
        let may_drop = self.options.overflow == Overflow::DropNew;
        match &mut self.connection {
            Some(connection) if may_drop && error.kind() == ErrorKind::Full => {
                connection.count_dropped();
                Ok(())
            }
            _ => Err(error),
        }
    }

    fn wait_for(&mut self, number: u64, deadline: Deadline) -> Result<Bytes> {
        loop {
            match self.calls.take(number) {
                Outcome::Answer(answer) => return Ok(answer),
                Outcome::Fault(words) => {
                    return Err(self.error(ErrorKind::Fault, Operation::Call, words));
                }
                Outcome::Unknown => {
                    let why = "this call has been answered or given up already";
                    return Err(self.error(ErrorKind::Unsupported, Operation::Call, why));
                }
                Outcome::Lost => {
                    let why = "the server went away before it answered";
                    return Err(self.error(ErrorKind::Disconnected, Operation::Call, why));
                }
                Outcome::Pending => {}
            }
            let Some(connection) = &mut self.connection else {
                self.calls.abandon();
                continue;
            };
            match connection.wait_for_answer(&mut self.calls, deadline) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    let why = "no answer came in time";
                    return Err(self.error(ErrorKind::TimedOut, Operation::Call, why));
                }
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    self.close();
                    let why = format!("the server broke the rules: {error}");
                    return Err(self.error(ErrorKind::Malformed, Operation::Call, why));
                }
                Err(_) => self.close(),
            }
        }
    }
}

fn kind_of(cause: &io::Error) -> ErrorKind {
    match cause.kind() {
        io::ErrorKind::Unsupported => ErrorKind::Unsupported,
        io::ErrorKind::PermissionDenied => ErrorKind::Denied,
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => ErrorKind::NotListening,
        _ => ErrorKind::Io,
    }
}

impl Outbox for ShmOutbox {
    #[inline]
    fn send(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<()> {
        self.push(Kind::Message, message, Operation::Send, deadline)
            .or_else(|error| self.drop_new(error))
    }

    /// Publishes many records at once.
    fn send_many(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        let mut unpublished = 0;
        for (sent, message) in batch.iter().enumerate() {
            let quick = self.push_quickly(*message, sent == 0, deadline);
            unpublished += message.payload.len();
            if !quick || unpublished >= TOGETHER {
                self.publish();
                unpublished = 0;
            }
            if !quick {
                self.send(*message, deadline).map_err(|error| error.with_completed(sent))?;
            }
        }
        self.publish();
        Ok(())
    }

    fn flush(&mut self, _: Deadline) -> Result<()> {
        if !self.connection.as_mut().is_some_and(|connection| connection.is_alive_now()) {
            self.close();
        }
        match std::mem::take(&mut self.unread) {
            0 => Ok(()),
            unread => {
                let why = format!("the server went away with {unread} bytes of messages unread");
                Err(self.error(ErrorKind::Disconnected, Operation::Send, why))
            }
        }
    }

    fn peer(&self) -> Option<&Peer> {
        self.connection.as_ref().map(Connection::peer)
    }

    fn as_call(&mut self) -> Option<&mut dyn Call> {
        Some(self)
    }

    fn as_lend(&mut self) -> Option<&mut dyn Lend> {
        Some(self)
    }
}

impl ShmOutbox {
    /// Writes a record when nothing is in the way; what is looked after once for a batch is not again.
    #[inline]
    fn push_quickly(&mut self, message: Outgoing<'_>, first: bool, deadline: Deadline) -> bool {
        if first && self.ready(Operation::Send, deadline).is_err() {
            return false;
        }
        if message.properties.is_some()
            || self.check(message.payload.len(), Operation::Send).is_err()
        {
            return false;
        }
        let Some(connection) = &mut self.connection else { return false };
        connection.producer.push(Kind::Message, message.payload).is_ok()
    }
}

impl Call for ShmOutbox {
    fn request(&mut self, message: Outgoing<'_>, deadline: Deadline) -> Result<CallId> {
        let number = self.calls.next().ok_or_else(|| self.too_many_calls())?;
        self.push(Kind::Call(number), message, Operation::Call, deadline)?;
        self.calls.asked(number);
        Ok(CallId(number))
    }

    fn response(&mut self, call: CallId, deadline: Deadline) -> Result<Bytes> {
        let outcome = self.wait_for(call.0, deadline);
        self.calls.forget(call.0);
        outcome
    }
}

impl ShmOutbox {
    fn too_many_calls(&self) -> Error {
        let why = format!("{} calls are outstanding", calls::MOST);
        self.error(ErrorKind::Full, Operation::Call, why).with_advice("take some answers first")
    }
}

impl Lend for ShmOutbox {
    fn lend(&mut self, length: usize, deadline: Deadline) -> Result<()> {
        self.place(length, |producer| producer.lend(length), Operation::Send, deadline)
    }

    fn lent(&self) -> &[u8] {
        self.connection.as_ref().map_or(&[], |connection| connection.producer.lent())
    }

    fn lent_mut(&mut self) -> &mut [u8] {
        self.connection.as_mut().map_or(&mut [], |connection| connection.producer.lent_mut())
    }

    fn send_lent(&mut self) -> Result<()> {
        self.commit(Kind::Message, Operation::Send)
    }

    fn request_lent(&mut self) -> Result<CallId> {
        let number = self.calls.next().ok_or_else(|| self.too_many_calls())?;
        self.commit(Kind::Call(number), Operation::Call)?;
        self.calls.asked(number);
        Ok(CallId(number))
    }

    fn take_back(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.producer.take_back();
        }
    }
}

impl ShmOutbox {
    /// Sends what was written to lent memory; that is lost with a server that went away since.
    fn commit(&mut self, kind: Kind, operation: Operation) -> Result<()> {
        if let Some(connection) = &mut self.connection
            && connection.is_alive()
        {
            if !connection.producer.commit(kind) {
                let why = "no memory is lent that could be sent";
                return Err(self.error(ErrorKind::Unsupported, operation, why));
            }
            connection.publish();
            return Ok(());
        }
        self.close();
        Err(self.failed(&Failure::Gone, operation))
    }
}
