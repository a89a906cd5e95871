//! Few clients are waited for one by one, many by registration: see [`Stream::FEW`].

use super::StreamServer;
use super::connection::Connection;
use crate::{Few, Listener, Ready, Stream};
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
        let (tokens, few): (Vec<_>, Vec<_>) = self.connections.iter().filter_map(wanted).unzip();
        let mut news = Vec::with_capacity(few.len());
        let others = L::Stream::wait_few(&self.poll, &few, patience, &mut news)?;
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

    /// Registers all clients when they have become many.
    pub(super) fn register_many(&mut self) {
        if self.is_registered || self.connections.len() <= L::Stream::FEW {
            return;
        }
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

    /// Ends the registration of clients when few are left.
    pub(super) fn release_few(&mut self) {
        // Half as many, so that one client that comes and goes does not turn it round each time.
        let are_few = self.connections.len() * 2 <= L::Stream::FEW;
        if L::Stream::FEW == 0 || !self.is_registered || !are_few {
            return;
        }
        for (token, connection) in &self.connections {
            // One that stayed registered would only make its news twice.
            let _ = connection.link.watch(self.poll.registry(), Token(token), false);
        }
        self.is_registered = false;
    }
}

/// What a client that is not registered is to be waited for, if anything: news last as long as their
/// cause, so whatever nobody acts on must not be asked for.
fn wanted<S: Stream>((token, connection): (usize, &Connection<S>)) -> Option<(usize, Few<'_, S>)> {
    let read = !connection.left && !connection.parked && !connection.queued;
    let write = connection.link.has_backlog();
    let few = Few { stream: connection.link.stream(), wanted: Ready { read, write } };
    (read || write).then_some((token, few))
}
