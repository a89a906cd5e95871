//! The real memory, bells and barrier between two threads and between two processes, with random
//! pauses that bring the writer in and out of leaving its fences out. Nothing is lost, no wake either.

#![cfg(target_os = "linux")]

use samebox_shm::ring::memory::{Reads, Shared, Word};
use samebox_shm::ring::{Consumer, Kind, Layout, Place, Producer, Refused, Seen, Sleeper, Way};
use samebox_sys::memory::{Own, OwnWords, Theirs};
use samebox_sys::unix::{barrier, futex, mapping};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::fd::{AsFd, AsRawFd};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const LAYOUT: Layout = Layout { ring: Layout::LEAST, area: 8192 };

const LONGEST: usize = 1000;

/// How long records are written.
const DURATION: Duration = Duration::from_secs(2);

/// After so long a wake is taken to be lost.
const PATIENCE: Duration = Duration::from_secs(20);

const BELL: usize = Word::Bell as usize;

/// Numbers that look random; both sides draw the same for the sizes of records.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % end
    }

    /// The payload of the record of that number.
    fn payload(&mut self, index: u64) -> Vec<u8> {
        let longest = if self.below(16) == 0 { LONGEST } else { 64 };
        vec![index as u8; self.below(longest)]
    }

    /// From nothing to some ten microseconds.
    fn pause(&mut self, mut until: impl FnMut() -> bool) {
        for _ in 0..1 << self.below(12) {
            if until() {
                return;
            }
            std::hint::spin_loop();
        }
    }
}

/// How one side sleeps and wakes the other.
struct Sleep {
    sleeper: Sleeper<Shared>,
    words: OwnWords,
    peer: Theirs,
    /// Sleeps in which the other side had its fences left out.
    barriers: u64,
}

impl Sleep {
    fn new(words: &OwnWords, peer: &Theirs) -> Self {
        let (words, peer) = (words.clone(), peer.clone());
        Self { sleeper: Sleeper::new(words.clone()), words, peer, barriers: 0 }
    }

    fn wake_other(&self, way: Option<Way>) {
        if way.is_some() {
            futex::ring(&self.words, BELL);
        }
    }

    /// Sleeps unless something is `ready` at the last look.
    fn unless(&mut self, room: Option<u64>, ready: impl FnOnce() -> bool) {
        let heard = futex::bell(&self.peer, BELL);
        self.sleeper.announce(Way::Bell, room);
        self.barriers += self.peer.load(Word::Fenceless);
        Sleeper::<Shared>::settle([&self.peer]);
        if !ready() {
            let is_late = futex::wait(&self.peer, BELL, heard, Some(PATIENCE));
            assert!(!is_late, "a wake was lost");
        }
        self.sleeper.wake();
    }
}

/// Writes for a while; the last record says how many there were.
fn write(own: Own, peer: &Theirs) {
    let mut sleep = Sleep::new(&own.words(), peer);
    let words = own.words();
    let mut producer = Producer::<Shared>::new(own, words, LAYOUT, usize::MAX);
    let way = producer.attach(peer.clone());
    sleep.wake_other(way);
    let (mut payloads, mut pauses) = (Numbers(7), Numbers(1));
    let (begin, mut index) = (Instant::now(), 0);
    while begin.elapsed() < DURATION {
        for _ in 0..1 + pauses.below(300) {
            push(&mut producer, &mut sleep, Kind::Message, &payloads.payload(index));
            index += 1;
        }
        // Nothing more comes that would make a lost wake good.
        let written = Instant::now();
        while producer.unread() > 0 {
            assert!(written.elapsed() < PATIENCE, "a wake was lost");
            pauses.pause(|| false);
            thread::yield_now();
        }
    }
    push(&mut producer, &mut sleep, Kind::Fault(index), &[]);
}

fn push(producer: &mut Producer<Shared>, sleep: &mut Sleep, kind: Kind, payload: &[u8]) {
    loop {
        match producer.push(kind, payload) {
            Ok(()) => return sleep.wake_other(producer.publish()),
            Err(Refused::Full(room)) => {
                while !producer.has_read(room) {
                    sleep.unless(Some(room), || producer.has_read(room));
                }
            }
            Err(Refused::Broken) => panic!("the other side is honest"),
        }
    }
}

/// Reads all that is written; the writer must have left its fences out now and then.
fn read(own: &Own, peer: &Theirs) {
    let mut sleep = Sleep::new(&own.words(), peer);
    let mut consumer = Consumer::<Shared>::new(own.words(), peer.clone(), LAYOUT, LONGEST);
    let (mut payloads, mut pauses) = (Numbers(7), Numbers(2));
    let mut index = 0;
    let total = loop {
        let looks = pauses.below(4) == 0;
        let seen = if looks { consumer.look() } else { consumer.read() }.unwrap();
        match seen {
            Some(Seen { kind: Kind::Fault(total), .. }) => break total,
            Some(seen) => {
                check(&consumer, &seen, &payloads.payload(index));
                consumer.done(&seen);
                sleep.wake_other(consumer.release(false));
                index += 1;
            }
            None => {
                sleep.wake_other(consumer.release(true));
                pauses.pause(|| consumer.is_ready());
                sleep.unless(None, || consumer.is_ready());
            }
        }
    };
    assert_eq!(index, total);
    println!("{total} records, {} barriers", sleep.barriers);
    assert!(sleep.barriers > 0 || !barrier::is_offered(), "it was never without fences");
}

fn check(consumer: &Consumer<Shared>, seen: &Seen, payload: &[u8]) {
    assert_eq!(seen.kind, Kind::Message);
    match &seen.place {
        Place::Copied(at, length) => assert_eq!(consumer.copied(*at, *length), payload),
        Place::Theirs(at, length) => {
            assert_eq!(consumer.peer().view(*at, *length).unwrap().to_vec(), payload);
        }
    }
}

fn open(memory: impl AsFd) -> Theirs {
    mapping::open(memory, LAYOUT.length()).unwrap()
}

#[test]
fn nothing_is_lost_between_two_threads() {
    let (from, seen_from) = mapping::create(LAYOUT.length()).unwrap();
    let (to, seen_to) = mapping::create(LAYOUT.length()).unwrap();
    let writer = thread::spawn(move || write(from, &open(seen_to)));
    read(&to, &open(seen_from));
    writer.join().unwrap();
}

/// Where this test, run again in another process, finds the memory of the first.
const PEER: &str = "SAMEBOX_STRESS_PEER";

#[test]
fn nothing_is_lost_between_two_processes() {
    let (own, memory) = mapping::create(LAYOUT.length()).unwrap();
    let place = format!("/proc/{}/fd/{}", std::process::id(), memory.as_raw_fd());
    if let Ok(peer) = std::env::var(PEER) {
        println!("memory={place} ");
        return read(&own, &open(File::open(peer).unwrap()));
    }
    let mut other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "nothing_is_lost_between_two_processes", "--nocapture"])
        .env(PEER, place)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(other.stdout.take().unwrap()).lines().map(Result::unwrap);
    let place = lines.find_map(|line| Some(line.split_once("memory=")?.1.trim().to_owned()));
    write(own, &open(File::open(place.unwrap()).unwrap()));
    let said: Vec<_> = lines.collect();
    assert!(other.wait().unwrap().success(), "{said:?}");
    said.iter().filter(|line| line.contains("barriers")).for_each(|line| println!("{line}"));
}
