//! Clients of samebox and services of Mono.

use samebox::{Deadline, ErrorKind, serve};
use samebox_peers::contracts::peer::{Echoes, PeerClient, PeerHost};
use samebox_peers::contracts::{call_every_duplex_operation, call_every_operation};
use samebox_peers::{PATIENCE, WcfPeer};

#[test]
fn every_operation_of_mono_can_be_called() {
    let server = WcfPeer::Peer.serve(&[]);
    call_every_operation(&PeerClient::connect(&server.uri()).unwrap());
    let printed = [
        r#"Send "Hello, World!""#,
        r#"Echo "zzzzzzzz"..(70000 characters)"#,
        "Echo null",
        "Add 1000000 -70000",
        "EchoDecimal -12345.678",
        "EchoSpan 1.02:03:04.0050000",
        "EchoEnum Green",
        r#"EchoStrings ["a" null ""]"#,
        "Nothing",
        r#"Fail "because""#,
        "Crash",
    ];
    printed.iter().for_each(|call| server.wait_for(call));
}

#[test]
fn a_server_that_answers_faults_as_mono_does_is_understood() {
    let server = WcfPeer::Peer.serve(&["plain"]);
    let client = PeerClient::connect(&server.uri()).unwrap();
    let told = client.fail_typed(42).unwrap_err();
    assert_eq!(told.fault().map(|fault| fault.reason.as_str()), Some("typed fault"));
    // The same client goes on, whatever the service did with its session.
    let told = client.fail("because").unwrap_err();
    assert_eq!(told.kind(), ErrorKind::Fault, "{told}");
    assert_eq!(client.add(2, 40).unwrap(), 42);
    assert_eq!(client.crash().unwrap_err().kind(), ErrorKind::Fault);
    assert_eq!(client.add(2, 40).unwrap(), 42);
}

#[test]
fn services_of_mono_call_back() {
    call_every_duplex_operation(&WcfPeer::Peer.shared().duplex_uri());
}

#[test]
fn threads_share_a_client() {
    let server = WcfPeer::Peer.serve(&[]);
    let client = PeerClient::connect(&server.uri()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let client = &client;
            scope.spawn(move || {
                for n in 0..5 {
                    assert_eq!(client.add(thread, n).unwrap(), thread + n);
                }
            });
        }
    });
}

/// Mono loses a session that begins in the very moment in which another one ends. Nothing hangs of
/// that, and the next attempt is served.
#[test]
fn a_client_that_comes_right_after_another_is_served_or_told() {
    let server = WcfPeer::Peer.serve(&[]);
    let connect = || PeerClient::connect_by(&server.uri(), Deadline::after(PATIENCE / 10));
    for n in 0..10 {
        let client = connect().or_else(|error| match error.kind() {
            ErrorKind::TimedOut => connect(),
            _ => Err(error),
        });
        assert_eq!(client.unwrap().add(n, 1).unwrap(), n + 1);
    }
}

#[test]
fn a_server_that_ends_is_told_and_the_client_comes_back_to_the_next_one() {
    let server = WcfPeer::Peer.serve(&[]);
    let uri = server.uri();
    let client = PeerClient::connect(&uri).unwrap();
    assert_eq!(client.add(2, 40).unwrap(), 42);
    drop(server);
    let error = client.add(2, 40).unwrap_err();
    let kinds = [ErrorKind::NotListening, ErrorKind::Disconnected];
    assert!(kinds.contains(&error.kind()), "{error}");
    let serving = serve(&uri, PeerHost::shared(Echoes::default())).unwrap();
    assert_eq!(client.add(2, 40).unwrap(), 42);
    drop(serving);
}

#[test]
fn an_operation_that_mono_lacks_is_a_fault_that_says_so() {
    let server = WcfPeer::Peer.serve(&[]);
    let client = IWrongClient::connect(&server.uri()).unwrap();
    let told = client.nope("x").unwrap_err();
    assert_eq!(told.kind(), ErrorKind::Fault, "{told}");
    assert!(told.to_string().contains("Nope"), "{told}");
}

/// What a client of another version may believe that `IPeer` has.
#[samebox::contract(name = "IPeer")]
trait IWrong {
    fn nope(&self, text: &str) -> Option<String>;
}
