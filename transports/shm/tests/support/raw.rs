//! Peers that speak the protocol byte by byte, so that they can break it.
//!
//! What is sent and where it lies is written down here once more, on purpose: a test that took it from
//! the transport would not notice a change that leaves older programs behind.

use super::chance::Chance;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use samebox_core::Endpoint;
use samebox_sys::memory::{HEADER, Own, Theirs};
use samebox_sys::unix::runtime::runtime_directory;
use samebox_sys::unix::{descriptor, mapping};
use std::io::{self, IoSlice, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub(crate) const RING: u64 = 16 << 10;
pub(crate) const AREA: u64 = 64 << 10;
pub(crate) const MAX: u64 = 64 << 10;

pub(crate) const TAIL: usize = 16;
pub(crate) const HEAD: usize = 17;
pub(crate) const ASLEEP: usize = 32;
pub(crate) const ROOM: usize = 33;
pub(crate) const DROPPED: usize = 35;
pub(crate) const CLOSED: usize = 36;
/// All words that mean something: those above, `fenceless`, `core` and `bell`.
pub(crate) const WORDS: [usize; 9] = [TAIL, HEAD, ASLEEP, ROOM, 34, DROPPED, CLOSED, 37, 48];

pub(crate) const MESSAGE: u64 = 1 << 32;
pub(crate) const CALL: u64 = 2 << 32 | WIDE;
pub(crate) const REPLY: u64 = 3 << 32 | WIDE;
pub(crate) const SKIP: u64 = 0x53 << 32;
/// A number follows.
pub(crate) const WIDE: u64 = 1 << 40;
/// The place of a block follows.
pub(crate) const BLOCK: u64 = 2 << 40;

/// How long a raw peer waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// The first message of either side.
pub(crate) fn hello(ring: u64, area: u64, max: u64) -> Vec<u8> {
    let mut bytes = b"sbxshm\0\x01".to_vec();
    [ring, area, max, 0].iter().for_each(|word| bytes.extend(word.to_le_bytes()));
    bytes
}

pub(crate) fn good_hello() -> Vec<u8> {
    hello(RING, AREA, MAX)
}

/// Sends bytes and any number of descriptors with them.
pub(crate) fn tell(line: &UnixStream, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(16))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        assert!(control.push(SendAncillaryMessage::ScmRights(descriptors)));
    }
    // The other side may have seen enough already.
    let _ = sendmsg(line, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL);
}

/// Memory without a name, of some kind and with some seals.
pub(crate) fn memory(length: u64, flags: MemfdFlags, seals: SealFlags) -> io::Result<OwnedFd> {
    let memory = memfd_create("samebox-test", flags | MemfdFlags::ALLOW_SEALING)?;
    ftruncate(&memory, length)?;
    fcntl_add_seals(&memory, seals)?;
    Ok(memory)
}

/// Memory as it should be, of a raw peer's sizes.
pub(crate) fn good_memory() -> (Own, OwnedFd) {
    mapping::create((RING + AREA) as usize).unwrap()
}

/// Bytes of all of a raw peer's memory.
pub(crate) const WHOLE: u64 = HEADER as u64 + RING + AREA;

/// Where the rendezvous of a plain name is.
pub(crate) fn rendezvous(endpoint: &Endpoint) -> PathBuf {
    runtime_directory().unwrap().join(format!("{}.shm", endpoint.name()))
}

/// Comes to the rendezvous and says nothing yet.
pub(crate) fn knock(endpoint: &Endpoint) -> UnixStream {
    let line = UnixStream::connect(rendezvous(endpoint)).unwrap();
    line.set_read_timeout(Some(PATIENCE)).unwrap();
    line
}

/// Waits until the other side has ended the line, whatever it sends before.
#[track_caller]
pub(crate) fn assert_cut(mut line: &UnixStream) {
    let mut bytes = [0; 256];
    loop {
        match line.read(&mut bytes) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return,
            Err(error) => panic!("it was not cut off: {error}"),
        }
    }
}

/// Whether the other side has ended the line, or says something now.
pub(crate) fn has_news(line: &UnixStream) -> bool {
    is_readable(line, Duration::ZERO)
}

fn is_readable(line: &UnixStream, patience: Duration) -> bool {
    let mut fds = [PollFd::new(line, PollFlags::IN)];
    let patience = Timespec { tv_sec: patience.as_secs() as _, tv_nsec: 0 };
    poll(&mut fds, Some(&patience)) != Ok(0)
}

/// One side of a connection, in raw form.
pub(crate) struct RawPeer {
    pub(crate) line: UnixStream,
    own: Own,
    pub(crate) theirs: Theirs,
    pub(crate) bell: Option<OwnedFd>,
    tail: u64,
}

impl RawPeer {
    /// A client that has been let in; `None` when the server does not do so.
    pub(crate) fn enter(endpoint: &Endpoint) -> Option<Self> {
        let line = knock(endpoint);
        let (own, pass) = good_memory();
        tell(&line, &good_hello(), &[pass.as_fd()]);
        Self::meet(line, own)
    }

    /// A server that has let in the client of this line.
    pub(crate) fn welcome(line: UnixStream) -> Option<Self> {
        let (own, pass) = good_memory();
        let bell = descriptor::event().unwrap();
        tell(&line, &good_hello(), &[pass.as_fd(), bell.as_fd()]);
        Self::meet(line, own)
    }

    fn meet(line: UnixStream, own: Own) -> Option<Self> {
        assert!(is_readable(&line, PATIENCE), "no word from the other side");
        let mut bytes = [0; 40];
        let (length, mut descriptors) = descriptor::receive(&line, &mut bytes).ok()?;
        if length < 40 {
            return None;
        }
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
        let theirs = mapping::open(descriptors.remove(0), word(8) + word(16)).unwrap();
        Some(Self { line, own, theirs, bell: descriptors.pop(), tail: 0 })
    }

    pub(crate) fn set(&self, word: usize, value: u64) {
        self.own.words().word(word).store(value, Ordering::Release);
    }

    /// Writes words to the ring from `at` on.
    pub(crate) fn write(&mut self, at: u64, words: &[u64]) {
        for (index, word) in words.iter().enumerate() {
            let at = (at as usize + 8 * index) % RING as usize;
            self.own.bytes(at..at + 8).copy_from_slice(&word.to_le_bytes());
        }
    }

    /// Writes words at the end of what is written, and publishes them.
    pub(crate) fn push(&mut self, words: &[u64]) {
        self.write(self.tail, words);
        self.tail += 8 * words.len() as u64;
        self.publish(self.tail);
    }

    /// Says to have written up to there, and wakes the other side in every way there is.
    pub(crate) fn publish(&mut self, tail: u64) {
        self.tail = tail;
        self.set(TAIL, tail);
        self.wake();
    }

    pub(crate) fn wake(&self) {
        match &self.bell {
            Some(bell) => descriptor::raise(bell).unwrap(),
            None => {
                samebox_sys::unix::futex::ring(&self.own.words(), 48);
                tell(&self.line, b"!", &[]);
            }
        }
    }

    /// Changes anything at all to anything at all.
    pub(crate) fn scribble(&mut self, chance: &mut Chance) {
        for word in WORDS {
            self.set(word, chance.next() >> chance.below(64));
        }
        for _ in 0..32 {
            let at = chance.below(RING) & !7;
            self.write(at, &[chance.next() >> chance.below(64)]);
        }
    }

    /// Changes much, but in ways that might be meant well.
    pub(crate) fn scribble_with_care(&mut self, chance: &mut Chance) {
        for word in [ASLEEP, ROOM, 34, DROPPED, 37, 48] {
            self.set(word, chance.next() >> chance.below(64));
        }
        self.set(HEAD, chance.below(4) * 8);
        let length = chance.below(40);
        let header = match chance.below(16) {
            0 => SKIP,
            1..4 => CALL | length,
            4 => MESSAGE | BLOCK | chance.below(2 * AREA),
            5 => REPLY | length,
            _ => MESSAGE | length,
        };
        let place = chance.below(AREA);
        self.write(self.tail, &[header, place, place]);
        let wide = if header & (WIDE | BLOCK) == 0 { 0 } else { 8 };
        let inline = if header & BLOCK == 0 { length } else { 0 };
        self.tail += (8 + wide + inline).next_multiple_of(8);
        self.publish(self.tail);
    }
}
