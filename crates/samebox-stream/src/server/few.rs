//! A few clients that send streams are waited for one by one, others by registration.

use super::StreamServer;
use super::connection::Connection;
use crate::{FEW, Few, Listener, Ready, Stream};
use mio::Token;
use samebox_core::ErrorKind;
use std::io;
use std::time::Duration;

impl<L: Listener> StreamServer<L> {
    /// Waits for news of the door, the hub and all clients.
    pub(super) fn await_news(&mut self, patience: Option<Duration>) -> io::Result<()> {
        if self.is_registered {
            return self.poll.poll(&mut self.events, patience);
        }
        self.events.clear();
        let mut tokens = [usize::MAX; FEW];
        let mut places = tokens.iter_mut();
        let few = self.connections.iter().filter_map(wanted).map(|(token, few)| {
            if let Some(place) = places.next() {
                *place = token;
            }
            few
        });
        let mut news = [Ready::default(); FEW];
        let others = L::Stream::wait_few(&self.poll, few, patience, &mut news)?;
        for (token, ready) in tokens.into_iter().zip(news) {
            if ready.write
                && let Some(connection) = self.connections.get(token)
            {
                connection.link.flush(self.poll.registry(), Token(token));
            }
            if ready.read {
                self.queue(token);
            }
        }
        if others { self.poll.poll(&mut self.events, Some(Duration::ZERO)) } else { Ok(()) }
    }

    /// Chooses how the next wait is done, by what the last ones brought.
    ///
    /// Registered clients answer single questions soonest; a stream of messages comes fastest from
    /// clients that are not, as their sends then run no callback of the server's.
    pub(super) fn choose_way(&mut self) {
        if L::Stream::FEW == 0 {
            return;
        }
        let came = self.counters.received - self.received_before;
        self.received_before = self.counters.received;
        self.streak = match came {
            STREAM.. => (self.streak + 1).min(STREAK),
            _ => self.streak.saturating_sub(1),
        };
        let clients = self.connections.len();
        if self.is_registered && self.streak == STREAK && clients * 2 <= L::Stream::FEW {
            self.release();
        } else if !self.is_registered && (self.streak == 0 || clients > L::Stream::FEW) {
            self.register();
        }
    }

    fn register(&mut self) {
        self.is_registered = true;
        let mut failed = Vec::new();
        for (token, connection) in &self.connections {
            let registry = self.poll.registry();
            match connection.link.watch(registry, Token(token), true) {
                // What waits for room asks for news of it anew.
                Ok(()) => connection.link.flush(registry, Token(token)),
                Err(error) => failed.push((token, error)),
            }
        }
        for (token, error) in failed {
            self.cut(token, ErrorKind::Io, &format!("the system cannot watch it: {error}"));
        }
    }

    fn release(&mut self) {
        for (token, connection) in &self.connections {
            // One that stayed registered would only make its news twice.
            let _ = connection.link.watch(self.poll.registry(), Token(token), false);
        }
        self.is_registered = false;
    }
}

/// Messages that one wait brings in a stream, and how many more such waits than others make one.
const STREAM: u64 = 2;
const STREAK: u32 = 32;

/// What a client that is not registered is to be waited for, if anything: news last as long as their
/// cause, so whatever nobody acts on must not be asked for.
fn wanted<S: Stream>((token, connection): (usize, &Connection<S>)) -> Option<(usize, Few<'_, S>)> {
    let read = !connection.left && !connection.parked && !connection.queued;
    let write = connection.link.has_backlog();
    let few = Few { stream: connection.link.stream(), wanted: Ready { read, write } };
    (read || write).then_some((token, few))
}
