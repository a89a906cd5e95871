//! The socket of a client that may be hostile, between it and zbus.
//!
//! zbus makes room for what a length promises, waits for the rest of a message for ever, and takes lines
//! of any length before the first message, or none before a line's end. Here memory grows with what has
//! really come, the rest must come in time, and lines are short and end as the specification says.

use samebox_sys::unix::socket;
use std::future::Future;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use zbus::Message;
use zbus::connection::socket::{ReadHalf, Socket, Split, WriteHalf};
use zbus::export::async_trait::async_trait;
use zbus::fdo::ConnectionCredentials;
use zruntime::{AsyncIo, Shared, SharedRuntime};

type Io = Arc<AsyncIo<OwnedFd, Shared>>;

/// A client's socket, of a user whom the kernel vouches for.
#[derive(Debug)]
pub(super) struct Guarded {
    io: Io,
    runtime: SharedRuntime,
    uid: u32,
    largest: usize,
}

/// The half that reads.
#[derive(Debug)]
pub(super) struct Reader {
    io: Io,
    runtime: SharedRuntime,
    uid: u32,
    incoming: Incoming,
    lines: Lines,
}

/// The half that writes.
#[derive(Debug)]
pub(super) struct Writer {
    io: Io,
    uid: u32,
}

/// How long the rest of a message may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

impl Guarded {
    /// The socket of a client of `uid`, whose messages have up to `largest` bytes.
    ///
    /// # Errors
    /// The operating system's.
    pub(super) fn new(
        socket: OwnedFd,
        runtime: &SharedRuntime,
        uid: u32,
        largest: usize,
    ) -> io::Result<Self> {
        let io = Arc::new(AsyncIo::new(runtime, socket)?);
        Ok(Self { io, runtime: runtime.clone(), uid, largest })
    }
}

impl Socket for Guarded {
    type ReadHalf = Reader;
    type WriteHalf = Writer;

    fn split(self) -> Split<Reader, Writer> {
        let Self { io, runtime, uid, largest } = self;
        let (incoming, lines) = (Incoming::new(largest), Lines::default());
        Split::new(Reader { io: io.clone(), runtime, uid, incoming, lines }, Writer { io, uid })
    }
}

#[async_trait]
impl ReadHalf for Reader {
    async fn receive_message(
        &mut self,
        number: u64,
        early: &mut Vec<u8>,
        descriptors: &mut Vec<OwnedFd>,
    ) -> zbus::Result<Message> {
        self.incoming.bytes.append(early);
        while !self.incoming.is_whole()? {
            let is_begun = !self.incoming.is_empty();
            let (io, incoming) = (&self.io, &mut self.incoming);
            let read = async { io.read_with(|socket| incoming.read(socket)).await };
            let read = match is_begun {
                true => self.runtime.timeout(PATIENCE, read).await.map_err(io::Error::from)?,
                false => read.await,
            };
            let is_gone = |error: &io::Error| error.kind() == io::ErrorKind::ConnectionReset;
            let ended = match read {
                Ok(0) if is_begun => io::ErrorKind::BrokenPipe,
                Ok(0) => io::ErrorKind::UnexpectedEof,
                Ok(_) => continue,
                Err(error) if is_begun && is_gone(&error) => io::ErrorKind::BrokenPipe,
                Err(error) => return Err(error.into()),
            };
            return Err(io::Error::from(ended).into());
        }
        self.incoming.receive_message(number, early, descriptors).await
    }

    async fn recvmsg(&mut self, buffer: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
        let read = self.io.read_with(|socket| {
            Ok(rustix::net::recv(socket, &mut *buffer, rustix::net::RecvFlags::DONTWAIT)?.1)
        });
        let length = read.await?;
        self.lines.check(&buffer[..length])?;
        Ok((length, Vec::new()))
    }

    async fn peer_credentials(&mut self) -> io::Result<ConnectionCredentials> {
        Ok(ConnectionCredentials::default().set_unix_user_id(self.uid))
    }
}

#[async_trait]
impl WriteHalf for Writer {
    async fn sendmsg(&mut self, bytes: &[u8], _: &[BorrowedFd<'_>]) -> io::Result<usize> {
        self.io.write_with(|socket| socket::write_now(socket, &[IoSlice::new(bytes)])).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    async fn close(&mut self) -> io::Result<()> {
        Ok(rustix::net::shutdown(self.io.get_ref(), rustix::net::Shutdown::Both)?)
    }

    async fn peer_credentials(&mut self) -> io::Result<ConnectionCredentials> {
        Ok(ConnectionCredentials::default().set_unix_user_id(self.uid))
    }
}

/// The lines before the first message, as far as they must be looked at.
///
/// zbus looks before the end of a line for its other character, also where there is none.
#[derive(Debug, Default)]
struct Lines {
    bytes: usize,
    last: u8,
}

impl Lines {
    const LONGEST: usize = 16 << 10;

    fn check(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes += bytes.len();
        let mut is_wrong = self.bytes > Self::LONGEST;
        for byte in bytes {
            is_wrong |= *byte == b'\n' && self.last != b'\r';
            self.last = *byte;
        }
        if is_wrong { Err(broken("it does not begin as D-Bus does")) } else { Ok(()) }
    }
}

fn broken(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

/// Bytes of one peer that are not yet messages.
///
/// Memory grows with what has really come, not with what a length promises.
#[derive(Debug, Default)]
struct Incoming {
    bytes: Vec<u8>,
    start: usize,
    largest: usize,
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
    fn new(largest: usize) -> Self {
        Self { bytes: Vec::new(), start: 0, largest }
    }

    /// Whether part of a message is there.
    fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    /// Reads once without waiting; 0 is the end.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is there.
    fn read(&mut self, socket: impl AsFd) -> io::Result<usize> {
        self.make_room();
        socket::append_now(socket, &mut self.bytes)
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
    fn length(&self) -> io::Result<Option<usize>> {
        let Some(fixed) = self.rest().first_chunk::<FIXED>() else { return Ok(None) };
        let number = |at: usize| {
            let bytes = [fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]];
            match fixed[0] {
                b'l' => Ok(u32::from_le_bytes(bytes) as usize),
                b'B' => Ok(u32::from_be_bytes(bytes) as usize),
                other => Err(broken(format!("{other:#04x} is no byte order"))),
            }
        };
        let (body, fields) = (number(4)?, number(12)?);
        let length = fields.next_multiple_of(8).saturating_add(FIXED).saturating_add(body);
        if length > self.largest {
            let why = format!("its message has {length} bytes");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
        }
        Ok(Some(length))
    }

    /// Whether the message at the start is whole.
    fn is_whole(&self) -> io::Result<bool> {
        Ok(self.length()?.is_some_and(|length| self.rest().len() >= length))
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

    /// What a reader makes of bytes that come in parts, until they end or are refused.
    fn read(parts: &[&[u8]], largest: usize) -> (Vec<String>, io::ErrorKind, Reader) {
        let (mut writer, reader) = UnixStream::pair().unwrap();
        zruntime::block_on(async {
            let runtime = SharedRuntime::current().unwrap();
            let socket = Guarded::new(reader.into(), &runtime, 0, largest).unwrap();
            let (mut reader, _writer) = socket.split().take();
            let mut found = Vec::new();
            let mut parts = parts.iter();
            loop {
                let mut patience = Duration::from_millis(1);
                match parts.next() {
                    Some(part) => writer.write_all(part).unwrap(),
                    None => {
                        writer.shutdown(std::net::Shutdown::Write).unwrap();
                        patience = PATIENCE;
                    }
                }
                let (mut early, mut none) = (Vec::new(), Vec::new());
                let reading = reader.receive_message(0, &mut early, &mut none);
                match runtime.timeout(patience, reading).await {
                    Ok(Ok(message)) => {
                        found.push(message.body().deserialize::<&str>().unwrap().to_string());
                    }
                    Ok(Err(zbus::Error::InputOutput(error))) => {
                        return (found, error.kind(), reader);
                    }
                    Ok(Err(_)) => return (found, io::ErrorKind::InvalidData, reader),
                    Err(_) => {}
                }
            }
        })
    }

    #[test]
    fn messages_come_out_whole_however_their_bytes_come() {
        let long = "x".repeat(500);
        let bytes: Vec<u8> =
            ["one", "", &long].iter().flat_map(|one| message(one).data().to_vec()).collect();
        let parts: Vec<&[u8]> = bytes.chunks(7).collect();
        let (found, end, reader) = read(&parts, 1 << 20);
        assert_eq!(found, ["one", "", &long]);
        assert_eq!(end, io::ErrorKind::UnexpectedEof);
        assert!(reader.incoming.is_empty());
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_its_bytes_come() {
        let (found, end, _) = read(&[&message(&"x".repeat(2000)).data()[..FIXED]], 1000);
        assert_eq!((found.len(), end), (0, io::ErrorKind::FileTooLarge));
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let (_, end, _) = read(&[&[7; 40]], 1000);
        assert_eq!(end, io::ErrorKind::InvalidData);
        let whole = message("x");
        for at in 0..FIXED {
            let mut bytes = whole.data().to_vec();
            bytes[at] ^= 0xFF;
            // Some bytes may be anything; none may do harm.
            let _ = read(&[&bytes], 1000);
        }
    }

    #[test]
    fn a_huge_promise_takes_no_memory() {
        let mut fixed = message("x").data()[..FIXED].to_vec();
        fixed[4..8].copy_from_slice(&(100u32 << 20).to_ne_bytes());
        let (_, end, reader) = read(&[&fixed], 1 << 30);
        assert_eq!(end, io::ErrorKind::BrokenPipe, "it left half-way");
        assert!(reader.incoming.bytes.capacity() < 2 * ROOM + FIXED);
    }

    #[test]
    fn lines_end_as_they_should_or_are_refused() {
        let check = |parts: &[&str]| {
            let mut lines = Lines::default();
            parts.iter().try_for_each(|part| lines.check(part.as_bytes())).is_ok()
        };
        assert!(check(&["\0AUTH EXTERNAL 30\r", "\nBEGIN\r\n"]));
        for wrong in ["\n", "\0AUTH\r\n\n", "\0AUTH\n", &"x".repeat(20_000)] {
            assert!(!check(&[wrong]), "{wrong:?}");
        }
    }
}
