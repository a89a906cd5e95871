//! A session: messages both ways over one connection, the same for clients and servers.
//!
//! Sending is for any thread. There is no thread that only reads: whoever waits for an answer and
//! finds nobody reading reads for all, hands other answers to who waits for them, and executes calls
//! that come in between. So a round trip takes no hand-over between threads.

mod arrival;
mod inbound;
mod outbound;
mod reading;
mod sending;
mod serving;
mod state;

pub(crate) use arrival::Arrival;
pub(crate) use inbound::{Inbound, NoRecord};
pub(crate) use outbound::{NotSent, write_whole};
pub(crate) use serving::{Handler, NoAnswer};
pub(crate) use state::Ended;

use crate::server::Opened;
use outbound::Outbound;
use reading::Reading;
use samebox_core::{Deadline, Endpoint, Peer};
use samebox_stream::Duplex;
use samebox_wcf_wire::framing::{Encoding, Mode};
use state::State;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// Messages both ways over one connection, until one side ends it.
pub(crate) struct Session {
    link: Arc<dyn Duplex>,
    peer: Peer,
    side: Side,
    /// As it stands in errors.
    endpoint: Endpoint,
    /// The address of the service as it stands in messages.
    uri: String,
    /// How many bytes an envelope may have.
    max: usize,
    /// How long nothing may come.
    idle: Option<Duration>,
    /// What the ids of calls made here begin with.
    series: u64,
    /// An address that was found to be that of the service.
    pub(crate) known_to: OnceLock<String>,
    handler: OnceLock<Arc<dyn Handler>>,
    state: Mutex<State>,
    reading: Mutex<Reading>,
    outbound: Mutex<Outbound>,
    /// A thread writes what did not fit at once.
    is_drained: AtomicBool,
}

/// Which side of a session this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// What a session needs to know of its endpoint.
pub(crate) struct Terms<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) uri: &'a str,
    pub(crate) max: usize,
    pub(crate) idle: Option<Duration>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    /// The server's side of a connection whose client has said what it wants.
    pub(crate) fn of_server(terms: &Terms<'_>, opened: Opened) -> Self {
        let Opened { link, peer, opening, inbound } = opened;
        let is_streamed = opening.mode == Mode::Singleton;
        let has_words = opening.encoding == Encoding::BinarySession;
        let reading = Reading::new(inbound, terms.max, has_words);
        Self::new(link, peer, Side::Server, terms, reading, has_words && !is_streamed)
    }

    /// The client's side of a connection whose server has agreed.
    pub(crate) fn of_client(
        terms: &Terms<'_>,
        link: Arc<dyn Duplex>,
        peer: Peer,
        inbound: Inbound,
    ) -> Self {
        let reading = Reading::new(inbound, terms.max, true);
        Self::new(link, peer, Side::Client, terms, reading, true)
    }

    fn new(
        link: Arc<dyn Duplex>,
        peer: Peer,
        side: Side,
        terms: &Terms<'_>,
        reading: Reading,
        has_words: bool,
    ) -> Self {
        Self {
            link,
            peer,
            side,
            endpoint: terms.endpoint.clone(),
            uri: terms.uri.into(),
            max: terms.max,
            idle: terms.idle,
            series: RandomState::new().build_hasher().finish(),
            known_to: OnceLock::new(),
            handler: OnceLock::new(),
            state: Mutex::default(),
            reading: Mutex::new(reading),
            outbound: Mutex::new(Outbound::new(has_words)),
            is_drained: AtomicBool::new(false),
        }
    }

    pub(crate) fn link(&self) -> &dyn Duplex {
        &*self.link
    }

    pub(crate) fn peer(&self) -> &Peer {
        &self.peer
    }

    pub(crate) fn side(&self) -> Side {
        self.side
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) fn uri(&self) -> &str {
        &self.uri
    }

    /// Why it is over, if it is.
    pub(crate) fn ended(&self) -> Option<Ended> {
        self.state().ended().cloned()
    }

    /// Reads no more: whoever reads finds the end.
    pub(crate) fn close_read(&self) {
        self.link.close_read();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// By when something must have come.
    fn idle_by(&self) -> Deadline {
        self.idle.map_or(Deadline::NEVER, Deadline::after)
    }
}
