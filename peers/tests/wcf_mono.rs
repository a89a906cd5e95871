//! WCF of Mono on both sides: what is expected of samebox, shown by its peers.

#![cfg(unix)]

use samebox_peers::WcfPeer;

fn every_call_arrives_and_has_its_answer(peer: WcfPeer) {
    let server = peer.serve(&[]);
    let calls = peer.calls();
    let operations: Vec<_> = calls.iter().map(|call| call.operation).collect();
    let answers = peer.call(server.uri(), &operations);
    for (call, result) in calls.iter().zip(&answers.results) {
        assert_eq!(result, &call.result, "{}", call.operation);
        call.calls.iter().for_each(|call| server.wait_for(call));
    }
    assert_eq!(answers.callbacks, Vec::<String>::new());
}

#[test]
fn every_call_of_the_contract_with_the_names_of_dotnet_has_its_answer() {
    every_call_arrives_and_has_its_answer(WcfPeer::Peer);
}

#[test]
fn every_call_of_the_contract_with_names_of_its_own_has_its_answer() {
    every_call_arrives_and_has_its_answer(WcfPeer::Stock);
}

#[test]
fn all_operations_of_the_first_contract_are_known() {
    for (peer, unlike) in [(WcfPeer::Peer, &["crash"][..]), (WcfPeer::Stock, &[])] {
        let mut known: Vec<_> = peer.calls().iter().map(|call| call.operation).collect();
        known.extend(unlike);
        let mut all = peer.operations().swap_remove(0);
        known.sort_unstable();
        all.sort_unstable();
        assert_eq!(all, known);
    }
}

#[test]
fn a_service_calls_its_client_back() {
    let answers = WcfPeer::Stock.call(WcfPeer::Stock.shared().duplex_uri(), &["buy"]);
    let asked = [r#"MayI "nail" 2.50"#, r#"MayI "gold" 250.00"#, r#"MayI "screw" 5.00"#];
    assert_eq!(answers.callbacks, asked);
    assert_eq!(answers.value(), "7.50");
    let answers =
        WcfPeer::Peer.call(WcfPeer::Peer.shared().duplex_uri(), &["ask=why", "subscribe"]);
    assert_eq!(answers.callbacks, [r#"Confirm "why?""#, r#"Notify "tag 1""#, r#"Notify "tag 2""#]);
    assert_eq!(answers.values(), [r#""why:yes""#, "true"]);
}

/// What a client of samebox must understand as well.
#[test]
fn a_fault_that_nobody_declared_ends_only_its_call() {
    let server = WcfPeer::Peer.shared();
    let answers = WcfPeer::Peer.call(server.uri(), &["crash", "echo=after", "nope"]);
    let words = |index: usize| answers.results[index].clone().unwrap_or_else(|words| words);
    assert!(words(0).starts_with("FaultException: InternalServiceFault: "), "{answers:?}");
    assert_eq!(words(1), r#""after""#);
    assert!(words(2).starts_with("ActionNotSupportedException: "), "{answers:?}");
}
