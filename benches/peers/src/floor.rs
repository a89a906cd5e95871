//! The floors: what shared memory costs two processes that do nothing else. All `unsafe` code of this
//! program is in this file.

use crate::measure::{Measure, Wait};
use crate::subject::{Far, Link, Near, Outcome, Subject, number_in, poll, poll_for};
use iceoryx2::port::publisher::Publisher;
use iceoryx2::prelude::ipc;
use rustix::fs::{Mode, OFlags};
use rustix::mm::{MapFlags, ProtFlags, mmap};
use rustix::thread::futex;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// A cache line that two cores take from each other.
pub(crate) struct CacheLine;

impl Subject for CacheLine {
    const NAME: &'static str = "cache line";
    const MEASURES: &'static [Measure] = &[Measure::PolledTrip, Measure::LoanTrip];
    const FASTEST: Wait = Wait::Polling;
    type Near = CacheLineEnd;
    type Far = CacheLineEnd;
}

/// Two processes that wake each other in turns.
pub(crate) struct Futex;

impl Subject for Futex {
    const NAME: &'static str = "futex";
    const MEASURES: &'static [Measure] = &[Measure::BlockingTrip, Measure::BlockingTripOneCore];
    const FASTEST: Wait = Wait::Blocking;
    type Near = FutexEnd;
    type Far = FutexEnd;
}

/// A ring of slots for one sender and one receiver, and another one back.
pub(crate) struct Ring;

impl Subject for Ring {
    const NAME: &'static str = "copying ring";
    const MEASURES: &'static [Measure] = &[Measure::PolledTrip, Measure::Rate, Measure::Bandwidth];
    const FASTEST: Wait = Wait::Polling;
    type Near = RingEnd;
    type Far = RingEnd;
}

/// Memory that both ends have mapped, for as long as the process lives.
#[derive(Clone, Copy)]
struct Memory {
    start: NonNull<u8>,
    length: usize,
}

impl Memory {
    /// Makes memory of zeroes; the other end finds it by the name that `announce` is told.
    fn create(length: usize, announce: &mut dyn FnMut(&str) -> Outcome<()>) -> Outcome<Self> {
        let file = rustix::fs::memfd_create("samebox-peers", rustix::fs::MemfdFlags::CLOEXEC)?;
        rustix::fs::ftruncate(&file, length as u64)?;
        let memory = Self::map(&file, length)?;
        let name = format!("/proc/{}/fd/{}", std::process::id(), raw(&file));
        // Open for as long as the process lives, as the name leads there.
        std::mem::forget(file);
        announce(&name)?;
        Ok(memory)
    }

    fn open(name: &str, length: usize) -> Outcome<Self> {
        Self::map(&rustix::fs::open(name, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?, length)
    }

    fn map(file: impl rustix::fd::AsFd, length: usize) -> Outcome<Self> {
        let rights = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::SHARED | MapFlags::POPULATE;
        // SAFETY: the address is the kernel's choice, so no memory in use changes; nobody unmaps it.
        let start = unsafe { mmap(std::ptr::null_mut(), length, rights, flags, file, 0)? };
        let start = NonNull::new(start.cast()).ok_or("memory at address 0")?;
        Ok(Self { start, length })
    }

    fn word(self, offset: usize) -> &'static AtomicU64 {
        assert!(offset.is_multiple_of(8) && offset + 8 <= self.length);
        // SAFETY: inside a mapping that is never unmapped, aligned as the mapping is by pages, and
        // both ends touch these bytes as this one atomic only.
        unsafe { self.start.add(offset).cast::<AtomicU64>().as_ref() }
    }

    fn half_word(self, offset: usize) -> &'static AtomicU32 {
        assert!(offset.is_multiple_of(4) && offset + 4 <= self.length);
        // SAFETY: as in `word`.
        unsafe { self.start.add(offset).cast::<AtomicU32>().as_ref() }
    }
}

fn raw(file: &impl std::os::fd::AsRawFd) -> i32 {
    file.as_raw_fd()
}

pub(crate) struct CacheLineEnd(&'static AtomicU64);

impl CacheLineEnd {
    /// The near end leaves odd numbers in the line, the far end even ones.
    fn bounce(&self, number: u64) -> Outcome<u64> {
        self.0.store(2 * number + 1, Ordering::Release);
        let seen = poll_for(|| {
            let seen = self.0.load(Ordering::Acquire);
            Ok(seen.is_multiple_of(2).then_some(seen))
        })?;
        Ok(seen / 2)
    }

    fn bounce_back(&self) -> Outcome<()> {
        let seen = poll_for(|| {
            let seen = self.0.load(Ordering::Acquire);
            Ok((seen % 2 == 1).then_some(seen))
        })?;
        self.0.store(seen - 1, Ordering::Release);
        Ok(())
    }
}

impl Near for CacheLineEnd {
    fn open(link: &Link) -> Outcome<Self> {
        Ok(Self(Memory::open(&link.name, 4096)?.word(0)))
    }

    fn ask(&mut self, payload: &[u8]) -> Outcome<u64> {
        self.bounce(number_in(payload))
    }

    fn ask_by_loan(&mut self, number: u64) -> Outcome<u64> {
        self.bounce(number)
    }
}

impl Far for CacheLineEnd {
    fn open(_: &Link, announce: &mut dyn FnMut(&str) -> Outcome<()>) -> Outcome<Self> {
        Ok(Self(Memory::create(4096, announce)?.word(0)))
    }

    fn answer(&mut self) -> Outcome<()> {
        self.bounce_back()
    }

    fn answer_by_loan(&mut self) -> Outcome<()> {
        self.bounce_back()
    }
}

pub(crate) struct FutexEnd(&'static AtomicU32);

impl FutexEnd {
    fn leave(&self, value: u32) -> Outcome<()> {
        self.0.store(value, Ordering::Release);
        futex::wake(self.0, futex::Flags::empty(), 1)?;
        Ok(())
    }

    /// Sleeps until the other end has left a value that is odd, or one that is even.
    fn wait_for(&self, odd: bool) -> Outcome<u32> {
        loop {
            let seen = self.0.load(Ordering::Acquire);
            if (seen % 2 == 1) == odd {
                return Ok(seen);
            }
            match futex::wait(self.0, futex::Flags::empty(), seen, None) {
                Ok(()) | Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => {}
                Err(cause) => return Err(cause.into()),
            }
        }
    }
}

impl Near for FutexEnd {
    fn open(link: &Link) -> Outcome<Self> {
        Ok(Self(Memory::open(&link.name, 4096)?.half_word(0)))
    }

    fn ask(&mut self, payload: &[u8]) -> Outcome<u64> {
        self.leave(2 * number_in(payload) as u32 + 1)?;
        Ok(u64::from(self.wait_for(false)? / 2))
    }
}

impl Far for FutexEnd {
    fn open(_: &Link, announce: &mut dyn FnMut(&str) -> Outcome<()>) -> Outcome<Self> {
        Ok(Self(Memory::create(4096, announce)?.half_word(0)))
    }

    fn answer(&mut self) -> Outcome<()> {
        let seen = self.wait_for(true)?;
        self.leave(seen - 1)
    }
}

/// Slots of one size between two counters, each on cache lines of its own.
struct Slots {
    memory: Memory,
    start: usize,
    size: usize,
    count: u64,
    /// How many messages this end has moved, and how many the other end had when last looked at.
    moved: u64,
    other: u64,
}

/// Room for the two counters. Processors fetch cache lines in pairs, so they are a pair apart.
const COUNTERS: usize = 4096;
const SENT: usize = 0;
const TAKEN: usize = 128;

impl Slots {
    fn count(size: usize) -> usize {
        // Small messages fit a core's own cache; of large ones there are as many as samebox has.
        (128 * 1024 / size).clamp(4, 1024)
    }

    fn bytes(size: usize) -> usize {
        COUNTERS + size * Self::count(size)
    }

    fn new(memory: Memory, start: usize, size: usize) -> Self {
        Self { memory, start, size, count: Self::count(size) as u64, moved: 0, other: 0 }
    }

    fn slot(&self) -> NonNull<u8> {
        let offset = self.start + COUNTERS + (self.moved % self.count) as usize * self.size;
        assert!(offset + self.size <= self.memory.length);
        // SAFETY: inside the mapping, as was just checked.
        unsafe { self.memory.start.add(offset) }
    }

    fn sent(&self) -> &'static AtomicU64 {
        self.memory.word(self.start + SENT)
    }

    fn taken(&self) -> &'static AtomicU64 {
        self.memory.word(self.start + TAKEN)
    }

    fn try_send(&mut self, payload: &[u8]) -> bool {
        if self.moved - self.other == self.count {
            self.other = self.taken().load(Ordering::Acquire);
            if self.moved - self.other == self.count {
                return false;
            }
        }
        let length = payload.len().min(self.size);
        // SAFETY: a slot has room for `size` bytes, and the receiver does not look at this one
        // before the counter below says so: it has said that it is done with it.
        unsafe { self.slot().as_ptr().copy_from_nonoverlapping(payload.as_ptr(), length) };
        self.moved += 1;
        self.sent().store(self.moved, Ordering::Release);
        true
    }

    fn try_take(&mut self, buffer: &mut [u8]) -> bool {
        if self.moved == self.other {
            self.other = self.sent().load(Ordering::Acquire);
            if self.moved == self.other {
                return false;
            }
        }
        let length = buffer.len().min(self.size);
        // SAFETY: the sender has written this slot, as its counter says, and leaves it alone until
        // the counter below says that it was taken.
        unsafe { self.slot().as_ptr().copy_to_nonoverlapping(buffer.as_mut_ptr(), length) };
        self.moved += 1;
        self.taken().store(self.moved, Ordering::Release);
        true
    }
}

/// Lets a few microseconds pass. Whoever looks takes the counter's cache line from the other end, so
/// a stream goes fastest when there is much to see at each look.
fn rest() -> Option<()> {
    (0..256).for_each(|_| std::hint::spin_loop());
    None
}

pub(crate) struct RingEnd {
    out: Slots,
    into: Slots,
    buffer: Vec<u8>,
}

impl RingEnd {
    fn new(memory: Memory, size: usize, near: bool) -> Self {
        let there = Slots::new(memory, 0, size);
        let back = Slots::new(memory, Slots::bytes(size), size);
        let (out, into) = if near { (there, back) } else { (back, there) };
        Self { out, into, buffer: vec![0; size] }
    }
}

impl Near for RingEnd {
    fn open(link: &Link) -> Outcome<Self> {
        let memory = Memory::open(&link.name, 2 * Slots::bytes(link.size))?;
        Ok(Self::new(memory, link.size, true))
    }

    fn ask(&mut self, payload: &[u8]) -> Outcome<u64> {
        poll_for(|| Ok(self.out.try_send(payload).then_some(())))?;
        poll_for(|| Ok(self.into.try_take(&mut self.buffer).then_some(())))?;
        Ok(number_in(&self.buffer))
    }

    fn send(&mut self, payload: &[u8]) -> Outcome<()> {
        poll_for(|| Ok(self.out.try_send(payload).then_some(()).or_else(rest)))
    }
}

impl Far for RingEnd {
    fn open(link: &Link, announce: &mut dyn FnMut(&str) -> Outcome<()>) -> Outcome<Self> {
        let memory = Memory::create(2 * Slots::bytes(link.size), announce)?;
        Ok(Self::new(memory, link.size, false))
    }

    fn answer(&mut self) -> Outcome<()> {
        poll_for(|| Ok(self.into.try_take(&mut self.buffer).then_some(())))?;
        poll_for(|| Ok(self.out.try_send(&self.buffer).then_some(())))
    }

    fn take(&mut self) -> Outcome<Option<u64>> {
        let came = poll(|| Ok(self.into.try_take(&mut self.buffer).then_some(()).or_else(rest)))?;
        Ok(came.map(|()| number_in(&self.buffer)))
    }
}

/// Sends a loan of iceoryx2 with only its first 8 bytes written, for which it has no safe call.
pub(crate) fn send_unwritten(
    publisher: &Publisher<ipc::Service, [u8], ()>,
    size: usize,
    number: u64,
) -> Outcome<()> {
    let mut loan = publisher.loan_slice_uninit(size)?;
    let first = loan.payload_mut().iter_mut();
    first.zip(number.to_le_bytes()).for_each(|(place, byte)| _ = place.write(byte));
    // SAFETY: any byte is a valid u8, and the kernel has filled this shared memory with zeroes before
    // anybody wrote to it.
    unsafe { loan.assume_init() }.send()?;
    Ok(())
}
