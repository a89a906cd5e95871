//! A contract with names, namespaces and types of its own, both ways.

use crate::uri;
use samebox::serve;
use samebox_peers::contracts::stock::{Stock, StockKeepingClient, StockKeepingHost, WatchingHost};
use samebox_peers::contracts::{call_every_stock_operation, call_every_watch_operation};
use samebox_peers::{PATIENCE, WcfPeer};
use std::sync::mpsc::channel;

/// Operations of the C# contract that a Rust contract cannot say; `contracts/stock.rs` says why.
const NOT_IN_RUST: [&str; 4] = ["take", "count", "insist", "sort"];

/// What a `Perishable` has beside what an `Item` has, which gets lost on its way through Rust.
const OF_PERISHABLE: &str =
    "Perishable{Until=2026-07-01T12:00:00.2500000+05:30 Opened=-01:30:00 Age=3 ";

#[test]
fn every_operation_of_mono_can_be_called() {
    let server = WcfPeer::Stock.serve(&[]);
    call_every_stock_operation(&StockKeepingClient::connect(&server.uri()).unwrap());
    server.wait_for(r#"Note "the door is open" 2"#);
    server.wait_for("Mark Fragile, Cold");
}

#[test]
fn services_of_mono_call_back() {
    call_every_watch_operation(&WcfPeer::Stock.shared().duplex_uri());
}

#[test]
fn every_call_of_mono_has_its_answer() {
    let (notes, noted) = channel();
    let host = StockKeepingHost::shared(Stock { notes });
    let serving = serve("net.tcp://localhost:0/Stock", host).unwrap();
    let mut calls = WcfPeer::Stock.calls();
    calls.retain(|call| !NOT_IN_RUST.contains(&call.operation));
    let operations: Vec<_> = calls.iter().map(|call| call.operation).collect();
    let answers = WcfPeer::Stock.call(uri(&serving), &operations);
    for (call, result) in calls.iter().zip(&answers.results) {
        let as_item = |text: &String| text.replace(OF_PERISHABLE, "Item{");
        let mut expected = call.result.as_ref().map(as_item).map_err(as_item);
        if call.operation == "by-sku" {
            expected = expected.map(|text| in_order(&text));
        }
        assert_eq!(result, &expected, "{}", call.operation);
    }
    assert_eq!(noted.recv_timeout(PATIENCE), Ok((Some("the door is open".into()), 2)));
}

#[test]
fn clients_of_mono_are_called_back() {
    let stock = Stock { notes: channel().0 };
    let serving = serve("net.tcp://localhost:0/Watch", WatchingHost::shared(stock)).unwrap();
    let answers = WcfPeer::Stock.call(uri(&serving), &["buy", "follow"]);
    let asked = [r#"MayI "nail" 2.50"#, r#"MayI "gold" 250.00"#, r#"MayI "screw" 5.00"#];
    assert_eq!(answers.callbacks[..3], asked);
    assert_eq!(answers.callbacks.len(), 6, "{answers:?}");
    assert_eq!(answers.values(), ["7.50", "true"]);
}

/// The two pairs of a map as Rust orders them.
fn in_order(map: &str) -> String {
    let pairs = map.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let (n, m) = pairs.and_then(|pairs| pairs.split_once(r#" "m"="#)).expect("two pairs");
    format!(r#"{{"m"={m} {n}}}"#)
}
