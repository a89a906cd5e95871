//! Whatever is written in whatever order comes out as from a queue, and nothing a peer says can harm.

#[path = "support/heap_memory.rs"]
mod heap_memory;
#[path = "support/hostile.rs"]
mod hostile;
#[path = "support/victim.rs"]
mod victim;

use heap_memory::{Heap, side};
use proptest::prelude::*;
use samebox_shm::ring::{Consumer, Kind, Layout, Place, Producer, Refused, Seen};
use std::collections::VecDeque;

const LAYOUT: Layout = Layout { ring: Layout::LEAST, area: 1536 };

/// All of the area.
const LONGEST: usize = 1536;

/// Miri takes a thousand times as long.
const CASES: u32 = if cfg!(miri) { 4 } else { 500 };

#[derive(Clone, Copy, Debug)]
enum Act {
    Push(usize),
    Lend(usize),
    Commit,
    TakeBack,
    Publish,
    Read,
    Look,
    Done,
    Release(bool),
}

fn act() -> impl Strategy<Value = Act> {
    let length = prop_oneof![4 => 0..300usize, 1 => 0..=LONGEST];
    prop_oneof![
        6 => length.clone().prop_map(Act::Push),
        2 => length.prop_map(Act::Lend),
        2 => Just(Act::Commit),
        1 => Just(Act::TakeBack),
        4 => Just(Act::Publish),
        6 => Just(Act::Read),
        2 => Just(Act::Look),
        2 => Just(Act::Done),
        3 => any::<bool>().prop_map(Act::Release),
    ]
}

/// A ring, and the queue that it is to be like.
struct Compared {
    producer: Producer<Heap>,
    consumer: Consumer<Heap>,
    /// Written and not yet read; so many of them are published.
    queue: VecDeque<(Kind, Vec<u8>)>,
    published: usize,
    lent: Option<Vec<u8>>,
    looked_at: Option<Seen>,
    written: u64,
    /// What the last refusal said is worth waiting for.
    awaited: u64,
}

impl Compared {
    fn new() -> Self {
        let ((from, seen_from), (to, seen_to)) = (side(LAYOUT.length()), side(LAYOUT.length()));
        let words = from.words();
        let mut producer = Producer::new(from, words, LAYOUT, 1024);
        assert_eq!(producer.attach(seen_to), None);
        let consumer = Consumer::new(to.words(), seen_from, LAYOUT, LONGEST);
        Self {
            producer,
            consumer,
            queue: VecDeque::new(),
            published: 0,
            lent: None,
            looked_at: None,
            written: 0,
            awaited: 0,
        }
    }

    fn payload(&self, length: usize) -> Vec<u8> {
        (0..length).map(|at| (at as u64 ^ self.written) as u8).collect()
    }

    fn kind(&self) -> Kind {
        match self.written % 4 {
            0 => Kind::Call(self.written),
            1 => Kind::Reply(self.written),
            _ => Kind::Message,
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Push(length) => self.push(length),
            Act::Lend(length) => self.lend(length),
            Act::Commit => self.commit(),
            Act::TakeBack => {
                self.producer.take_back();
                self.lent = None;
            }
            Act::Publish => self.publish(),
            Act::Read => self.read(),
            Act::Look => self.look(),
            Act::Done => self.done(),
            Act::Release(now) => assert_eq!(self.consumer.release(now), None, "nobody sleeps"),
        }
    }

    fn push(&mut self, length: usize) {
        let (kind, payload) = (self.kind(), self.payload(length));
        self.lent = None;
        match self.producer.push(kind, &payload) {
            Ok(()) => self.wrote(kind, payload),
            Err(refused) => self.refused(refused),
        }
    }

    fn lend(&mut self, length: usize) {
        self.lent = None;
        if let Err(refused) = self.producer.lend(length) {
            return self.refused(refused);
        }
        let payload = self.payload(length);
        self.producer.lent_mut().copy_from_slice(&payload);
        self.lent = Some(payload);
    }

    fn commit(&mut self) {
        let kind = self.kind();
        let _ = self.producer.commit(kind);
        if let Some(payload) = self.lent.take() {
            self.wrote(kind, payload);
        }
    }

    fn wrote(&mut self, kind: Kind, payload: Vec<u8>) {
        self.queue.push_back((kind, payload));
        self.written += 1;
    }

    /// Who is refused can wait for something, and it is not there yet.
    fn refused(&mut self, refused: Refused) {
        let Refused::Full(room) = refused else { panic!("the other side is honest") };
        self.publish();
        assert!(!self.producer.has_read(room));
        self.awaited = room;
    }

    fn publish(&mut self) {
        assert_eq!(self.producer.publish(), None, "nobody sleeps");
        self.published = self.queue.len();
    }

    fn read(&mut self) {
        self.done();
        let seen = self.consumer.read().unwrap();
        self.check(seen.as_ref());
        self.taken(seen.is_some());
    }

    fn look(&mut self) {
        self.done();
        self.looked_at = self.consumer.look().unwrap();
        self.check(self.looked_at.as_ref());
    }

    fn done(&mut self) {
        if let Some(seen) = self.looked_at.take() {
            // It is as it was, whatever was written meanwhile.
            self.check(Some(&seen));
            self.consumer.done(&seen);
            self.taken(true);
        }
    }

    fn check(&self, seen: Option<&Seen>) {
        let found = seen.map(|seen| {
            let payload = match &seen.place {
                Place::Copied(at, length) => self.consumer.copied(*at, *length).to_vec(),
                Place::Theirs(at, length) => {
                    self.consumer.peer().view(*at, *length).unwrap().to_vec()
                }
            };
            (seen.kind, payload)
        });
        let due = if self.published == 0 { None } else { self.queue.front() };
        assert_eq!(found.as_ref(), due);
    }

    fn taken(&mut self, any: bool) {
        if any {
            self.queue.pop_front();
            self.published -= 1;
        }
    }

    /// All comes out, and then there is room for all sizes again.
    fn finish(mut self) {
        self.publish();
        while !self.queue.is_empty() {
            self.read();
        }
        assert!(!self.consumer.is_ready());
        self.consumer.release(true);
        assert!(self.producer.has_read(self.awaited));
        for length in [LONGEST, 256, 0] {
            self.consumer.release(true);
            self.producer.push(Kind::Message, &vec![0; length]).unwrap();
            self.producer.publish();
            assert!(self.consumer.read().unwrap().is_some());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..<_>::default() })]

    #[test]
    fn a_ring_is_a_queue(acts in prop::collection::vec(act(), 0..200)) {
        let mut ring = Compared::new();
        acts.into_iter().for_each(|act| ring.act(act));
        ring.finish();
    }

    #[test]
    fn a_reader_bears_any_peer(lies in prop::collection::vec(any::<u8>(), 0..600)) {
        victim::read(&lies);
    }

    #[test]
    fn a_writer_bears_any_peer(
        lies in prop::collection::vec(any::<u8>(), 0..300),
        acts in prop::collection::vec(any::<(u8, u16)>(), 0..100),
    ) {
        victim::write(&lies, &acts);
    }
}
