//! The contracts of the WCF programs as Rust has them, between samebox and samebox.

use samebox::serve;
use samebox_peers::contracts::peer::{DuplexClient, DuplexHost, Echoes, PeerClient, PeerHost};
use samebox_peers::contracts::stock::{Stock, StockKeepingClient, StockKeepingHost, WatchingHost};
use samebox_peers::contracts::{
    call_every_duplex_operation, call_every_operation, call_every_stock_operation,
    call_every_watch_operation,
};
use std::sync::mpsc::channel;

/// A server of each kind of transport under that name.
fn endpoints(name: &str) -> [String; 4] {
    let id = std::process::id();
    [
        format!("inproc:{name}"),
        "tcp:0".into(),
        format!("net.tcp://localhost:0/{name}"),
        format!("net.pipe://localhost/samebox-peers-{id}/{name}"),
    ]
}

#[test]
fn every_operation_of_the_peer_works() {
    for endpoint in endpoints("peer") {
        let serving = serve(&endpoint, PeerHost::shared(Echoes::default())).unwrap();
        call_every_operation(&PeerClient::connect(&serving.endpoint().to_string()).unwrap());
    }
}

#[test]
fn the_duplex_service_calls_back() {
    for endpoint in endpoints("duplex") {
        let serving = serve(&endpoint, DuplexHost::shared(Echoes::default())).unwrap();
        call_every_duplex_operation(&serving.endpoint().to_string());
    }
}

#[test]
fn every_operation_of_the_stock_works() {
    for endpoint in endpoints("stock") {
        let (notes, noted) = channel();
        let serving = serve(&endpoint, StockKeepingHost::shared(Stock { notes })).unwrap();
        let client = StockKeepingClient::connect(&serving.endpoint().to_string()).unwrap();
        call_every_stock_operation(&client);
        assert_eq!(noted.try_recv(), Ok((Some("the door is open".into()), 2)));
    }
}

#[test]
fn the_watch_calls_back() {
    for endpoint in endpoints("watch") {
        let stock = Stock { notes: channel().0 };
        let serving = serve(&endpoint, WatchingHost::shared(stock)).unwrap();
        call_every_watch_operation(&serving.endpoint().to_string());
    }
}

/// What .NET makes of the C# interfaces.
#[test]
fn names_are_those_of_the_csharp_contracts() {
    let peer = PeerClient::contract();
    assert_eq!((&*peer.name, &*peer.namespace), ("IPeer", "http://tempuri.org/"));
    let source = include_str!("../wcf/peer.cs");
    for operation in peer.operations.iter().chain(DuplexClient::contract().operations.iter()) {
        let parameters: Vec<_> = operation.parameters.iter().map(|one| &*one.name).collect();
        let start = format!(" {}(", operation.name);
        let starts = source.split(&start).skip(1);
        let mut declared = starts.filter_map(|rest| rest.split_once(");")).map(|(list, _)| {
            // The comma of a generic type has only a part of it before itself.
            let names = list.split(", ").filter_map(|one| one.rsplit_once(' '));
            names.map(|(_, name)| name).collect::<Vec<_>>()
        });
        assert!(declared.any(|names| names == parameters), "{}", operation.name);
    }
}
