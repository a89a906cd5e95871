//! Sides that have not the same contract, and servers that have none.

mod greeter;

use greeter::{GREETER, Greeter, Place, changed, place, places};
use samebox_contract::Host;
use samebox_core::{Deadline, Error, ErrorKind, Message};
use std::sync::Arc;

fn refused(place: &Place, contract: &'static samebox_data::Contract) -> Error {
    place.connect_as(contract).expect_err("the contract is another one")
}

#[test]
fn another_version_is_a_mismatch_that_names_both() {
    for mut place in places("version") {
        let (_serving, _) = place.serve(&GREETER);
        let error = refused(&place, changed(|contract| contract.version = "2".into()));
        assert_eq!(error.kind(), ErrorKind::Mismatch);
        let words = "this client has Greeter 2, the server Greeter 1";
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn another_contract_is_a_mismatch_that_names_both() {
    let mut place = place("contract");
    let (mut serving, _) = place.serve(&GREETER);
    let error = refused(&place, changed(|contract| contract.name = "Printer".into()));
    assert!(error.to_string().contains("has Printer 1, the server Greeter 1"), "{error}");
    let error = refused(&place, changed(|contract| contract.namespace = "urn:b".into()));
    assert!(error.to_string().contains("Greeter of urn:b, the server that of urn:gr"), "{error}");
    greeter::next_fault(&mut serving, ErrorKind::Mismatch);
}

#[test]
fn another_definition_under_the_same_version_is_a_mismatch() {
    let mut place = place("definition");
    let (_serving, _) = place.serve(&GREETER);
    let other = changed(|contract| contract.operations.to_mut()[0].name = "Salute".into());
    let error = refused(&place, other);
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert!(error.to_string().contains("both sides have Greeter 1, but not the same"), "{error}");
}

#[test]
fn a_server_that_was_replaced_meanwhile_is_a_mismatch_of_the_next_call() {
    for mut place in places("replaced") {
        let (serving, _) = place.serve(&GREETER);
        let client = place.connect();
        client.greet("Ada").unwrap();
        drop(serving);
        let newer = changed(|contract| contract.version = "2".into());
        let _serving = place.host(Host::shared(newer, Arc::<Greeter>::default()));
        let error = client.greet("Ada").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Mismatch, "{error}");
        assert!(error.to_string().contains("Greeter 1, the server Greeter 2"), "{error}");
    }
}

/// Runs a server of plain messages beside `test`.
fn beside(place: &Place, mut handle: impl FnMut(Message) + Send, test: impl FnOnce()) {
    let mut inbox = place.transport.bind(&place.endpoint).unwrap();
    let stopper = inbox.stopper();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while let Ok(message) = inbox.recv(Deadline::NEVER) {
                handle(message);
            }
        });
        test();
        stopper.stop();
    });
}

#[test]
fn a_server_of_plain_messages_is_a_mismatch() {
    let place = place("plain");
    let drops = |message: Message| drop(message);
    let echoes = |mut message: Message| {
        let payload = message.payload().to_vec();
        message.reply(payload).unwrap();
    };
    let says_ok = |mut message: Message| message.reply("ok").unwrap();
    let test = || {
        let error = refused(&place, &GREETER);
        assert_eq!(error.kind(), ErrorKind::Mismatch, "{error}");
        assert!(error.to_string().contains("no host of typed services"), "{error}");
    };
    beside(&place, drops, test);
    beside(&place, echoes, test);
    beside(&place, says_ok, test);
}

#[test]
fn lines_cannot_hold_typed_calls() {
    let mut place = place("lines");
    place.endpoint = place.endpoint.with_setting("framing", "line");
    assert_eq!(refused(&place, &GREETER).kind(), ErrorKind::InvalidEndpoint);
}
