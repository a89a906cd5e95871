//! No wake is lost while a writer leaves its fences out, when it begins to and when it stops: the ring
//! itself, in every order of its steps and of its stores' arrival, over memory that has the barrier.

#[path = "support/buffered.rs"]
mod buffered;

use buffered::{Buffered, Handle, World, explore};
use samebox_shm::ring::memory::{Reads, Word};
use samebox_shm::ring::{Consumer, Kind, Layout, Place, Producer, Sleeper, Way};
use std::sync::Arc;

const LAYOUT: Layout = Layout { ring: Layout::LEAST, area: 0 };

/// Records after which a writer leaves its fences out; to make the reader known counts as one more.
const CALM: u8 = 63;

type Act = Box<dyn FnOnce() + Send>;

fn write(producer: &mut Producer<Buffered>, own: &Handle, number: u8) {
    producer.push(Kind::Message, &[number]).unwrap();
    if producer.publish().is_some() {
        own.ring();
    }
}

fn read(consumer: &mut Consumer<Buffered>) -> Option<u8> {
    let Place::Copied(at, 1) = consumer.read().unwrap()?.place else { panic!("one byte") };
    Some(consumer.copied(at, 1)[0])
}

/// A writer that has had so many calm records, and a reader that sleeps before each of those to come.
fn writer_and_reader(world: &Arc<World>, calm: u8, records: u8) -> [Act; 2] {
    let (from, to) = (world.side(0), world.side(1));
    let mut producer = Producer::new(from.clone(), from.clone(), LAYOUT, 0);
    assert_eq!(producer.attach(to.clone()), None);
    let mut consumer = Consumer::<Buffered>::new(to.clone(), from.clone(), LAYOUT, 1);
    for number in 0..calm {
        write(&mut producer, &from, number);
        assert_eq!(read(&mut consumer), Some(number));
    }
    assert_eq!(from.load(Word::Fenceless), u64::from(calm >= CALM));
    let mut sleeper = Sleeper::<Buffered>::new(to.clone());
    let peer = from.clone();
    let writer = move || (0..records).for_each(|number| write(&mut producer, &from, number));
    let reader = move || {
        for number in 0..records {
            let found = loop {
                if let Some(found) = read(&mut consumer) {
                    break found;
                }
                sleeper.announce(Way::Bell, None);
                Sleeper::<Buffered>::settle([&peer]);
                if !consumer.is_ready() {
                    to.sleep();
                }
                sleeper.wake();
            };
            assert_eq!(found, number);
        }
    };
    [Box::new(writer), Box::new(reader)]
}

fn no_wake_is_lost(name: &str, calm: u8, records: u8, stops: usize) {
    let executions =
        explore(stops, LAYOUT.length(), |world| writer_and_reader(world, calm, records));
    println!("{name}: {executions} executions");
}

#[test]
fn no_wake_is_lost_with_fences() {
    no_wake_is_lost("with fences", 0, 2, 4);
}

#[test]
fn no_wake_is_lost_without_fences() {
    no_wake_is_lost("without fences", CALM, 2, 4);
}

#[test]
fn no_wake_is_lost_when_fences_begin_to_be_left_out() {
    no_wake_is_lost("at the first record without a fence", CALM - 1, 2, 4);
    no_wake_is_lost("before it", CALM - 2, 3, 3);
}
