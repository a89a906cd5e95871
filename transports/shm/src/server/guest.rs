//! One client of a server.

use super::link::Link;
use crate::options::Options;
use crate::ring::memory::{Reads, Shared, Word, Words};
use crate::ring::{Consumer, Producer, Sleeper, Way};
use crate::spin::Told;
use crate::system::{self, ServerLine};
use crate::terms::Terms;
use samebox_core::{Endpoint, Peer};
use samebox_stream::Hub;
use samebox_sys::memory::{OwnWords, Theirs};
use std::io;
use std::sync::Arc;
use std::time::Instant;

/// Someone who has come to the rendezvous.
#[derive(Debug)]
pub(super) enum Guest {
    /// It has not said yet what its memory is.
    Stranger { line: ServerLine, peer: Arc<Peer>, since: Instant },
    /// It is in.
    Client(Box<Client>),
}

/// A client that is in.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) link: Arc<Link>,
    pub(super) peer: Arc<Peer>,
    pub(super) consumer: Consumer<Shared>,
    pub(super) words: OwnWords,
    sleeper: Sleeper<Shared>,
    /// It is looked at again and again, and need not ring.
    pub(super) hot: bool,
    /// Its life line has ended: what is in its ring is all that comes.
    pub(super) ended: bool,
    /// Messages that it says to have dropped, as far as they are counted.
    dropped: u64,
    /// The core that this server was last said to run on.
    core: Told,
}

impl Client {
    /// Lets a client in whose memory has come.
    pub(super) fn welcome(
        line: ServerLine,
        peer: Arc<Peer>,
        (terms, theirs): (Terms, Theirs),
        (options, endpoint): (&Options, &Arc<Endpoint>),
        (token, hub): (usize, Arc<Hub>),
    ) -> io::Result<Self> {
        let offer = Terms::offer(options);
        let (own, pass) = system::create(offer.layout.length())?;
        let words = own.words();
        words.store(Word::Barrier, system::can_order().into());
        let budget = options.capacity;
        let mut producer = Producer::new(own, words.clone(), offer.layout, budget);
        if theirs.load(Word::Barrier) != 1 {
            producer.keep_fences();
        }
        // Before it is welcome it does not sleep; from then on each of its sleeps is to be ended.
        let _ = producer.attach(theirs.clone());
        match line.welcome(offer, &pass) {
            // It is gone already, but what it has sent counts.
            Err(error) if is_gone(&error) => {}
            other => other?,
        }
        let consumer = Consumer::new(words.clone(), theirs, terms.layout, options.max);
        let consumer = consumer.of(Arc::clone(&peer));
        let link = Link::new(
            line,
            words.clone(),
            producer,
            (token, hub),
            (terms.max.min(options.max), Arc::clone(endpoint)),
        );
        Ok(Self {
            link: Arc::new(link),
            peer,
            consumer,
            sleeper: Sleeper::new(words.clone()),
            words,
            hot: false,
            ended: false,
            dropped: 0,
            core: Told::default(),
        })
    }

    /// Tells it how far its ring is free again, when that is worth it or it must be `now`.
    #[inline]
    pub(super) fn release(&mut self, now: bool) {
        if let Some(way) = self.consumer.release(now) {
            self.link.wake(Some(way));
        }
    }

    /// Announces that this server will not look at it any more unless it rings.
    pub(super) fn cool(&mut self, room: Option<u64>) {
        self.sleeper.announce(Way::Bell, room);
    }

    /// Takes that back.
    pub(super) fn heat(&mut self) {
        self.sleeper.wake();
    }

    /// Whether it runs on another core than this thread, as far as either has said.
    pub(super) fn is_apart(&mut self, core: usize) -> bool {
        self.core.tell(core, &self.words);
        self.core.is_apart(self.consumer.peer())
    }

    /// How many messages it has dropped since the last call.
    pub(super) fn newly_dropped(&mut self) -> u64 {
        let dropped = self.consumer.dropped();
        let new = dropped.saturating_sub(self.dropped);
        self.dropped = self.dropped.max(dropped);
        new
    }

    /// Tells it that the server has taken its leave.
    pub(super) fn take_leave(&mut self) {
        self.words.store(Word::Closed, 1);
        self.link.leave();
    }
}

/// Whether that means that the other side is there no more.
pub(super) fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
}
