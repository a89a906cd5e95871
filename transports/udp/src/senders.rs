use samebox_core::Peer;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// The peers heard of lately, so that a message of a known one costs no memory.
#[derive(Debug, Default)]
pub(crate) struct Senders {
    known: HashMap<SocketAddr, Arc<Peer>>,
    latest: Option<(SocketAddr, Arc<Peer>)>,
}

impl Senders {
    /// How many are kept; addresses can be made up, so they are forgotten when they are too many.
    const KEPT: usize = 1024;

    /// The peer at `address`.
    pub(crate) fn peer(&mut self, address: SocketAddr) -> Arc<Peer> {
        match &self.latest {
            Some((latest, peer)) if *latest == address => Arc::clone(peer),
            _ => self.change_to(address),
        }
    }

    fn change_to(&mut self, address: SocketAddr) -> Arc<Peer> {
        if self.known.len() >= Self::KEPT && !self.known.contains_key(&address) {
            self.known.clear();
        }
        let peer = self.known.entry(address);
        let peer = peer.or_insert_with(|| Arc::new(Peer::at(address.to_string())));
        self.latest = Some((address, Arc::clone(peer)));
        Arc::clone(peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        ([127, 0, 0, 1], port).into()
    }

    #[test]
    fn a_known_sender_is_one_and_the_same_peer() {
        let mut senders = Senders::default();
        let first = senders.peer(address(1));
        assert_eq!(first.address.as_deref(), Some("127.0.0.1:1"));
        assert_eq!(senders.peer(address(2)).address.as_deref(), Some("127.0.0.1:2"));
        assert!(Arc::ptr_eq(&first, &senders.peer(address(1))));
    }

    #[test]
    fn made_up_senders_do_not_pile_up() {
        let mut senders = Senders::default();
        (0..10_000).for_each(|port| drop(senders.peer(address(port))));
        assert!(senders.known.len() <= Senders::KEPT);
    }
}
