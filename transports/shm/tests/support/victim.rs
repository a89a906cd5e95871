//! Both ends of a ring against a hostile peer: they bear it, or find it out, and come to an end.

use super::hostile::{Hostile, Liar, Sink};
use samebox_shm::ring::{Consumer, Kind, Layout, Place, Producer, Refused, Way};

const LAYOUT: Layout = Layout { ring: Layout::LEAST, area: 1024 };

/// The largest payload.
const MAX: usize = 700;

/// Reads what a liar says to have written, until it is found out or says nothing more.
pub(crate) fn read(lies: &[u8]) {
    let peer = Liar::new(lies, LAYOUT.length());
    let words = Sink { length: LAYOUT.length() };
    let mut consumer = Consumer::<Hostile>::new(words, peer, LAYOUT, MAX);
    // A record takes 8 bytes, and without lies there is no more than one ring of them.
    let most = lies.len() + 2 * LAYOUT.ring / 8;
    for step in 0.. {
        assert!(step <= most, "there is no end of it");
        let looks = lies.get(step).is_some_and(|byte| byte % 2 == 0);
        let seen = match if looks { consumer.look() } else { consumer.read() } {
            Ok(Some(seen)) => seen,
            Ok(None) if step < lies.len() => continue,
            Ok(None) | Err(_) => return,
        };
        match &seen.place {
            Place::Copied(at, length) => {
                assert!(consumer.copied(*at, *length).len() <= LAYOUT.ring / 16);
            }
            Place::Theirs(at, length) => {
                assert!(*length <= MAX && at + length <= LAYOUT.length());
            }
        }
        consumer.done(&seen);
        consumer.release(step % 3 == 0);
        consumer.dropped();
    }
}

/// Writes to a ring that a liar says to read.
pub(crate) fn write(lies: &[u8], acts: &[(u8, u16)]) {
    let own = Sink { length: LAYOUT.length() };
    let mut producer = Producer::<Hostile>::new(own.clone(), own, LAYOUT, MAX);
    producer.attach(Liar::new(lies, LAYOUT.length()));
    let mut unread = 0;
    for (act, length) in acts {
        let length = usize::from(*length) % (MAX + 1);
        let done = match act % 8 {
            0..3 => producer.push(Kind::Message, &[0; MAX][..length]),
            3 => producer.push(Kind::Call(7), &[0; MAX][..length]),
            4 => producer.lend(length),
            5 => {
                let _ = producer.commit(Kind::Reply(7));
                Ok(())
            }
            6 => {
                producer.take_back();
                Ok(())
            }
            _ => Ok(()),
        };
        if let Err(Refused::Full(room)) = done {
            producer.has_read(room);
        }
        let way = producer.publish();
        assert!(matches!(way, None | Some(Way::Bell | Way::Line)));
        unread = unread.max(producer.unread());
    }
    assert!(unread <= LAYOUT.ring as u64, "more than a ring is in use");
}
