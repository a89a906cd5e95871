use crate::pool::Pool;
use crate::{Channel, Connector, Options};
use samebox_core::{Backoff, Bytes, Deadline, Endpoint, Error, ErrorKind, Operation, Peer, Result};
use samebox_framing::{Decoder, Kind};
use std::io;
use std::time::{Duration, Instant};

/// One connection to the server, opened again when it was lost.
pub(super) struct Connection<C: Connector> {
    pub(super) endpoint: Endpoint,
    pub(super) options: Options,
    connector: C,
    pub(super) channel: Option<C::Channel>,
    /// Counts connections, so that what belonged to an earlier one can be told.
    generation: u64,
    decoder: Decoder,
    pub(super) inbound: Vec<u8>,
    /// How much of `inbound` has been decoded.
    decoded: usize,
    pub(super) outbound: Vec<u8>,
    /// Whether the server may send something, so that a write that waits must take it in: a server
    /// that cannot get rid of its answers may stop reading.
    pub(super) listens: bool,
    /// The rest of a message whose time ran out when it had begun to leave.
    pub(super) unfinished: Vec<u8>,
    /// The largest frame that arrived whole: room for one like it is made at once.
    proven: usize,
    pool: Pool,
    last_used: Instant,
}

/// Room for a read at least, and the size above which an answer is handed over and not copied.
const LEAST: usize = 4 << 10;

/// Room made for one read.
pub(super) const READ: usize = 64 << 10;

/// A connection unused for this long is looked at before it is written to, where a write might not
/// notice that the server has gone.
const PAUSE: Duration = Duration::from_micros(50);

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
            listens: false,
            unfinished: Vec::new(),
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
    pub(super) fn open(&mut self, deadline: Deadline) -> Result<&mut C::Channel> {
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
            self.unfinished.clear();
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

    /// Looks whether the server has gone when a write might not notice.
    pub(super) fn look_after_a_pause(&mut self) {
        let now = Instant::now();
        if now.duration_since(self.last_used) > PAUSE {
            self.has_ended();
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

    /// Whether the server has gone; then the connection is closed.
    pub(super) fn has_ended(&mut self) -> bool {
        let ended = self.channel.as_mut().is_some_and(Channel::has_ended);
        if ended {
            self.channel = None;
        }
        ended
    }

    /// Waits until nothing of this client is on its way any more, as far as the mechanism tells.
    ///
    /// # Errors
    /// `TimedOut`; `Disconnected` when the server went away and what was sent last may be lost.
    pub(super) fn flush(&mut self, deadline: Deadline) -> Result<()> {
        self.finish(deadline)?;
        if !C::Channel::WRITES_BLINDLY || !self.channel.as_mut().is_some_and(Channel::has_failed) {
            return Ok(());
        }
        self.channel = None;
        let why = "the server went away, and what was sent last may be lost";
        Err(self.endpoint.error(ErrorKind::Disconnected, Operation::Send, why))
    }

    /// Throws away what the server has sent unasked, so that it cannot get stuck on it.
    pub(super) fn discard_inbound(&mut self) {
        let Some(channel) = &mut self.channel else { return };
        self.inbound.reserve(READ);
        let outcome = channel.append_now(&mut self.inbound);
        self.inbound.clear();
        self.decoded = 0;
        // Where a write notices that the server has gone, this end proves nothing: a server that
        // never answers may end its own direction first of all.
        if C::Channel::WRITES_BLINDLY && matches!(outcome, Ok(0)) {
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
        if self.inbound.capacity() < room.max(LEAST) {
            let mut roomier = self.pool.take(room.max(LEAST));
            roomier.extend_from_slice(&self.inbound);
            self.pool.give_back(std::mem::replace(&mut self.inbound, roomier));
        }
    }

    fn take_frame(&mut self, frame: &samebox_framing::Frame) -> (Kind, Bytes) {
        let payload = self.decoded + frame.payload.start..self.decoded + frame.payload.end;
        self.decoded += frame.consumed;
        self.proven = self.proven.max(frame.consumed);
        let is_last = self.decoded == self.inbound.len();
        if is_last && payload.len() > LEAST {
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
}
