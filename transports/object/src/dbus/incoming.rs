//! Messages cut out of the bytes that come from one peer.

use samebox_sys::unix::socket;
use std::future::Future;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use zbus::Message;
use zbus::connection::socket::ReadHalf;

/// Bytes of one peer that are not yet messages.
///
/// Memory grows with what has really come, not with what a length promises.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    bytes: Vec<u8>,
    start: usize,
    largest: usize,
}

/// Why bytes are no message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It is longer than what is taken; bytes.
    TooLarge(usize),
    /// It is not what D-Bus prescribes.
    Malformed(String),
}

/// What stands before the header's fields, and tells the length of all:
///
/// ```text
/// 0  byte order, `l` or `B`      4  length of the body, u32     12  length of the fields, u32
/// 1  kind, flags, version        8  serial number, u32          16  fields, padded to 8; body
/// ```
const FIXED: usize = 16;

/// The least room that a read has.
const ROOM: usize = 32 << 10;

/// The most room that a read has, for what a length promises.
const MOST_ROOM: usize = 1 << 20;

impl Incoming {
    /// None yet, of a peer whose messages have up to `largest` bytes.
    pub(crate) fn new(largest: usize) -> Self {
        Self { bytes: Vec::new(), start: 0, largest }
    }

    /// Whether part of a message is there.
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    /// Reads once without waiting; 0 is the end.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is there.
    pub(crate) fn read(&mut self, socket: impl AsFd) -> io::Result<usize> {
        self.make_room();
        socket::append_now(socket, &mut self.bytes)
    }

    /// Whether the last read left room, so that nothing more was there.
    pub(crate) fn has_room(&self) -> bool {
        self.bytes.len() < self.bytes.capacity()
    }

    /// Lets `take` take bytes off the front, before messages begin.
    pub(crate) fn take_front<T>(&mut self, take: impl FnOnce(&mut &[u8]) -> T) -> T {
        let mut rest = &self.bytes[self.start..];
        let outcome = take(&mut rest);
        self.start = self.bytes.len() - rest.len();
        outcome
    }

    fn make_room(&mut self) {
        if self.is_empty() {
            self.bytes.clear();
            if self.bytes.capacity() > MOST_ROOM {
                self.bytes = Vec::new();
            }
        } else if self.start > 0 {
            self.bytes.drain(..self.start);
        }
        self.start = 0;
        let promised = self.length().unwrap_or(None).unwrap_or(0);
        let missing = promised.saturating_sub(self.bytes.len());
        let room = missing.min(self.bytes.len().max(ROOM)).clamp(ROOM, MOST_ROOM);
        self.bytes.reserve(room);
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// The length of the message at the start, once it can be told.
    fn length(&self) -> Result<Option<usize>, Broken> {
        let Some(fixed) = self.rest().first_chunk::<FIXED>() else { return Ok(None) };
        let number = |at: usize| {
            let bytes = [fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]];
            match fixed[0] {
                b'l' => Ok(u32::from_le_bytes(bytes) as usize),
                b'B' => Ok(u32::from_be_bytes(bytes) as usize),
                other => Err(Broken::Malformed(format!("{other:#04x} is no byte order"))),
            }
        };
        let (body, fields) = (number(4)?, number(12)?);
        let length = fields.next_multiple_of(8).saturating_add(FIXED).saturating_add(body);
        if length > self.largest { Err(Broken::TooLarge(length)) } else { Ok(Some(length)) }
    }

    /// The next message, if it is whole.
    ///
    /// # Errors
    /// When what came is no message; nothing more of this peer can be read then.
    pub(crate) fn next(&mut self) -> Result<Option<Message>, Broken> {
        match self.length()? {
            Some(length) if self.rest().len() >= length => {}
            _ => return Ok(None),
        }
        let (mut no_bytes, mut no_descriptors) = (Vec::new(), Vec::new());
        let reading = pin!(self.receive_message(0, &mut no_bytes, &mut no_descriptors));
        match reading.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(message)) => Ok(Some(message)),
            Poll::Ready(Err(error)) => Err(Broken::Malformed(error.to_string())),
            Poll::Pending => Err(Broken::Malformed("its length is wrong".into())),
        }
    }
}

type Received<'a> = Pin<Box<dyn Future<Output = io::Result<(usize, Vec<OwnedFd>)>> + Send + 'a>>;

/// Lets zbus read a message from the bytes that are there.
///
/// Whoever calls has seen that it is whole, so nothing is waited for. File descriptors are never agreed
/// on with a peer, so there are none.
impl ReadHalf for Incoming {
    fn recvmsg<'life0, 'life1, 'async_trait>(
        &'life0 mut self,
        buffer: &'life1 mut [u8],
    ) -> Received<'async_trait>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait,
    {
        let length = buffer.len().min(self.bytes.len() - self.start);
        buffer[..length].copy_from_slice(&self.bytes[self.start..self.start + length]);
        self.start += length;
        Box::pin(std::future::ready(Ok((length, Vec::new()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::net::UnixStream;

    fn message(text: &str) -> Message {
        Message::method_call("/a", "B").build(&text).unwrap()
    }

    fn text(message: &Message) -> String {
        message.body().deserialize::<&str>().unwrap().to_string()
    }

    #[test]
    fn messages_come_out_whole_however_their_bytes_come() {
        let (mut writer, reader) = UnixStream::pair().unwrap();
        let mut incoming = Incoming::new(1 << 20);
        let mut bytes = Vec::new();
        for one in ["one", "", &"x".repeat(5000)] {
            bytes.extend_from_slice(message(one).data());
        }
        let mut found = Vec::new();
        for part in bytes.chunks(7) {
            writer.write_all(part).unwrap();
            incoming.read(&reader).unwrap();
            while let Some(message) = incoming.next().unwrap() {
                found.push(text(&message));
            }
        }
        assert_eq!(found, ["one", "", &"x".repeat(5000)]);
        assert!(incoming.is_empty());
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_its_bytes_come() {
        let (mut writer, reader) = UnixStream::pair().unwrap();
        let mut incoming = Incoming::new(1000);
        writer.write_all(&message(&"x".repeat(2000)).data()[..FIXED]).unwrap();
        incoming.read(&reader).unwrap();
        assert!(matches!(incoming.next(), Err(Broken::TooLarge(2000..))));
    }

    #[test]
    fn what_is_no_message_is_told() {
        let (mut writer, reader) = UnixStream::pair().unwrap();
        let whole = message("x");
        for at in 0..whole.data().len() {
            let mut bytes = whole.data().to_vec();
            bytes[at] ^= 0xFF;
            writer.write_all(&bytes).unwrap();
            let mut incoming = Incoming::new(1000);
            incoming.read(&reader).unwrap();
            // Some bytes may be anything; none may do harm.
            if let Ok(Some(message)) = incoming.next() {
                let _ = message.body().deserialize::<&str>();
            }
        }
        writer.write_all(&[7; 40]).unwrap();
        let mut incoming = Incoming::new(1000);
        incoming.read(&reader).unwrap();
        assert!(matches!(incoming.next(), Err(Broken::Malformed(_))));
    }

    #[test]
    fn a_huge_promise_takes_no_memory() {
        let (mut writer, reader) = UnixStream::pair().unwrap();
        let mut incoming = Incoming::new(1 << 30);
        let mut fixed = message("x").data()[..FIXED].to_vec();
        fixed[4..8].copy_from_slice(&(100u32 << 20).to_ne_bytes());
        writer.write_all(&fixed).unwrap();
        for _ in 0..3 {
            let _ = incoming.read(&reader);
            assert_eq!(incoming.next().unwrap().map(|_| ()), None);
        }
        assert!(incoming.bytes.capacity() < 2 * ROOM + FIXED);
    }
}
