//! Memory that two processes share, bare, for measuring what it can do.

use crate::system::local;
use samebox_sys::memory::{Own, OwnWords, Theirs};
use samebox_sys::unix::{descriptor, futex, mapping, socket};
use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

/// Whether this system has such memory.
pub(crate) const IS_THERE: bool = true;

/// One side's memory and the other's.
pub(crate) struct Memory {
    pub(crate) own: Own,
    pub(crate) words: OwnWords,
    pub(crate) theirs: Theirs,
}

impl Memory {
    /// Exchanges memory of `length` bytes with the other side.
    pub(crate) fn exchange(stream: &Stream, length: usize) -> io::Result<Self> {
        const PATIENCE: Duration = Duration::from_secs(5);
        let (own, passed) = mapping::create(length)?;
        descriptor::send(stream, b"m", &[passed.as_fd()])?;
        socket::wait(stream, socket::Ready { read: true, write: false }, Some(PATIENCE))?;
        let (_, descriptors) = descriptor::receive(stream, &mut [0; 1])?;
        let received = descriptors.into_iter().next().ok_or(io::ErrorKind::InvalidData)?;
        let theirs = mapping::open(received, length)?;
        let words = own.words();
        Ok(Self { own, words, theirs })
    }

    /// Changes the word of that index and wakes the other side if it waits for that.
    pub(crate) fn ring(&self, bell: usize) {
        futex::ring(&self.words, bell);
    }

    /// What the other side's bell is now.
    pub(crate) fn bell(&self, bell: usize) -> u32 {
        futex::bell(&self.theirs, bell)
    }

    /// Waits while it is `seen`.
    pub(crate) fn wait(&self, bell: usize, seen: u32) {
        futex::wait(&self.theirs, bell, seen, None);
    }
}

/// What the other side connects by.
pub(crate) type Stream = local::Stream;
