//! The ring and its sleep under loom: in every order of their steps, and with every value that the
//! memory model lets a load give, records arrive whole, in order and once, nothing is written while it
//! may be read, and nobody sleeps for ever.
//!
//! Each model tells how many executions there were (`--nocapture`).

// The models are the same on every system, and one explores them all; loom's own stacks end in an abort
// under Wine.
#![cfg(target_os = "linux")]

#[path = "support/checked.rs"]
mod checked;

use checked::{Bell, Checked, Side};
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;
use samebox_shm::ring::memory::Reads;
use samebox_shm::ring::{Consumer, Kind, Layout, Place, Producer, Refused, Seen, Sleeper, Way};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// One block, large enough for [`LARGE`].
const LAYOUT: Layout = Layout { ring: Layout::LEAST, area: 320 };

/// Too large for the ring itself.
const LARGE: usize = 264;

/// What a record of the longest payload in the ring takes.
const RECORD: usize = LAYOUT.ring / 16 + 8;

/// Explores all of a model and tells its size.
fn explore(name: &str, model: impl Fn() + Send + Sync + 'static) {
    explore_bounded(name, None, model);
}

/// Explores a model as far as no thread is stopped more than `stops` times where it could have gone on.
fn explore_bounded(name: &str, stops: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let executions = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&executions);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = stops;
    builder.max_branches = 10_000;
    builder.check(move || {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        model();
    });
    println!("{name}: {executions:?} executions");
}

/// The two ends of one ring, and how their sides sleep.
struct Ring {
    writer: Writer,
    reader: Reader,
}

struct Writer {
    producer: Producer<Checked>,
    sleep: Sleep,
}

struct Reader {
    consumer: Consumer<Checked>,
    sleep: Sleep,
}

/// How one side sleeps and wakes the other.
struct Sleep {
    sleeper: Sleeper<Checked>,
    own: Arc<Bell>,
    other: Arc<Bell>,
    peer: Rc<Side>,
}

impl Sleep {
    fn pair(one: &Rc<Side>, two: &Rc<Side>) -> (Self, Self) {
        let (first, second) = (Arc::new(Bell::new()), Arc::new(Bell::new()));
        let end = |own: &Rc<Side>, peer: &Rc<Side>, bell: &Arc<Bell>, other: &Arc<Bell>| Self {
            sleeper: Sleeper::new(own.words()),
            own: Arc::clone(bell),
            other: Arc::clone(other),
            peer: Rc::clone(peer),
        };
        (end(one, two, &first, &second), end(two, one, &second, &first))
    }

    fn wake_other(&self, way: Option<Way>) {
        if way.is_some() {
            self.other.ring();
        }
    }

    /// Sleeps unless something is `ready` at the last look.
    fn unless(&mut self, room: Option<u64>, ready: impl FnOnce() -> bool) {
        self.sleeper.announce(Way::Bell, room);
        Sleeper::<Checked>::settle(&[self.peer.peer()]);
        if !ready() {
            self.own.wait();
        }
        self.sleeper.wake();
    }
}

impl Ring {
    fn new() -> Self {
        let (from, to) = (Side::new(LAYOUT.length()), Side::new(LAYOUT.length()));
        let (one, two) = Sleep::pair(&from, &to);
        let mut producer = Producer::new(from.own(), from.words(), LAYOUT, usize::MAX);
        assert_eq!(producer.attach(to.peer()), None);
        let consumer = Consumer::new(to.words(), from.peer(), LAYOUT, LARGE);
        Self { writer: Writer { producer, sleep: one }, reader: Reader { consumer, sleep: two } }
    }

    /// A ring of which all is free, and in which the next record begins at that place.
    fn at(position: usize) -> Self {
        let mut ring = Self::new();
        let records = position.div_ceil(RECORD);
        for index in 0..records {
            let size = RECORD.min(position - index * RECORD);
            ring.writer.producer.push(Kind::Message, &vec![0; size - 8]).unwrap();
        }
        assert_eq!(ring.writer.producer.publish(), None);
        (0..records).for_each(|_| assert!(ring.reader.consumer.read().unwrap().is_some()));
        assert_eq!(ring.reader.consumer.release(true), None);
        ring.watched()
    }

    /// A ring in which there is no room; each record's number is its first byte.
    fn full() -> (Self, u8) {
        let mut ring = Self::new();
        let mut number = 0;
        while ring.writer.producer.push(Kind::Message, &payload(number, RECORD - 8)).is_ok() {
            number += 1;
        }
        assert_eq!(ring.writer.producer.publish(), None);
        (ring.watched(), number)
    }

    /// From here on there may be two threads.
    fn watched(self) -> Self {
        self.writer.sleep.peer.watch();
        self.reader.sleep.peer.watch();
        self
    }
}

fn payload(number: u8, length: usize) -> Vec<u8> {
    vec![number; length]
}

impl Writer {
    /// Writes and tells of one record; `false` when there is no room.
    fn push(&mut self, number: u8, length: usize) -> bool {
        match self.producer.push(Kind::Message, &payload(number, length)) {
            Ok(()) => self.sleep.wake_other(self.producer.publish()),
            Err(Refused::Full(_)) => return false,
            Err(Refused::Broken) => panic!("the other side is honest"),
        }
        true
    }

    /// Writes a record, sleeping until there is room.
    fn push_patiently(&mut self, number: u8, length: usize) {
        loop {
            match self.producer.push(Kind::Message, &payload(number, length)) {
                Ok(()) => return self.sleep.wake_other(self.producer.publish()),
                Err(Refused::Full(room)) => self.wait_for_room(room),
                Err(Refused::Broken) => panic!("the other side is honest"),
            }
        }
    }

    fn wait_for_room(&mut self, room: u64) {
        while !self.producer.has_read(room) {
            let Self { producer, sleep } = self;
            sleep.unless(Some(room), || producer.has_read(room));
        }
    }
}

impl Reader {
    /// The number of a record, after all of it was looked at.
    fn check(&self, seen: &Seen, length: usize) -> u8 {
        assert_eq!(seen.kind, Kind::Message);
        let payload = match &seen.place {
            Place::Copied(at, length) => self.consumer.copied(*at, *length).to_vec(),
            Place::Theirs(at, length) => {
                let mut payload = Vec::new();
                assert!(self.consumer.peer().append(*at, *length, &mut payload));
                payload
            }
        };
        assert_eq!(payload, vec![payload[0]; length], "a record is whole");
        payload[0]
    }

    fn read(&mut self, length: usize) -> Option<u8> {
        let seen = self.consumer.read().unwrap()?;
        Some(self.check(&seen, length))
    }

    fn look(&mut self, length: usize) -> Option<u8> {
        let seen = self.consumer.look().unwrap()?;
        let number = self.check(&seen, length);
        self.consumer.done(&seen);
        Some(number)
    }

    fn release(&mut self) {
        let way = self.consumer.release(true);
        self.sleep.wake_other(way);
    }

    /// Reads one record, sleeping until it comes.
    fn read_patiently(&mut self, length: usize) -> u8 {
        loop {
            if let Some(number) = self.read(length) {
                return number;
            }
            let Self { consumer, sleep } = self;
            sleep.unless(None, || consumer.is_ready());
        }
    }
}

/// Two records while the other side looks twice; what it did not see by then is there afterwards.
fn two_records_arrive(position: usize, length: usize, take: fn(&mut Reader, usize) -> Option<u8>) {
    let Ring { mut writer, mut reader } = Ring::at(position);
    let writer = thread::spawn(move || {
        assert!(writer.push(0, length) && writer.push(1, length));
    });
    let mut next = 0;
    let mut take_in = |reader: &mut Reader| {
        while let Some(number) = take(reader, length) {
            assert_eq!(number, next, "records come in order and once");
            next += 1;
            reader.release();
        }
    };
    take_in(&mut reader);
    take_in(&mut reader);
    writer.join().unwrap();
    take_in(&mut reader);
    assert_eq!(next, 2);
}

#[test]
fn records_arrive_whole_in_order_and_once() {
    explore("records", || two_records_arrive(0, 16, Reader::read));
    explore("records looked at", || two_records_arrive(0, 16, Reader::look));
}

#[test]
fn records_go_on_at_the_beginning_of_the_ring() {
    // One record fits before the end; the other leaves 8 bytes out.
    const POSITION: usize = LAYOUT.ring - 32;
    explore("wrap", || two_records_arrive(POSITION, 16, Reader::read));
    explore("wrap looked at", || two_records_arrive(POSITION, 16, Reader::look));
}

/// Writes to memory that the other side gives back while it reads on.
fn memory_is_used_again(take: fn(&mut Reader, usize) -> Option<u8>) {
    let (Ring { mut writer, mut reader }, first) = Ring::full();
    let length = RECORD - 8;
    let writer = thread::spawn(move || {
        // There is room for the first only when the other side was quick.
        let pushed = u8::from(writer.push(first, length));
        (writer, pushed)
    });
    for number in 0..2 {
        assert_eq!(take(&mut reader, length), Some(number));
        reader.release();
    }
    let (mut writer, mut pushed) = writer.join().unwrap();
    pushed += u8::from(writer.push(first + pushed, length));
    for number in 2..first + pushed {
        assert_eq!(take(&mut reader, length), Some(number));
    }
    assert_eq!(take(&mut reader, length), None);
}

#[test]
fn room_in_the_ring_is_used_again_only_after_it_was_read() {
    explore("reuse", || memory_is_used_again(Reader::read));
    explore("reuse looked at", || memory_is_used_again(Reader::look));
}

/// The only block is taken, read, given back and taken again.
fn block_is_used_again(take: fn(&mut Reader, usize) -> Option<u8>) {
    let Ring { mut writer, mut reader } = Ring::at(0);
    assert!(writer.push(0, LARGE) && !writer.push(1, LARGE));
    let writer = thread::spawn(move || {
        let pushed = writer.push(1, LARGE) || writer.push(1, LARGE);
        (writer, pushed)
    });
    assert_eq!(take(&mut reader, LARGE), Some(0));
    reader.release();
    let early = take(&mut reader, LARGE);
    let (mut writer, pushed) = writer.join().unwrap();
    assert!(pushed || writer.push(1, LARGE));
    assert_eq!(early.or_else(|| take(&mut reader, LARGE)), Some(1));
}

#[test]
fn a_block_is_used_again_only_after_it_was_read() {
    explore("block", || block_is_used_again(Reader::read));
    explore("block looked at", || block_is_used_again(Reader::look));
}

#[test]
fn no_wake_is_lost_when_records_come() {
    explore_bounded("wake", Some(5), || {
        let Ring { mut writer, mut reader } = Ring::at(0);
        let writer = thread::spawn(move || {
            assert!(writer.push(0, 8) && writer.push(1, 8));
        });
        assert_eq!(reader.read_patiently(8), 0);
        assert_eq!(reader.read_patiently(8), 1);
        writer.join().unwrap();
    });
}

#[test]
fn no_wake_is_lost_when_room_comes() {
    explore("room", || {
        let (Ring { mut writer, mut reader }, first) = Ring::full();
        let length = RECORD - 8;
        let writer = thread::spawn(move || writer.push_patiently(first, length));
        let half = first / 2;
        for number in 0..first {
            assert_eq!(reader.read(length), Some(number));
            // Once just before there is enough room, once after it.
            if number + 1 == half || number + 1 == first {
                reader.release();
            }
        }
        writer.join().unwrap();
        assert_eq!(reader.read(length), Some(first));
    });
}

#[test]
fn whoever_waits_for_room_again_is_woken_again() {
    explore_bounded("room twice", Some(4), || {
        let (Ring { mut writer, mut reader }, _) = Ring::full();
        let writer = thread::spawn(move || {
            writer.wait_for_room(RECORD as u64);
            writer.wait_for_room(2 * RECORD as u64);
        });
        for number in 0..2 {
            assert_eq!(reader.read(RECORD - 8), Some(number));
            reader.release();
        }
        writer.join().unwrap();
    });
}

#[test]
fn no_wake_is_lost_when_both_sides_sleep_in_turn() {
    explore_bounded("room and wake", Some(4), || {
        let (Ring { mut writer, mut reader }, first) = Ring::full();
        let length = RECORD - 8;
        let writer = thread::spawn(move || writer.push_patiently(first, length));
        for number in 0..first {
            assert_eq!(reader.read(length), Some(number));
        }
        reader.release();
        assert_eq!(reader.read_patiently(length), first);
        writer.join().unwrap();
    });
}

/// One end of two rings: the side that asks, or the one that answers.
struct Both {
    writer: Producer<Checked>,
    reader: Consumer<Checked>,
    sleep: Sleep,
}

impl Both {
    fn pair() -> (Self, Self) {
        let (one, two) = (Side::new(LAYOUT.length()), Side::new(LAYOUT.length()));
        let (first, second) = Sleep::pair(&one, &two);
        let end = |own: &Rc<Side>, peer: &Rc<Side>, sleep| {
            let mut writer = Producer::new(own.own(), own.words(), LAYOUT, usize::MAX);
            assert_eq!(writer.attach(peer.peer()), None);
            let reader = Consumer::new(own.words(), peer.peer(), LAYOUT, LARGE);
            Self { writer, reader, sleep }
        };
        let ends = (end(&one, &two, first), end(&two, &one, second));
        one.watch();
        two.watch();
        ends
    }

    fn send(&mut self, kind: Kind) {
        self.writer.push(kind, &[]).unwrap();
        let way = self.writer.publish();
        self.sleep.wake_other(way);
    }

    fn receive(&mut self) -> Kind {
        loop {
            if let Some(seen) = self.reader.read().unwrap() {
                return seen.kind;
            }
            let way = self.reader.release(true);
            self.sleep.wake_other(way);
            let Self { reader, sleep, .. } = self;
            sleep.unless(None, || reader.is_ready());
        }
    }
}

#[test]
fn a_question_and_its_answer_wake_both_sides() {
    explore("question and answer", || {
        let (mut client, mut server) = Both::pair();
        let server = thread::spawn(move || {
            let Kind::Call(number) = server.receive() else { panic!("no question") };
            server.send(Kind::Reply(number));
        });
        client.send(Kind::Call(7));
        assert_eq!(client.receive(), Kind::Reply(7));
        server.join().unwrap();
    });
}

/// A client may send before its server has let it in, and cannot wake it then.
#[test]
fn what_was_sent_before_the_welcome_is_not_slept_through() {
    explore("welcome", || {
        let (from, to) = (Side::new(LAYOUT.length()), Side::new(LAYOUT.length()));
        let (one, two) = Sleep::pair(&from, &to);
        let mut producer = Producer::<Checked>::new(from.own(), from.words(), LAYOUT, usize::MAX);
        let consumer = Consumer::new(to.words(), from.peer(), LAYOUT, LARGE);
        from.watch();
        let welcome = Arc::new(AtomicBool::new(false));
        let welcomed = Arc::clone(&welcome);
        let client = thread::spawn(move || {
            producer.push(Kind::Message, &payload(3, 8)).unwrap();
            assert_eq!(producer.publish(), None, "nobody is known whom to wake");
            // If it is not there yet, the server has yet to look.
            if welcomed.load(Ordering::Acquire) {
                let way = producer.attach(one.peer.peer());
                one.wake_other(way);
            }
        });
        welcome.store(true, Ordering::Release);
        let mut reader = Reader { consumer, sleep: two };
        assert_eq!(reader.read_patiently(8), 3);
        client.join().unwrap();
    });
}
