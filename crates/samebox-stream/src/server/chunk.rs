use samebox_core::{Bytes, ErrorKind};
use samebox_framing::Kind;
use std::ops::Range;

/// What one read brought from one client.
pub(super) struct Chunk {
    pub(super) connection: usize,
    bytes: Bytes,
    /// How far it has been handed out.
    at: usize,
    /// Nothing more will come from this client.
    pub(super) ended: bool,
    /// The end has been looked at, as it may itself end a message.
    pub(super) end_seen: bool,
}

/// What a look at a chunk found.
pub(super) enum Found {
    /// A whole message.
    Message(Kind, Bytes),
    /// No more whole messages.
    Nothing,
    /// Bytes that no message can have.
    Violation(ErrorKind, String),
}

impl Chunk {
    pub(super) const fn new(connection: usize, bytes: Bytes, ended: bool) -> Self {
        Self { connection, bytes, at: 0, ended, end_seen: false }
    }

    pub(super) fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// Hands out a payload at a place in the rest, which then starts `consumed` bytes later.
    ///
    /// It shares the chunk's memory, so a read of many small messages is one allocation.
    pub(super) fn take(&mut self, payload: Range<usize>, consumed: usize) -> Bytes {
        let payload = self.bytes.slice(self.at + payload.start..self.at + payload.end);
        self.at += consumed;
        payload
    }

    /// Takes out what is left; when nothing was handed out, its memory moves and is not copied.
    pub(super) fn take_rest(&mut self) -> Vec<u8> {
        Vec::from(self.bytes.split_off(self.at))
    }

    pub(super) const fn is_spent(&self) -> bool {
        self.at == self.bytes.len()
    }
}
