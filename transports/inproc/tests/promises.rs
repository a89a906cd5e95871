//! What only this transport promises; all that it shares with others is in the conformance suite.

use samebox_core::{
    Call, Deadline, Endpoint, ErrorKind, Inbox, Outbox, Outgoing, Properties, Transport,
};
use samebox_inproc::{Inproc, InprocInbox, InprocOutbox};
use std::time::Duration;

fn pair(endpoint: &str) -> (InprocInbox, InprocOutbox) {
    let endpoint: Endpoint = endpoint.parse().unwrap();
    let server = Inproc.bind(&endpoint).unwrap();
    let client = Inproc.connect(&endpoint, Deadline::now()).unwrap();
    (server, client)
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(10))
}

fn send(client: &mut InprocOutbox, payload: &[u8]) -> Result<(), ErrorKind> {
    client.send(payload.into(), Deadline::now()).map_err(|error| error.kind())
}

fn payloads(server: &mut InprocInbox) -> Vec<Vec<u8>> {
    let next = || server.recv(Deadline::now()).ok().map(|message| message.payload().to_vec());
    std::iter::from_fn(next).collect()
}

/// A capacity that holds two messages of one byte and not three.
const TWO: &str = "capacity=300";

#[test]
fn drop_new_keeps_the_oldest_and_counts() {
    let (mut server, mut client) = pair(&format!("inproc:drop-new?overflow=drop-new&{TWO}"));
    for payload in [b"1", b"2", b"3"] {
        send(&mut client, payload).unwrap();
    }
    assert_eq!(payloads(&mut server), [b"1", b"2"]);
    assert_eq!((server.counters().received, server.counters().lost), (2, 1));
}

#[test]
fn drop_old_keeps_the_newest_and_counts() {
    let (mut server, mut client) = pair(&format!("inproc:drop-old?overflow=drop-old&{TWO}"));
    for payload in [b"1", b"2", b"3"] {
        send(&mut client, payload).unwrap();
    }
    assert_eq!(payloads(&mut server), [b"2", b"3"]);
    assert_eq!((server.counters().received, server.counters().lost), (2, 1));
}

#[test]
fn empty_messages_are_bounded_too() {
    let (mut server, mut client) = pair(&format!("inproc:empty?overflow=reject&{TWO}"));
    assert_eq!((send(&mut client, b""), send(&mut client, b"")), (Ok(()), Ok(())));
    assert_eq!(send(&mut client, b""), Err(ErrorKind::Full));
    assert_eq!(payloads(&mut server).len(), 2);
    assert_eq!(send(&mut client, b""), Ok(()));
}

#[test]
fn a_message_larger_than_the_capacity_goes_when_it_is_alone() {
    let (mut server, mut client) = pair("inproc:alone?capacity=1");
    send(&mut client, &[7; 1000]).unwrap();
    assert_eq!(send(&mut client, &[8; 1000]), Err(ErrorKind::TimedOut));
    assert_eq!(payloads(&mut server), [[7; 1000]]);
}

#[test]
fn a_question_lost_to_overflow_tells_its_caller() {
    let (_server, mut client) = pair(&format!("inproc:lost?overflow=drop-old&{TWO}"));
    let call = client.request(b"?"[..].into(), Deadline::now()).unwrap();
    send(&mut client, b"1").unwrap();
    send(&mut client, b"2").unwrap();
    assert_eq!(client.response(call, soon()).unwrap_err().kind(), ErrorKind::Lost);
}

#[test]
fn answers_that_nobody_takes_are_bounded() {
    let (mut server, mut client) = pair(&format!("inproc:untaken?{TWO}"));
    let mut outcomes = Vec::new();
    for _ in 0..3 {
        let call = client.request(b"?"[..].into(), Deadline::now()).unwrap();
        let mut question = server.recv(soon()).unwrap();
        outcomes.push((call, question.reply(b"!").map_err(|error| error.kind())));
    }
    assert_eq!(outcomes[2].1, Err(ErrorKind::Full));
    assert_eq!(client.response(outcomes[0].0, soon()).unwrap(), "!");
    assert_eq!(client.response(outcomes[2].0, soon()).unwrap_err().kind(), ErrorKind::Fault);
}

#[test]
fn flush_tells_what_a_server_left_unread() {
    let (server, mut client) = pair("inproc:unread");
    send(&mut client, b"1").unwrap();
    client.flush(soon()).unwrap();
    drop(server);
    let error = client.flush(soon()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Disconnected);
    assert!(error.why().contains("1 messages unread"), "{error}");
}

#[test]
fn the_smaller_max_of_both_sides_holds() {
    let _server = Inproc.bind(&"inproc:max?max=8".parse().unwrap()).unwrap();
    let mut client = Inproc.connect(&"inproc:max".parse().unwrap(), soon()).unwrap();
    assert_eq!(send(&mut client, &[0; 9]), Err(ErrorKind::TooLarge));
    assert_eq!(send(&mut client, &[0; 8]), Ok(()));
}

#[test]
fn properties_arrive_with_their_message_and_others_are_refused() {
    let (mut server, mut client) = pair("inproc:properties");
    let mut properties = Properties::NONE;
    properties.label = Some("greeting".into());
    client.send(Outgoing { payload: b"1", properties: Some(&properties) }, soon()).unwrap();
    assert_eq!(server.recv(soon()).unwrap().properties(), &properties);
    properties.priority = Some(7);
    let refused = client.send(Outgoing { payload: b"2", properties: Some(&properties) }, soon());
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(payloads(&mut server), Vec::<Vec<u8>>::new());
}
