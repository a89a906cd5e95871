//! What a Rust client asks of the services of [`peer`](super::peer), and what it must hear.

use super::peer::{Colour, Detail, DuplexClient, Node, Notify, PeerClient};
use crate::PATIENCE;
use chrono::TimeDelta;
use rust_decimal::Decimal;
use samebox::data::{TimeKind, Timestamp};
use samebox::{CallError, ErrorKind};
use std::collections::BTreeMap;
use std::sync::mpsc::{Sender, channel};
use uuid::Uuid;

/// The tree that the C# client sends.
fn tree() -> Node {
    let kid = Node {
        name: Some("kid é".into()),
        id: -7,
        children: Some(Vec::new()),
        maybe: Some("set".into()),
        ..Node::default()
    };
    Node {
        name: Some("root".into()),
        id: 1,
        children: Some(vec![Some(kid), None]),
        blob: Some(vec![1, 2, 3]),
        late: 2.5,
        maybe: None,
    }
}

/// Calls every operation of `IPeer` and checks what comes back, whoever serves it.
#[track_caller]
pub fn call_every_operation(peer: &PeerClient) {
    values_come_back(peer);
    dates_come_back(peer);
    collections_come_back(peer);
    faults_are_told(peer);
}

fn values_come_back(peer: &PeerClient) {
    peer.send(Some("Hello, World!".into())).unwrap();
    assert_eq!(peer.echo(Some("z".repeat(70_000))).unwrap().map(|text| text.len()), Some(70_000));
    assert_eq!(peer.echo(None).unwrap(), None);
    assert_eq!(peer.add(1_000_000, -70_000).unwrap(), 930_000);
    assert_eq!(peer.echo_double(std::f64::consts::PI).unwrap(), std::f64::consts::PI);
    assert!(peer.echo_double(f64::NAN).unwrap().is_nan());
    assert_eq!(peer.echo_float(1.5).unwrap(), 1.5);
    assert!(peer.echo_bool(true).unwrap());
    assert_eq!(peer.echo_long(1 << 40).unwrap(), 1 << 40);
    assert_eq!(peer.echo_ulong(u64::MAX).unwrap(), u64::MAX);
    let decimal = Decimal::new(-12_345_678, 3);
    assert_eq!(peer.echo_decimal(decimal).unwrap(), decimal);
    let span = TimeDelta::milliseconds(93_784_005);
    assert_eq!(peer.echo_span(span).unwrap(), span);
    let guid = Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
    assert_eq!(peer.echo_guid(guid).unwrap(), guid);
    assert_eq!(peer.echo_enum(Colour::Green).unwrap(), Colour::Green);
    assert_eq!(peer.echo_char('A').unwrap(), 'A');
    assert_eq!(peer.echo_nullable(None).unwrap(), None);
    assert_eq!(peer.echo_nullable(Some(7)).unwrap(), Some(7));
    peer.nothing().unwrap();
}

fn dates_come_back(peer: &PeerClient) {
    for kind in [TimeKind::Utc, TimeKind::Unspecified, TimeKind::Local] {
        let date = Timestamp { ticks: 638_448_068_967_890_000, kind };
        assert_eq!(peer.echo_date(date).unwrap(), date);
    }
}

fn collections_come_back(peer: &PeerClient) {
    let bytes: Vec<u8> = (0..1000_u32).map(|n| n.to_le_bytes()[0]).collect();
    assert_eq!(peer.echo_bytes(Some(bytes.clone())).unwrap(), Some(bytes));
    assert_eq!(peer.echo_bytes(Some(Vec::new())).unwrap(), Some(Vec::new()));
    assert_eq!(peer.echo_ints(Some(vec![1, -2, 300_000])).unwrap(), Some(vec![1, -2, 300_000]));
    let strings = Some(vec![Some("a".to_owned()), None, Some(String::new())]);
    assert_eq!(peer.echo_strings(strings.clone()).unwrap(), strings);
    let map = Some(BTreeMap::from([("k".to_owned(), 9)]));
    assert_eq!(peer.echo_map(map.clone()).unwrap(), map);
    assert_eq!(peer.echo_node(Some(tree())).unwrap(), Some(tree()));
}

fn faults_are_told(peer: &PeerClient) {
    let told = peer.fail("because").unwrap_err();
    assert_eq!(told.fault().map(|fault| fault.reason.as_str()), Some("because"));
    let CallError::Fault(told) = peer.fail_typed(42).unwrap_err() else { panic!("no fault") };
    assert_eq!(told.reason, "typed fault");
    assert_eq!(told.detail, Some(Detail { code: 42, why: Some("typed".into()) }));
    assert_eq!(peer.crash().unwrap_err().kind(), ErrorKind::Fault);
}

/// Calls both operations of `IDuplex` and checks the callbacks, whoever serves them.
#[track_caller]
pub fn call_every_duplex_operation(endpoint: &str) {
    let (told, notices) = channel();
    let client = DuplexClient::connect(endpoint, Notices(told)).unwrap();
    assert_eq!(client.ask("why").unwrap(), "why:yes");
    client.subscribe("tag").unwrap();
    let next = || notices.recv_timeout(PATIENCE).expect("the service calls back");
    assert_eq!([next(), next(), next()], ["why?", "tag 1", "tag 2"]);
}

struct Notices(Sender<String>);

impl Notify for Notices {
    fn notify(&self, text: &str) {
        // Who waits for it may have failed.
        let _ = self.0.send(text.to_owned());
    }

    fn confirm(&self, question: &str) -> String {
        self.notify(question);
        "yes".into()
    }
}
