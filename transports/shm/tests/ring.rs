//! Two threads and a ring in ordinary memory, so that Miri and ThreadSanitizer can follow it.

#[path = "support/heap_memory.rs"]
mod heap_memory;

use heap_memory::{Heap, side};
use samebox_shm::ring::{Consumer, Kind, Layout, Place, Producer, Refused, Seen, Sleeper, Way};
use samebox_sys::memory::Theirs;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

const LAYOUT: Layout = Layout { ring: Layout::LEAST, area: 2048 };

/// The longest payload: more than half of the area.
const LONGEST: usize = 1200;

/// Miri takes a thousand times as long.
const RECORDS: u32 = if cfg!(miri) { 150 } else { 50_000 };

/// After so long a wake is taken to be lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// Numbers that look random and are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % end
    }
}

/// What both sides expect of the records, one after the other.
struct Records {
    numbers: Numbers,
    index: u32,
}

impl Records {
    fn new() -> Self {
        Self { numbers: Numbers(7), index: 0 }
    }

    fn next(&mut self) -> (Kind, Vec<u8>) {
        let kind = match self.index % 4 {
            0 => Kind::Message,
            1 => Kind::Call(self.index.into()),
            2 => Kind::Reply(self.index.into()),
            _ => Kind::Fault(self.index.into()),
        };
        let longest = if self.index.is_multiple_of(8) { LONGEST } else { 100 };
        let payload = vec![self.index as u8; self.numbers.below(longest)];
        self.index += 1;
        (kind, payload)
    }
}

/// What a side sleeps on.
#[derive(Debug, Default)]
struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    fn ring(&self, way: Option<Way>) {
        if way.is_some() {
            *self.rung.lock().unwrap() = true;
            self.changed.notify_one();
        }
    }

    fn wait(&self) {
        let rung = self.rung.lock().unwrap();
        let asleep = |rung: &mut bool| !*rung;
        let (mut rung, late) = self.changed.wait_timeout_while(rung, PATIENCE, asleep).unwrap();
        assert!(!late.timed_out(), "a wake was lost");
        *rung = false;
    }
}

struct Writer {
    producer: Producer<Heap>,
    sleeper: Sleeper<Heap>,
    peer: Theirs,
    own: Arc<Bell>,
    other: Arc<Bell>,
}

struct Reader {
    consumer: Consumer<Heap>,
    sleeper: Sleeper<Heap>,
    own: Arc<Bell>,
    other: Arc<Bell>,
}

fn ends() -> (Writer, Reader) {
    let ((from, seen_from), (to, seen_to)) = (side(LAYOUT.length()), side(LAYOUT.length()));
    let (one, two) = (Arc::<Bell>::default(), Arc::<Bell>::default());
    let (words, theirs) = (from.words(), to.words());
    let mut producer = Producer::new(from, words.clone(), LAYOUT, usize::MAX);
    assert_eq!(producer.attach(seen_to.clone()), None);
    let consumer = Consumer::new(theirs.clone(), seen_from, LAYOUT, LONGEST);
    let (own, other) = (Arc::clone(&one), Arc::clone(&two));
    let writer = Writer { producer, sleeper: Sleeper::new(words), peer: seen_to, own, other };
    let reader = Reader { consumer, sleeper: Sleeper::new(theirs), own: two, other: one };
    (writer, reader)
}

impl Writer {
    /// Does what may find no room, sleeping until it finds it.
    fn patiently(&mut self, mut act: impl FnMut(&mut Producer<Heap>) -> Result<(), Refused>) {
        loop {
            match act(&mut self.producer) {
                Ok(()) => return,
                Err(Refused::Full(room)) => self.wait(room),
                Err(Refused::Broken) => panic!("the other side is honest"),
            }
        }
    }

    fn wait(&mut self, room: u64) {
        self.other.ring(self.producer.publish());
        while !self.producer.has_read(room) {
            self.sleeper.announce(Way::Bell, Some(room));
            Sleeper::<Heap>::settle([&self.peer]);
            if !self.producer.has_read(room) {
                self.own.wait();
            }
            self.sleeper.wake();
        }
    }

    fn push(&mut self, kind: Kind, payload: &[u8]) {
        self.patiently(|producer| producer.push(kind, payload));
    }

    fn lend(&mut self, kind: Kind, payload: &[u8]) {
        self.patiently(|producer| producer.lend(payload.len()));
        self.producer.lent_mut().copy_from_slice(payload);
        assert_eq!(self.producer.lent(), payload);
        assert!(self.producer.commit(kind));
    }

    fn write_all(mut self) {
        let (mut records, mut numbers) = (Records::new(), Numbers(1));
        for _ in 0..RECORDS {
            let (kind, payload) = records.next();
            match numbers.below(4) {
                0 => self.lend(kind, &payload),
                _ => self.push(kind, &payload),
            }
            if numbers.below(3) != 0 {
                self.other.ring(self.producer.publish());
            }
        }
        self.other.ring(self.producer.publish());
    }
}

impl Reader {
    fn sleep(&mut self) {
        self.other.ring(self.consumer.release(true));
        self.sleeper.announce(Way::Bell, None);
        Sleeper::<Heap>::settle([self.consumer.peer()]);
        if !self.consumer.is_ready() {
            self.own.wait();
        }
        self.sleeper.wake();
    }

    fn check(&self, seen: &Seen, (kind, payload): (Kind, Vec<u8>)) {
        let found = match &seen.place {
            Place::Copied(at, length) => self.consumer.copied(*at, *length).to_vec(),
            Place::Theirs(at, length) => self.consumer.peer().view(*at, *length).unwrap().to_vec(),
        };
        assert_eq!((seen.kind, found), (kind, payload));
    }

    fn read_all(mut self) {
        let (mut records, mut numbers) = (Records::new(), Numbers(2));
        let mut left = RECORDS;
        while left > 0 {
            let looks = numbers.below(2) == 0;
            let seen = if looks { self.consumer.look() } else { self.consumer.read() };
            let Some(seen) = seen.unwrap() else {
                self.sleep();
                continue;
            };
            self.check(&seen, records.next());
            self.consumer.done(&seen);
            self.other.ring(self.consumer.release(false));
            left -= 1;
        }
        assert!(!self.consumer.is_ready());
    }
}

#[test]
fn records_of_all_sizes_pass_between_threads_that_sleep() {
    let (writer, reader) = ends();
    let writer = thread::spawn(|| writer.write_all());
    reader.read_all();
    writer.join().unwrap();
}

#[test]
fn a_push_gives_up_what_was_lent() {
    let (mut writer, mut reader) = ends();
    writer.producer.lend(LONGEST).unwrap();
    writer.producer.push(Kind::Message, &[1; LONGEST]).unwrap();
    assert!(!writer.producer.commit(Kind::Message));
    writer.producer.publish();
    assert!(reader.consumer.read().unwrap().is_some());
    assert!(reader.consumer.read().unwrap().is_none());
}

#[test]
fn what_was_read_after_a_look_stays_read() {
    let (mut writer, mut reader) = ends();
    for byte in 0..3 {
        writer.producer.push(Kind::Message, &[byte; 12]).unwrap();
    }
    writer.producer.publish();
    let seen = reader.consumer.look().unwrap().unwrap();
    for byte in 0..3 {
        let seen = reader.consumer.read().unwrap().unwrap();
        reader.check(&seen, (Kind::Message, vec![byte; 12]));
    }
    reader.consumer.done(&seen);
    assert!(reader.consumer.read().unwrap().is_none());
}
