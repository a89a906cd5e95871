use super::budget::Budget;
use super::chunk::{Chunk, Found};
use super::link::Link;
use crate::pool::Pool;
use crate::{Options, Stream};
use samebox_core::{Bytes, ErrorKind, Peer};
use samebox_framing::{Decoder, Error, Frame, Kind};
use std::io;
use std::sync::Arc;
use std::time::Instant;

/// One client of a server: what has come of its next message, and the way back to it.
pub(super) struct Connection<S: Stream> {
    pub(super) link: Arc<Link<S>>,
    pub(super) peer: Arc<Peer>,
    decoder: Decoder,
    /// The beginning of a message that is not whole.
    partial: Vec<u8>,
    /// How many bytes the message in `partial` needs before it is worth looking again.
    needed: usize,
    /// Bytes taken from the budget for `partial`.
    reserved: usize,
    /// The largest message that arrived whole: room for one like it is made at once.
    proven: usize,
    /// Its last message was a large one, so the next is expected to be.
    large: bool,
    /// When the message in `partial` began.
    pub(super) started: Option<Instant>,
    /// It stands in the queue of clients to read from.
    pub(super) queued: bool,
    /// It waits for room in the budget.
    pub(super) parked: bool,
    /// Its end has been announced, so it is read until the end shows.
    pub(super) ending: bool,
    /// It has ended its direction.
    pub(super) left: bool,
}

/// What came of one read.
pub(super) enum Read {
    /// Bytes or the end; a chunk when they are worth a look.
    Bytes {
        chunk: Option<Chunk>,
        /// Nothing more is there, and news will tell when there is.
        drained: bool,
    },
    /// Nothing is there.
    Nothing,
    /// The connection failed.
    Failed(io::Error),
}

/// Messages up to this size are read through the buffer that all clients share.
const SHARED: usize = 64 << 10;

impl<S: Stream> Connection<S> {
    pub(super) fn new(link: Arc<Link<S>>, peer: Arc<Peer>, options: &Options) -> Self {
        Self {
            link,
            peer,
            decoder: Decoder::new(options.framing, options.max),
            partial: Vec::new(),
            needed: 0,
            reserved: 0,
            proven: SHARED,
            large: false,
            started: None,
            queued: false,
            parked: false,
            ending: false,
            left: false,
        }
    }

    /// Whether the next read goes through the shared buffer.
    const fn reads_shared(&self) -> bool {
        !self.large && self.partial.len() < SHARED && self.needed <= SHARED
    }

    /// Makes room to go on with a large message; `false` when the budget has none.
    ///
    /// Room grows with what has really come, never with what a client only announced, up to the
    /// size that this client has proven to send.
    pub(super) fn reserve(&mut self, budget: &mut Budget, pool: &Pool, max: usize) -> bool {
        let length = self.partial.len();
        if self.reads_shared() || length < self.partial.capacity() {
            return true;
        }
        let is_announced = self.needed > length + 1;
        // Beyond `max` a few bytes show that an unannounced message is too large.
        let enough = if is_announced { self.needed } else { max + 64 };
        let expected = if length == 0 { self.proven } else { self.proven.min(self.needed) };
        let grown = (2 * length).max(SHARED).max(expected);
        let room = grown.min(enough).max(length + 1);
        if !budget.take(room.saturating_sub(self.reserved)) {
            return false;
        }
        self.reserved = self.reserved.max(room);
        let mut roomier = pool.take(room);
        roomier.extend_from_slice(&self.partial);
        pool.give_back(std::mem::replace(&mut self.partial, roomier));
        true
    }

    /// Reads once.
    pub(super) fn read(&mut self, token: usize, scratch: &mut Vec<u8>, pool: &Pool) -> Read {
        let shared = self.reads_shared();
        let buffer = if shared {
            scratch.clear();
            scratch.extend_from_slice(&self.partial);
            &mut *scratch
        } else {
            &mut self.partial
        };
        let room = buffer.capacity() - buffer.len();
        let length = match self.link.append(buffer) {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if self.partial.is_empty() {
                    // An idle client holds no memory.
                    pool.give_back(std::mem::take(&mut self.partial));
                }
                return Read::Nothing;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                return Read::Bytes { chunk: None, drained: false };
            }
            Err(error) => return Read::Failed(error),
        };
        let ended = length == 0;
        let drained = ended || (S::SHORT_READ_DRAINS && length < room && !self.ending);
        let bytes = if shared {
            // Copied at its exact size, so that the shared buffer serves every read of every client.
            self.partial.clear();
            Bytes::copy_from_slice(scratch)
        } else if ended || self.has_whole_frame() {
            pool.lend(std::mem::take(&mut self.partial))
        } else {
            return Read::Bytes { chunk: None, drained };
        };
        Read::Bytes { chunk: Some(Chunk::new(token, bytes, ended)), drained }
    }

    /// Whether a large message is whole, or broken; looks only when that may have changed.
    fn has_whole_frame(&mut self) -> bool {
        if self.partial.len() < self.needed {
            return false;
        }
        let Err(Error::Incomplete { needed }) = self.decoder.next(&self.partial) else {
            return true;
        };
        self.needed = needed;
        self.started.get_or_insert_with(Instant::now);
        false
    }

    /// Looks for the next message of a chunk.
    pub(super) fn next(&mut self, chunk: &mut Chunk) -> Found {
        let rest = chunk.rest();
        let found = if rest.is_empty() {
            Err(Error::Incomplete { needed: 0 })
        } else {
            self.decoder.next(rest)
        };
        match found {
            Ok(frame) => self.accept(chunk, frame),
            Err(Error::Incomplete { .. }) if chunk.ended && !chunk.end_seen => {
                chunk.end_seen = true;
                match self.decoder.at_end(chunk.rest()) {
                    Ok(Some(frame)) => self.accept(chunk, frame),
                    Err(Error::TooLarge { length, max }) => too_large(length, max),
                    _ => self.keep(chunk, 0),
                }
            }
            Err(Error::Incomplete { needed }) => self.keep(chunk, needed),
            Err(Error::TooLarge { length, max }) => too_large(length, max),
            Err(other) => Found::Violation(ErrorKind::Malformed, other.to_string()),
        }
    }

    fn accept(&mut self, chunk: &mut Chunk, frame: Frame) -> Found {
        self.started = None;
        self.proven = self.proven.max(frame.consumed);
        self.large = frame.consumed > SHARED;
        match frame.kind {
            Kind::Message | Kind::Call(_) => {
                Found::Message(frame.kind, chunk.take(frame.payload, frame.consumed))
            }
            Kind::Reply(_) | Kind::Fault(_) => {
                let why = "an answer came that nobody asked for";
                Found::Violation(ErrorKind::Malformed, why.into())
            }
        }
    }

    /// Keeps the beginning of a message until its rest comes.
    fn keep(&mut self, chunk: &mut Chunk, needed: usize) -> Found {
        self.partial = chunk.take_rest();
        self.needed = needed;
        if !self.partial.is_empty() {
            self.started.get_or_insert_with(Instant::now);
        }
        Found::Nothing
    }

    /// Brings the budget in line with what is kept after a read.
    pub(super) fn settle(&mut self, budget: &mut Budget) {
        let kept = self.partial.capacity();
        if kept < self.reserved {
            budget.give_back(self.reserved - kept);
            self.reserved = kept;
        } else if budget.take(kept - self.reserved) {
            self.reserved = kept;
        }
        // A rest of at most one read that finds no room is counted once the message goes on.
    }

    pub(super) fn release(&mut self, budget: &mut Budget) {
        budget.give_back(std::mem::take(&mut self.reserved));
    }

    /// Whether it is between two messages.
    pub(super) fn is_whole(&self) -> bool {
        self.partial.is_empty()
    }
}

fn too_large(length: usize, max: usize) -> Found {
    let why = format!("a message of {length} bytes came and max is {max}");
    Found::Violation(ErrorKind::TooLarge, why)
}
