//! Waiting for news, and what follows from them.

use super::guest::{Client, Guest, is_gone};
use super::link::Lied;
use super::{DOOR, HUB, ShmInbox, TICK};
use crate::ring::Sleeper;
use crate::ring::memory::Shared;
use crate::system::{self, ServerLine};
use mio::Token;
use samebox_core::{Deadline, ErrorKind, Operation, Peer, Result};
use samebox_stream::{Listener, NamedListener, TurnedAway};
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// How often a server looks after its name.
const REST: Duration = Duration::from_secs(60);

/// How long a client may take to say what its memory is.
const MANNERS: Duration = Duration::from_secs(5);

/// Clients let in between two looks at those that are in.
const WELCOMES: usize = 64;

/// What comes through the door.
type Stream = <NamedListener as Listener>::Stream;

impl ShmInbox {
    /// Gives the turn to the next client that has something.
    #[inline]
    pub(super) fn next_turn(&mut self) -> bool {
        let guests = &self.guests;
        self.rounds.go_on(|token| match guests.get(token) {
            Some(Guest::Client(client)) => client.consumer.is_ready(),
            _ => false,
        })
    }

    /// Waits for news until `deadline`; does not while clients are busy.
    pub(super) fn wait(&mut self, deadline: Deadline) -> Result<()> {
        let is_overdue = self.rounds.restart();
        if !is_overdue && !deadline.has_passed() && self.spin() {
            return Ok(());
        }
        self.tell_progress();
        self.cool_down();
        let busy = !self.rounds.hot().is_empty() || self.door.is_knocked();
        let patience = if busy { Some(Duration::ZERO) } else { self.patience(deadline) };
        match self.poll.poll(&mut self.events, patience) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                let why = "waiting for clients failed";
                return Err(self
                    .endpoint
                    .error(ErrorKind::Io, Operation::Recv, why)
                    .with_source(error));
            }
            _ => {}
        }
        let tick = self.sort_news();
        self.let_in();
        if self.ticker.is_due(tick, REST) {
            self.restore_name();
        }
        if self.strangers > 0 {
            self.end_rude_strangers();
        }
        Ok(())
    }

    /// How long the next wait may take.
    fn patience(&mut self, deadline: Deadline) -> Option<Duration> {
        // A limit costs a timer in the kernel for each wait, so there is none as a rule.
        self.ticker.turn(true, REST);
        let manners = (self.strangers > 0).then_some(MANNERS);
        [deadline.remaining(), self.door.rest(), self.ticker.limit(), manners]
            .into_iter()
            .flatten()
            .min()
    }

    /// Tells clients how far their rings are free.
    fn tell_progress(&mut self) {
        for &token in self.rounds.hot() {
            if let Some(Guest::Client(client)) = self.guests.get_mut(token) {
                client.release(true);
            }
        }
    }

    /// Looks again and again for a moment; tells whether something came.
    fn spin(&mut self) -> bool {
        let core = system::core();
        let mut apart = false;
        for &token in self.rounds.hot() {
            if let Some(Guest::Client(client)) = self.guests.get_mut(token) {
                apart |= client.is_apart(core);
            }
        }
        if !apart {
            return false;
        }
        let Self { spin, rounds, guests, stopped, .. } = self;
        let mut next = None;
        let is_news = spin.until(|| {
            let ready = |token: &usize| match guests.get(*token) {
                Some(Guest::Client(client)) => client.consumer.is_ready(),
                _ => false,
            };
            next = rounds.hot().iter().copied().find(|token| ready(token));
            next.is_some() || stopped.load(Ordering::Relaxed)
        });
        if let Some(token) = next {
            rounds.give(token);
        }
        is_news
    }

    /// Has clients without messages ring from now on; those that have some stay.
    fn cool_down(&mut self) {
        let mut liars = Vec::new();
        for &token in self.rounds.hot() {
            if let Some(Guest::Client(client)) = self.guests.get_mut(token) {
                match client.link.send_on() {
                    Ok(room) => client.cool(room),
                    Err(Lied) => liars.push(token),
                }
                self.counters.lost = self.counters.lost.saturating_add(client.newly_dropped());
            }
        }
        for token in liars {
            let why = "it says to have read what was not written";
            self.cut(token, ErrorKind::Malformed, why);
        }
        let guests = &mut self.guests;
        let hot = self.rounds.hot();
        Sleeper::<Shared>::settle(hot.iter().filter_map(|token| match guests.get(*token) {
            Some(Guest::Client(client)) => Some(client.consumer.peer()),
            _ => None,
        }));
        let mut ended = Vec::new();
        self.rounds.retain(|token| {
            let Some(Guest::Client(client)) = guests.get_mut(*token) else { return false };
            if client.consumer.is_ready() || client.link.is_roomy() {
                client.heat();
                return true;
            }
            client.hot = false;
            if client.ended {
                ended.push(*token);
            }
            false
        });
        ended.into_iter().for_each(|token| self.remove(token));
    }

    /// Sorts the news; tells of a tick.
    fn sort_news(&mut self) -> bool {
        let mut tick = false;
        let tokens: Vec<_> = self.events.iter().map(|event| event.token()).collect();
        for token in tokens {
            match token {
                TICK => tick = true,
                DOOR => self.door.knock(),
                HUB => {
                    for token in self.hub.take_needy() {
                        self.heat(token);
                    }
                }
                Token(both) if both % 2 == 0 => self.look_at_line(both / 2),
                Token(both) => self.heat(both / 2),
            }
        }
        tick
    }

    /// Looks at a client again and again from now on.
    fn heat(&mut self, token: usize) {
        let Some(client) = self.client(token) else { return };
        client.heat();
        if !std::mem::replace(&mut client.hot, true) {
            self.rounds.join(token);
        }
    }

    fn look_at_line(&mut self, token: usize) {
        match self.guests.get_mut(token) {
            Some(Guest::Client(client)) => {
                client.ended |= client.link.line.has_ended();
                // What it sent before it went is still in its ring.
                self.heat(token);
            }
            Some(Guest::Stranger { .. }) => self.meet(token),
            None => {}
        }
    }

    fn let_in(&mut self) {
        for _ in 0..WELCOMES {
            match self.door.next(self.poll.registry()) {
                None => return,
                Some(Ok((stream, peer))) => {
                    if let Err(cause) = self.admit(stream, peer) {
                        self.note_shortage(cause);
                    }
                }
                Some(Err(TurnedAway::Client(error))) => {
                    self.counters.refused += 1;
                    self.faults.note(error);
                }
                Some(Err(TurnedAway::Shortage(cause))) => self.note_shortage(cause),
            }
        }
    }

    fn note_shortage(&mut self, cause: io::Error) {
        let why = "no more clients can come in for now";
        let fault = self.endpoint.error(ErrorKind::Io, Operation::Recv, why);
        let advice = "raise the limit of open files (ulimit -n): each client takes two";
        self.faults.note(fault.with_advice(advice).with_source(cause));
    }

    fn admit(&mut self, stream: Stream, peer: Peer) -> io::Result<()> {
        let mut line = ServerLine::new(stream)?;
        let entry = self.guests.vacant_entry();
        let token = entry.key();
        let tokens = [Token(2 * token), Token(2 * token + 1)];
        line.register(self.poll.registry(), tokens)?;
        entry.insert(Guest::Stranger { line, peer: Arc::new(peer), since: Instant::now() });
        self.strangers += 1;
        // What it sent before it was watched may make no news.
        self.meet(token);
        Ok(())
    }

    /// Makes a stranger a client, once it has said what its memory is.
    fn meet(&mut self, token: usize) {
        let Some(Guest::Stranger { line, peer, .. }) = self.guests.get_mut(token) else { return };
        let met = match line.meet(peer) {
            Ok(None) => return,
            Ok(Some(met)) => met,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return self.cut(token, ErrorKind::Malformed, &error.to_string());
            }
            // It went away without a word, as those do that look whether a server is there.
            Err(error) if is_gone(&error) => return self.remove(token),
            Err(cause) => {
                self.remove(token);
                return self.note_shortage(cause);
            }
        };
        let Guest::Stranger { line, peer, .. } = self.guests.remove(token) else { return };
        self.strangers -= 1;
        let place = self.guests.vacant_key();
        debug_assert_eq!(place, token, "the place that was just left");
        let hub = (token, Arc::clone(&self.hub));
        match Client::welcome(line, Arc::clone(&peer), met, (&self.options, &self.endpoint), hub) {
            Ok(client) => {
                self.guests.insert(Guest::Client(Box::new(client)));
                // It may have sent something before it knew whom to wake.
                self.heat(token);
            }
            Err(cause) => self.note_shortage(cause),
        }
    }

    /// Once in a while: sees whether something removed the name.
    fn restore_name(&mut self) {
        if let Err(error) = self.door.upkeep(self.poll.registry()) {
            self.faults.note(error);
        }
    }

    fn end_rude_strangers(&mut self) {
        let rude = |(token, guest): (usize, &Guest)| match guest {
            Guest::Stranger { since, .. } if since.elapsed() > MANNERS => Some(token),
            _ => None,
        };
        let rude: Vec<_> = self.guests.iter().filter_map(rude).collect();
        for token in rude {
            let why = "it did not say what its memory is";
            self.cut(token, ErrorKind::TimedOut, why);
        }
    }

    /// Gives answers that wait a moment to leave.
    fn finish(&mut self) {
        const MOMENT: Duration = Duration::from_secs(1);
        let deadline = Deadline::after(MOMENT);
        while !deadline.has_passed() && self.has_backlog() {
            let patience = deadline.remaining().unwrap_or(MOMENT);
            let tokens: Vec<_> = self.guests.iter().map(|(token, _)| token).collect();
            tokens.into_iter().for_each(|token| self.heat(token));
            self.tell_progress();
            self.cool_down();
            if !self.has_backlog() || self.poll.poll(&mut self.events, Some(patience)).is_err() {
                break;
            }
            self.sort_news();
        }
    }

    fn has_backlog(&self) -> bool {
        self.guests.iter().any(|(_, guest)| match guest {
            Guest::Client(client) => !client.ended && client.link.has_backlog(),
            Guest::Stranger { .. } => false,
        })
    }
}

impl Drop for ShmInbox {
    /// The last answers get a moment to leave: a server may answer and end at once.
    fn drop(&mut self) {
        self.finish();
        for (_, guest) in &mut self.guests {
            match guest {
                Guest::Client(client) => client.take_leave(),
                Guest::Stranger { line, .. } => line.cut(),
            }
        }
        const MOMENTS: u32 = 200;
        for _ in 0..MOMENTS {
            if self.door.finish(self.poll.registry()) {
                break;
            }
            let pause = Duration::from_millis(10);
            if self.poll.poll(&mut self.events, Some(pause)).is_err() {
                break;
            }
        }
    }
}
