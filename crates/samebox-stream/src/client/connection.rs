use crate::pool::Pool;
use crate::{Channel, Connector, Options};
use samebox_core::{
    Backoff, Bytes, Deadline, Endpoint, Error, ErrorKind, Operation, Outgoing, Peer, Result,
};
use samebox_framing::{Decoder, Kind, encode};
use std::io::{self, IoSlice};
use std::time::{Duration, Instant};

/// One connection to the server, opened again when it was lost.
pub(super) struct Connection<C: Connector> {
    pub(super) endpoint: Endpoint,
    pub(super) options: Options,
    connector: C,
    channel: Option<C::Channel>,
    /// Counts connections, so that what belonged to an earlier one can be told.
    generation: u64,
    decoder: Decoder,
    inbound: Vec<u8>,
    /// How much of `inbound` has been decoded.
    decoded: usize,
    outbound: Vec<u8>,
    /// The largest frame that arrived whole: room for one like it is made at once.
    proven: usize,
    pool: Pool,
    last_used: Instant,
}

/// Why a write did not go through.
enum Failure {
    /// The connection is lost after this many bytes.
    Gone(usize, io::Error),
    /// There was no room in time.
    Late,
}

/// Frames up to this size are put together in one buffer, which is cheaper than a list of parts.
const TOGETHER: usize = 4 << 10;

/// Bytes of frames that one write of a batch carries.
const BATCH: usize = 128 << 10;

/// Room made for one read.
const READ: usize = 64 << 10;

/// A connection unused for this long is looked at before it is written to, where a write might not
/// notice that the server has gone.
const PAUSE: Duration = Duration::from_millis(5);

/// How often a message is sent again when connections are lost under it.
const ATTEMPTS: usize = 3;

impl<C: Connector> Connection<C> {
    /// A connection that stands, by `deadline`.
    pub(super) fn connect(
        endpoint: &Endpoint,
        options: Options,
        connector: C,
        deadline: Deadline,
    ) -> Result<Self> {
        let mut connection = Self::closed(endpoint, options, connector);
        connection.open(deadline)?;
        Ok(connection)
    }

    fn closed(endpoint: &Endpoint, options: Options, connector: C) -> Self {
        Self {
            endpoint: endpoint.clone(),
            decoder: Decoder::new(options.framing, options.max),
            options,
            connector,
            channel: None,
            generation: 0,
            inbound: Vec::new(),
            decoded: 0,
            outbound: Vec::new(),
            proven: READ,
            pool: Pool::default(),
            last_used: Instant::now(),
        }
    }

    /// Another connection to the same server, to be opened when it is used.
    pub(super) fn another(&self) -> Self {
        Self::closed(&self.endpoint, self.options.clone(), self.connector.clone())
    }

    /// Opens the connection unless it stands.
    fn open(&mut self, deadline: Deadline) -> Result<&mut C::Channel> {
        if C::Channel::WRITES_BLINDLY {
            self.look_after_a_pause();
        }
        if self.channel.is_none() {
            let mut backoff = Backoff::until(deadline);
            let channel = loop {
                match self.connector.connect(deadline) {
                    Err(error) if error.kind() == ErrorKind::NotListening && backoff.pause() => {}
                    other => break other?,
                }
            };
            self.channel = Some(channel);
            self.generation += 1;
            self.inbound.clear();
            self.decoded = 0;
            self.decoder = Decoder::new(self.options.framing, self.options.max);
        }
        self.channel.as_mut().ok_or_else(|| {
            self.endpoint.error(
                ErrorKind::Disconnected,
                Operation::Connect,
                "the connection is lost",
            )
        })
    }

    fn look_after_a_pause(&mut self) {
        let now = Instant::now();
        if now.duration_since(self.last_used) > PAUSE
            && self.channel.as_mut().is_some_and(Channel::has_ended)
        {
            self.channel = None;
        }
        self.last_used = now;
    }

    /// Counts the connections so far: what was asked on an earlier one has no answer any more.
    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn peer(&self) -> Option<&Peer> {
        self.channel.as_ref().map(Channel::peer)
    }

    pub(super) fn close(&mut self) {
        self.channel = None;
    }

    /// Hands the channel over, for what outlives this use of the connection.
    pub(super) fn take_channel(&mut self) -> Option<C::Channel> {
        self.channel.take()
    }

    /// Ends this direction of the connection, which ends a message without a length.
    pub(super) fn end_direction(&mut self) -> Result<()> {
        let Some(channel) = &mut self.channel else { return Ok(()) };
        channel.close_write().map_err(|cause| {
            let why = "a client here cannot end its message and still wait for the answer";
            self.endpoint
                .error(ErrorKind::Unsupported, Operation::Call, why)
                .with_advice("use ?framing=line or ?framing=length on both sides")
                .with_source(cause)
        })
    }

    /// Sends one frame, again over a new connection when the old one is lost under it.
    ///
    /// A server drops a frame that is not whole, so sending it again cannot double it.
    pub(super) fn send_frame(
        &mut self,
        kind: Kind,
        payload: &[u8],
        operation: Operation,
        deadline: Deadline,
    ) -> Result<()> {
        let framed = encode(self.options.framing, kind, payload, self.options.max);
        let (head, tail) = framed.map_err(|error| self.refused(operation, &error))?;
        let mut outbound = std::mem::take(&mut self.outbound);
        let mut whole = [IoSlice::new(&[]), IoSlice::new(&[]), IoSlice::new(&[])];
        let parts = if payload.len() <= TOGETHER {
            outbound.clear();
            outbound.extend_from_slice(head.as_bytes());
            outbound.extend_from_slice(payload);
            outbound.extend_from_slice(tail);
            whole[0] = IoSlice::new(&outbound);
            &whole[..1]
        } else {
            whole = [head.as_bytes(), payload, tail].map(IoSlice::new);
            &whole[..]
        };
        let outcome = self.send_whole(parts, operation, deadline);
        self.outbound = outbound;
        outcome
    }

    fn send_whole(
        &mut self,
        parts: &[IoSlice<'_>],
        operation: Operation,
        deadline: Deadline,
    ) -> Result<()> {
        for attempt in 1.. {
            self.reopen(operation, deadline)?;
            match self.write(parts, deadline) {
                Ok(()) => return Ok(()),
                Err(Failure::Gone(_, _)) if attempt < ATTEMPTS => {}
                Err(failure) => return Err(self.failed(operation, failure)),
            }
        }
        Ok(())
    }

    /// Sends messages in order, many to a write.
    pub(super) fn send_batch(&mut self, batch: &[Outgoing<'_>], deadline: Deadline) -> Result<()> {
        let mut sent = 0;
        let mut attempt = 0;
        while sent < batch.len() {
            let mut ends = Vec::new();
            let outcome = self.fill(&batch[sent..], &mut ends);
            let count = ends.len();
            if count == 0 {
                outcome.map_err(|error| error.with_completed(sent))?;
                // Too large to be put together with others.
                self.send_frame(Kind::Message, batch[sent].payload, Operation::Send, deadline)
                    .map_err(|error| error.with_completed(sent))?;
                sent += 1;
                continue;
            }
            let reopened = self.reopen(Operation::Send, deadline);
            reopened.map_err(|error| error.with_completed(sent))?;
            let outbound = std::mem::take(&mut self.outbound);
            let written = self.write(&[IoSlice::new(&outbound)], deadline);
            self.outbound = outbound;
            match written {
                Ok(()) => {
                    sent += count;
                    attempt = 0;
                }
                Err(Failure::Gone(written, _)) if attempt < ATTEMPTS => {
                    sent += ends.iter().filter(|end| **end <= written).count();
                    attempt += 1;
                }
                Err(failure) => {
                    if let Failure::Gone(written, _) = &failure {
                        sent += ends.iter().filter(|end| *end <= written).count();
                    }
                    return Err(self.failed(Operation::Send, failure).with_completed(sent));
                }
            }
        }
        Ok(())
    }

    /// Puts frames together in the outbound buffer, up to one write's worth, noting where each ends.
    fn fill(&mut self, batch: &[Outgoing<'_>], ends: &mut Vec<usize>) -> Result<()> {
        self.outbound.clear();
        for message in batch {
            if !ends.is_empty() && self.outbound.len() + message.payload.len() > BATCH {
                break;
            }
            let framed =
                encode(self.options.framing, Kind::Message, message.payload, self.options.max);
            let (head, tail) = framed.map_err(|error| self.refused(Operation::Send, &error))?;
            if message.payload.len() > BATCH {
                break;
            }
            self.outbound.extend_from_slice(head.as_bytes());
            self.outbound.extend_from_slice(message.payload);
            self.outbound.extend_from_slice(tail);
            ends.push(self.outbound.len());
        }
        Ok(())
    }

    /// Sees to it that the connection stands, waiting for a server that went away as `wait` says.
    fn reopen(&mut self, operation: Operation, deadline: Deadline) -> Result<()> {
        if self.channel.is_some() && !C::Channel::WRITES_BLINDLY {
            return Ok(());
        }
        let back_by = self.options.return_deadline().earlier(deadline);
        self.open(back_by).map(drop).map_err(|error| error.during(operation))
    }

    /// Writes all of `parts`; a connection that took only some of it is given up.
    fn write(&mut self, parts: &[IoSlice<'_>], deadline: Deadline) -> Result<(), Failure> {
        let total: usize = parts.iter().map(|part| part.len()).sum();
        let Some(channel) = &mut self.channel else {
            return Err(Failure::Gone(0, io::ErrorKind::NotConnected.into()));
        };
        // Nearly always everything fits at once.
        let written = match channel.write_now(parts) {
            Ok(written) if written == total => return Ok(()),
            Ok(written) => written,
            Err(error) if is_passing(&error) => 0,
            Err(error) => {
                self.channel = None;
                return Err(Failure::Gone(0, error));
            }
        };
        self.write_rest(parts, written, total, deadline)
    }

    fn write_rest(
        &mut self,
        parts: &[IoSlice<'_>],
        mut written: usize,
        total: usize,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        while written < total {
            let step = self.wait_for_room(deadline).and_then(|()| {
                let mut rest: Vec<_> = parts.to_vec();
                let mut rest = rest.as_mut_slice();
                IoSlice::advance_slices(&mut rest, written);
                let channel = self.channel.as_mut().ok_or(io::ErrorKind::NotConnected)?;
                channel.write_now(rest)
            });
            match step {
                Ok(more) => written += more,
                Err(error) if is_passing(&error) => {}
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    if written > 0 {
                        // Half a frame is on its way: nothing else may follow it.
                        self.channel = None;
                    }
                    return Err(Failure::Late);
                }
                Err(error) => {
                    self.channel = None;
                    return Err(Failure::Gone(written, error));
                }
            }
        }
        Ok(())
    }

    /// Waits for room to write, taking in meanwhile what the server sends: it may be unable to read
    /// because nobody reads its answers.
    fn wait_for_room(&mut self, deadline: Deadline) -> io::Result<()> {
        let channel = self.channel.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let ready = channel.wait_writable(deadline)?;
        if !ready.read {
            return Ok(());
        }
        if self.inbound.len() > self.options.max + (1 << 20) {
            return Err(io::Error::other("the server sends more than anybody asked for"));
        }
        self.inbound.reserve(READ);
        match channel.append_now(&mut self.inbound) {
            Ok(0) => Err(io::ErrorKind::BrokenPipe.into()),
            Ok(_) => Ok(()),
            Err(error) if is_passing(&error) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Throws away what the server has sent unasked, so that it cannot get stuck on it.
    pub(super) fn discard_inbound(&mut self) {
        let Some(channel) = &mut self.channel else { return };
        self.inbound.reserve(READ);
        let outcome = channel.append_now(&mut self.inbound);
        self.inbound.clear();
        self.decoded = 0;
        if matches!(outcome, Ok(0)) {
            self.channel = None;
        }
    }

    /// The next frame from the server; `None` when it ended the connection in an orderly way.
    ///
    /// # Errors
    /// `TimedOut` at the deadline; anything else has closed the connection.
    pub(super) fn read_frame(&mut self, deadline: Deadline) -> Result<Option<(Kind, Bytes)>> {
        loop {
            let needed = match self.decoder.next(&self.inbound[self.decoded..]) {
                Ok(frame) => return Ok(Some(self.take_frame(&frame))),
                Err(samebox_framing::Error::Incomplete { needed }) => needed,
                Err(error) => return Err(self.broken(&error)),
            };
            self.make_room(needed);
            let Some(channel) = &mut self.channel else {
                return Err(self.gone(io::ErrorKind::NotConnected.into()));
            };
            match channel.append(&mut self.inbound, deadline) {
                Ok(0) => return self.end_of_stream(),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    let why = "no answer came in time";
                    return Err(self.endpoint.error(ErrorKind::TimedOut, Operation::Call, why));
                }
                Err(error) => return Err(self.gone(error)),
            }
        }
    }

    /// Room for the next read, growing with what has really come.
    fn make_room(&mut self, needed: usize) {
        if self.decoded > 0 {
            self.inbound.drain(..self.decoded);
            self.decoded = 0;
        }
        let length = self.inbound.len();
        let is_announced = needed > length + 1;
        let enough = if is_announced { needed } else { usize::MAX };
        let room = (2 * length).max(self.proven).min(enough).max(length + 1);
        if self.inbound.capacity() < room.max(TOGETHER) {
            let mut roomier = self.pool.take(room.max(TOGETHER));
            roomier.extend_from_slice(&self.inbound);
            self.pool.give_back(std::mem::replace(&mut self.inbound, roomier));
        }
    }

    fn take_frame(&mut self, frame: &samebox_framing::Frame) -> (Kind, Bytes) {
        let payload = self.decoded + frame.payload.start..self.decoded + frame.payload.end;
        self.decoded += frame.consumed;
        self.proven = self.proven.max(frame.consumed);
        let is_last = self.decoded == self.inbound.len();
        if is_last && payload.len() > TOGETHER {
            self.decoded = 0;
            return (frame.kind, self.pool.lend(std::mem::take(&mut self.inbound)).slice(payload));
        }
        let bytes = Bytes::copy_from_slice(&self.inbound[payload]);
        if is_last {
            self.inbound.clear();
            self.decoded = 0;
        }
        (frame.kind, bytes)
    }

    fn end_of_stream(&mut self) -> Result<Option<(Kind, Bytes)>> {
        self.channel = None;
        match self.decoder.at_end(&self.inbound[self.decoded..]) {
            Ok(None) => Ok(None),
            Ok(Some(frame)) => Ok(Some(self.take_frame(&frame))),
            Err(error) => Err(self.broken(&error)),
        }
    }

    fn broken(&mut self, error: &samebox_framing::Error) -> Error {
        self.channel = None;
        let kind = match error {
            samebox_framing::Error::TooLarge { .. } => ErrorKind::TooLarge,
            samebox_framing::Error::Truncated => ErrorKind::Disconnected,
            _ => ErrorKind::Malformed,
        };
        self.endpoint.error(kind, Operation::Call, format!("the server's answer is wrong: {error}"))
    }

    fn gone(&mut self, cause: io::Error) -> Error {
        self.channel = None;
        let why = "the server went away before it answered";
        self.endpoint.error(ErrorKind::Disconnected, Operation::Call, why).with_source(cause)
    }

    fn failed(&self, operation: Operation, failure: Failure) -> Error {
        match failure {
            Failure::Gone(_, cause) => {
                let why = "the server went away";
                self.endpoint.error(ErrorKind::Disconnected, operation, why).with_source(cause)
            }
            Failure::Late => {
                let why = "the server does not read, and its buffer is full";
                self.endpoint.error(ErrorKind::TimedOut, operation, why)
            }
        }
    }

    fn refused(&self, operation: Operation, error: &samebox_framing::Error) -> Error {
        use samebox_framing::Error as Framing;
        let (kind, advice) = match error {
            Framing::TooLarge { .. } => (ErrorKind::TooLarge, None),
            Framing::LineBreak => (
                ErrorKind::Malformed,
                Some("use ?framing=length on both sides, or send lines one by one"),
            ),
            Framing::Empty => (ErrorKind::Malformed, Some("use ?framing=length on both sides")),
            _ => (ErrorKind::Malformed, None),
        };
        let refused = self.endpoint.error(kind, operation, error.to_string());
        match advice {
            Some(advice) => refused.with_advice(advice),
            None => refused,
        }
    }
}

/// Whether a failed call only says: not now.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
