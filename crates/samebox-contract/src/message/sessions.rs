use super::header::SessionId;
use super::service::Service;
use super::session::Session;
use samebox_core::{Deadline, ErrorKind, Peer, User};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

/// The sessions of a service, by their names.
pub(super) struct Sessions {
    all: HashMap<SessionId, Known>,
    /// Counts messages, to tell who has been silent the longest.
    clock: u64,
    next_look: Option<Deadline>,
}

struct Known {
    session: Arc<Session>,
    last: u64,
    /// Looks since its last message.
    silent: u32,
}

/// How many sessions there may be.
const MOST: usize = 10_000;

/// How often it is looked which sessions are silent, and after how many looks one ends.
const LOOK: Duration = Duration::from_secs(60);
const LOOKS: u32 = 10;

/// How many sessions of one peer end at once to make room.
const AT_ONCE: usize = 256;

/// Messages after which the clock is read, where no pause shows that a look is due.
const BUSY: u64 = 4096;

impl Known {
    fn is_idle(&self) -> bool {
        Arc::strong_count(&self.session) == 1
    }
}

/// What tells one peer from another: process, user and host, as far as they are known.
fn who(peer: &Peer) -> (Option<u32>, Option<&User>, Option<&str>) {
    let host = peer.address.as_deref();
    let host = host.map(|address| address.rsplit_once(':').map_or(address, |(host, _)| host));
    (peer.pid, peer.user.as_ref(), host)
}

impl Sessions {
    pub(super) fn new() -> Self {
        Self { all: HashMap::new(), clock: 0, next_look: None }
    }

    /// When to look again; never, while there are none.
    pub(super) fn next_look(&self) -> Deadline {
        self.next_look.unwrap_or(Deadline::NEVER)
    }

    /// The session of that name, new if it was not known.
    ///
    /// # Errors
    /// Why it cannot be had, as part of a sentence.
    pub(super) fn of(
        &mut self,
        id: SessionId,
        peer: &Peer,
        service: &Arc<Service>,
    ) -> Result<&Arc<Session>, (ErrorKind, &'static str)> {
        self.clock += 1;
        if self.clock.is_multiple_of(BUSY) && self.next_look().has_passed() {
            self.look();
        }
        if self.all.len() >= MOST && !self.all.contains_key(&id) {
            self.make_room()?;
        }
        self.next_look.get_or_insert_with(|| Deadline::after(LOOK));
        let known = match self.all.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => {
                let session = Arc::new(Session::new(service, peer));
                free.insert(Known { session, last: 0, silent: 0 })
            }
        };
        if !known.session.belongs_to(peer) {
            return Err((ErrorKind::Malformed, "the session is that of another user"));
        }
        (known.last, known.silent) = (self.clock, 0);
        Ok(&known.session)
    }

    /// Ends sessions that have been silent the longest, of the peer that has the most.
    ///
    /// So one peer with many sessions takes room from itself, not from others.
    fn make_room(&mut self) -> Result<(), (ErrorKind, &'static str)> {
        let mut of_peers: HashMap<_, Vec<(u64, SessionId)>> = HashMap::new();
        // A call that waits or runs has a share in its session.
        for (id, known) in self.all.iter().filter(|(_, known)| known.is_idle()) {
            of_peers.entry(who(known.session.peer())).or_default().push((known.last, *id));
        }
        let oldest = |of: &Vec<(u64, SessionId)>| of.iter().map(|(last, _)| *last).min();
        let most = of_peers.into_values().max_by_key(|of| (of.len(), Reverse(oldest(of))));
        let mut most = most.ok_or((ErrorKind::Full, "as many clients have sessions as may"))?;
        most.sort_unstable();
        // Several at once, so that a flood of new sessions does not cost a look at all for each.
        let count = most.len().div_ceil(2).min(AT_ONCE);
        for (_, id) in most.into_iter().take(count) {
            self.end(&id, "others needed the room of its session, which was silent the longest");
        }
        Ok(())
    }

    /// Ends the sessions that have been silent for too long.
    pub(super) fn look(&mut self) {
        let mut silent = Vec::new();
        for (id, known) in &mut self.all {
            known.silent += 1;
            if known.silent > LOOKS && known.is_idle() {
                silent.push(*id);
            }
        }
        for id in silent {
            self.end(&id, "the client was silent for ten minutes");
        }
        self.next_look = (!self.all.is_empty()).then(|| Deadline::after(LOOK));
    }

    /// Ends a session at its client's wish, which another user cannot utter.
    pub(super) fn bye(&mut self, id: &SessionId, peer: &Peer) {
        if self.all.get(id).is_some_and(|known| known.session.belongs_to(peer)) {
            self.end(id, "the client said goodbye");
        }
    }

    fn end(&mut self, id: &SessionId, why: &'static str) {
        if let Some(known) = self.all.remove(id) {
            known.session.end(ErrorKind::Disconnected, why);
        }
    }

    /// Ends all of them: the service does.
    pub(super) fn end_all(&mut self) {
        for (_, known) in self.all.drain() {
            known.session.end(ErrorKind::Stopped, "the service is being stopped");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use samebox_core::typed::{Dispatch, Instances};
    use samebox_data::Contract;

    struct Nobody;

    impl Instances for Nobody {
        fn begin(&self, _: &Peer) -> Arc<dyn Dispatch> {
            unreachable!("nothing is called")
        }
    }

    fn service() -> Arc<Service> {
        static EMPTY: Contract = Contract {
            name: std::borrow::Cow::Borrowed("Empty"),
            namespace: std::borrow::Cow::Borrowed(""),
            version: std::borrow::Cow::Borrowed("1"),
            operations: std::borrow::Cow::Borrowed(&[]),
            callback: None,
        };
        let endpoint = "inproc:empty".parse().unwrap();
        Arc::new(Service::new(&EMPTY, Arc::new(Nobody), endpoint, 1 << 20, None))
    }

    fn id(number: usize) -> SessionId {
        (number as u128).to_be_bytes()
    }

    #[test]
    fn a_session_ends_after_ten_silent_looks_unless_a_call_of_it_runs() {
        let (service, peer) = (service(), Peer::process(1));
        let mut sessions = Sessions::new();
        assert_eq!(sessions.next_look(), Deadline::NEVER);
        sessions.of(id(1), &peer, &service).unwrap();
        let running = Arc::clone(sessions.of(id(2), &peer, &service).unwrap());
        (0..LOOKS).for_each(|_| sessions.look());
        sessions.of(id(3), &peer, &service).unwrap();
        assert_eq!(sessions.all.len(), 3);
        sessions.look();
        assert!(!sessions.all.contains_key(&id(1)), "it was silent");
        assert_eq!(sessions.all.len(), 2);
        drop(running);
        (0..=LOOKS).for_each(|_| sessions.look());
        assert_eq!(sessions.next_look(), Deadline::NEVER);
    }

    #[test]
    fn a_peer_with_many_sessions_makes_room_and_others_keep_theirs() {
        let (service, quiet, loud) = (service(), Peer::process(1), Peer::process(2));
        let mut sessions = Sessions::new();
        sessions.of(id(0), &quiet, &service).unwrap();
        for number in 1..MOST * 2 {
            sessions.of(id(number), &loud, &service).unwrap();
            assert!(sessions.all.len() <= MOST);
        }
        assert!(sessions.all.contains_key(&id(0)), "it has been silent the longest");
        assert!(sessions.all.len() > MOST / 2);
    }

    #[test]
    fn nobody_makes_room_while_all_are_being_called() {
        let (service, peer) = (service(), Peer::process(1));
        let mut sessions = Sessions::new();
        let called = |number| Arc::clone(sessions.of(id(number), &peer, &service).unwrap());
        let called: Vec<_> = (0..MOST).map(called).collect();
        let refused = sessions.of(id(MOST), &peer, &service).err().unwrap();
        assert_eq!(refused.0, ErrorKind::Full);
        drop(called);
        assert!(sessions.of(id(MOST), &peer, &service).is_ok());
    }

    #[test]
    fn a_session_is_not_that_of_another_user() {
        let service = service();
        let (own, other) = (Peer::local(User::Uid(1), None), Peer::local(User::Uid(2), None));
        let mut sessions = Sessions::new();
        sessions.of(id(1), &own, &service).unwrap();
        assert!(sessions.of(id(1), &other, &service).is_err());
        sessions.bye(&id(1), &other);
        assert_eq!(sessions.all.len(), 1);
        sessions.bye(&id(1), &own);
        assert!(sessions.all.is_empty());
    }
}
