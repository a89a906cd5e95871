//! Many clients at once, and clients that die.

use super::another::{self, Another};
use super::{bind, connect, endpoint, next, soon};
use samebox_core::{Endpoint, Inbox, Outbox};
use std::collections::HashMap;

const SENDERS: usize = 8;
const COUNT: usize = 1000;

/// The part of one that sends numbers.
pub(crate) fn send(endpoint: &Endpoint) {
    let mut client = connect(endpoint);
    another::say("connected");
    for number in 0..COUNT {
        let payload = format!("{} {number}", std::process::id());
        client.send(payload.as_bytes().into(), soon()).unwrap();
    }
}

/// The part of one that asks and is never answered.
pub(crate) fn ask(endpoint: &Endpoint) {
    let mut client = connect(endpoint);
    let calls = client.as_call().unwrap();
    let call = calls.request(b"?"[..].into(), soon()).unwrap();
    let _ = calls.response(call, soon());
    another::wait();
}

#[test]
fn eight_senders_lose_nothing_and_keep_their_order() {
    let endpoint = endpoint("");
    let mut server = bind(&endpoint);
    let mut senders: Vec<_> = (0..SENDERS).map(|_| Another::start("send", &endpoint)).collect();
    senders.iter_mut().for_each(|sender| assert_eq!(sender.hear(), "connected"));
    let mut expected: HashMap<String, usize> = HashMap::new();
    for _ in 0..SENDERS * COUNT {
        let message = next(&mut server);
        let (sender, number) = message.text().unwrap().split_once(' ').unwrap();
        assert_eq!(message.peer().pid, sender.parse().ok());
        let next = expected.entry(sender.into()).or_default();
        assert_eq!(number.parse(), Ok(*next), "of {sender}");
        *next += 1;
    }
    assert_eq!(expected.len(), SENDERS);
    senders.into_iter().for_each(Another::finish);
    assert_eq!(server.counters().lost, 0);
}

#[test]
fn clients_that_are_killed_in_a_call_disturb_nobody() {
    let endpoint = endpoint("");
    let mut server = bind(&endpoint);
    for round in 0..3 {
        let doomed = Another::start("ask", &endpoint);
        let mut question = next(&mut server);
        assert_eq!(question.peer().pid, Some(doomed.id()));
        doomed.kill();
        // Whether the server can tell is for the system to say.
        let _ = question.reply(b"to nobody");
        let mut client = connect(&endpoint);
        client.send(format!("{round}").as_bytes().into(), soon()).unwrap();
        assert_eq!(next(&mut server).text(), Ok(&*format!("{round}")));
    }
}
