//! Clients of Mono and services of samebox.

use crate::uri;
use samebox::serve;
use samebox_peers::WcfPeer;
use samebox_peers::contracts::peer::{DuplexHost, Echoes, PeerHost};

#[test]
fn every_call_of_mono_has_its_answer() {
    let echoes = Echoes::default();
    let serving = serve("net.tcp://localhost:0/IPeer", PeerHost::shared(echoes.clone())).unwrap();
    let calls = WcfPeer::Peer.calls();
    let operations: Vec<_> = calls.iter().map(|call| call.operation).collect();
    let answers = WcfPeer::Peer.call(uri(&serving), &operations);
    for (call, result) in calls.iter().zip(&answers.results) {
        assert_eq!(result, &call.result, "{}", call.operation);
    }
    let (x, y) = ("x".repeat(300), "y".repeat(70_000));
    let texts = ["Hello, World!", "first", "second", "", "héllo 日本語 😀", "日本語日本語", &x, &y];
    let mut sent = texts.map(|text| Some(text.to_owned())).to_vec();
    sent.insert(4, None);
    assert_eq!(echoes.sent(), sent);
}

#[test]
fn clients_of_mono_are_called_back() {
    let echoes = Echoes::default();
    let serving = serve("net.tcp://localhost:0/IDuplex", DuplexHost::shared(echoes)).unwrap();
    let answers = WcfPeer::Peer.call(uri(&serving), &["ask=why", "subscribe"]);
    assert_eq!(answers.callbacks, [r#"Confirm "why?""#, r#"Notify "tag 1""#, r#"Notify "tag 2""#]);
    assert_eq!(answers.values(), [r#""why:yes""#, "true"]);
}

/// A panic ends the session, which Mono does not notice.
#[test]
fn a_panic_and_an_unknown_operation_are_faults_that_mono_knows() {
    let echoes = Echoes::default();
    let serving = serve("net.tcp://localhost:0/IPeer", PeerHost::shared(echoes)).unwrap();
    let answers = WcfPeer::Peer.call(uri(&serving), &["nope", "crash"]);
    let [nope, crash] = <[_; 2]>::try_from(answers.results).expect("two were called");
    let words = [nope, crash].map(|result| result.expect_err("both are faults"));
    assert!(words[0].starts_with("ActionNotSupportedException: "), "{words:?}");
    assert!(words[0].contains("http://tempuri.org/IPeer/Nope"), "{words:?}");
    assert!(words[1].starts_with("FaultException: Receiver/InternalServiceFault: "), "{words:?}");
    assert!(!words[1].contains("server bug"), "{words:?}");
    assert_eq!(WcfPeer::Peer.call(uri(&serving), &["add"]).value(), "42");
}

/// Mono knows no faults of the framing: to it they are records that it has no code for.
#[test]
fn a_wrong_address_is_an_error_of_mono() {
    let echoes = Echoes::default();
    let mut serving = serve("net.tcp://localhost:0/IPeer", PeerHost::shared(echoes)).unwrap();
    let wrong = uri(&serving).replace("IPeer", "IOther");
    let answers = WcfPeer::Peer.call(wrong, &["add"]);
    assert!(answers.results[0].is_err(), "{answers:?}");
    let noted = serving.take_fault().unwrap().to_string();
    assert!(noted.contains("/IOther"), "{noted}");
}

#[test]
fn a_message_over_the_limit_is_an_error_of_mono_and_the_service_goes_on() {
    let host = PeerHost::shared(Echoes::default());
    let mut serving = serve("net.tcp://localhost:0/IPeer?max=10000", host).unwrap();
    let answers = WcfPeer::Peer.call(uri(&serving), &["echolong"]);
    assert!(answers.results[0].is_err(), "{answers:?}");
    assert_eq!(WcfPeer::Peer.call(uri(&serving), &["add"]).value(), "42");
    let noted = serving.take_fault().unwrap().to_string();
    assert!(noted.contains("too large"), "{noted}");
}

#[test]
fn streamed_calls_of_mono_are_answered() {
    let echoes = Echoes::default();
    let serving = serve("net.tcp://localhost:0/IPeer", PeerHost::shared(echoes)).unwrap();
    let answers =
        WcfPeer::Peer.call_with(uri(&serving), &["echo", "add", "echolong"], &["streamed"]);
    assert_eq!(answers.values(), [r#""ping""#, "42", r#""zzzzzzzz"..(70000 characters)"#]);
}

#[test]
fn services_of_one_port_have_clients_of_mono_at_once() {
    let serving =
        serve("net.tcp://localhost:0/IPeer", PeerHost::shared(Echoes::default())).unwrap();
    let peer = uri(&serving);
    let duplex = peer.replace("IPeer", "IDuplex");
    let _beside = serve(&duplex, DuplexHost::shared(Echoes::default())).unwrap();
    std::thread::scope(|scope| {
        for text in ["a", "b", "c"] {
            let (peer, duplex) = (&peer, &duplex);
            scope.spawn(move || {
                let echo = format!("echo={text}");
                let answers = WcfPeer::Peer.call(peer, &[&echo, "add", &echo]);
                let quoted = format!("{text:?}");
                assert_eq!(answers.values(), [&quoted, "42", &quoted]);
                let answers = WcfPeer::Peer.call(duplex, &[&format!("ask={text}")]);
                assert_eq!(answers.value(), format!("{:?}", format!("{text}:yes")));
            });
        }
    });
}
