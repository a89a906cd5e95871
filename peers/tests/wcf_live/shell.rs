//! The program samebox and the WCF of Mono.

use samebox::ErrorKind;
use samebox_peers::{Program, WcfPeer};
use std::sync::{Mutex, PoisonError};

/// The endpoint of an operation of a Mono server that all tests share.
fn operation(peer: WcfPeer, name: &str) -> String {
    let contract = match peer {
        WcfPeer::Peer => "contract=IPeer",
        WcfPeer::Stock => "contract=Stock&namespace=urn:example:stock",
    };
    format!("{}?{contract}&operation={name}", peer.shared().uri())
}

/// What `samebox call` ended with, printed and complained of.
///
/// Mono loses a session that begins in the very moment in which another one ends: so there is one at
/// a time, and a second attempt.
#[track_caller]
fn ended(peer: WcfPeer, name: &str, arguments: &[&str]) -> (Option<i32>, Vec<String>, String) {
    static ONE: Mutex<()> = Mutex::new(());
    let endpoint = operation(peer, name);
    let words = [&["call", endpoint.as_str(), "--timeout", "5s"], arguments].concat();
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let first = Program::samebox(&words).start().end_as();
    let is_lost = first.0.is_some_and(|code| code == ErrorKind::TimedOut.exit_code().into());
    if is_lost { Program::samebox(&words).start().end_as() } else { first }
}

/// What `samebox call` prints of an operation's result.
#[track_caller]
fn result(peer: WcfPeer, name: &str, arguments: &[&str]) -> String {
    match ended(peer, name, arguments) {
        (Some(0), lines, _) if lines.len() == 1 => lines[0].clone(),
        other => panic!("{name} {arguments:?} ends with {other:?}"),
    }
}

#[track_caller]
fn call(name: &str, arguments: &[&str]) -> String {
    result(WcfPeer::Peer, name, arguments)
}

#[track_caller]
fn stock(name: &str, arguments: &[&str]) -> String {
    result(WcfPeer::Stock, name, arguments)
}

#[test]
fn send_is_the_operation_that_the_endpoint_names() {
    let server = WcfPeer::Peer.serve(&[]);
    let endpoint = format!("{}?contract=IPeer&operation=Send&parameter=data", server.uri());
    Program::samebox(&["send", &endpoint, "Hello, Wörld!"]).start().finish();
    server.wait_for(r#"Send "Hello, Wörld!""#);
    let long = "x".repeat(70_000);
    Program::samebox(&["send", &endpoint, &long]).start().finish();
    server.wait_for(r#"Send "xxxxxxxx"..(70000 characters)"#);
}

#[test]
fn call_is_the_operation_that_the_endpoint_names() {
    let server = WcfPeer::Peer.serve(&[]);
    let endpoint = format!("{}?contract=IPeer&call=Echo&parameter=text", server.uri());
    assert_eq!(Program::samebox(&["call", &endpoint, "zwölf"]).start().finish(), ["zwölf"]);
}

#[test]
fn scalars_are_arguments_and_results() {
    assert_eq!(call("Add", &["a=2", "b=40"]), "42");
    assert_eq!(call("Add", &["a:=2", "b:=40"]), "42");
    assert_eq!(call("Add", &[r#"{"a": 2, "b": 40}"#]), "42");
    assert_eq!(call("Echo", &["text=a=b"]), r#""a=b""#);
    assert_eq!(call("EchoBool", &["v:=true"]), "true");
    assert_eq!(call("EchoDouble", &["v:=2.5"]), "2.5");
    assert_eq!(call("EchoLong", &["v:=1099511627776"]), "1099511627776");
    assert_eq!(call("EchoEnum", &["v=Green"]), r#""Green""#);
    assert_eq!(call("EchoBytes", &["v=AAEC"]), r#""AAEC""#);
    for date in ["2024-02-29T12:34:56.789Z", "2024-02-29T12:34:56"] {
        assert_eq!(call("EchoDate", &[&format!("v={date}")]), format!("{date:?}"));
    }
    assert_eq!(call("EchoSpan", &["v=P1DT2H3M4.005S"]), r#""P1DT2H3M4.005S""#);
    assert_eq!(call("EchoDecimal", &["v=-12345.678"]), r#""-12345.678""#);
    let guid = "00112233-4455-6677-8899-aabbccddeeff";
    assert_eq!(call("EchoGuid", &[&format!("v={guid}")]), format!("{guid:?}"));
}

#[test]
fn nothing_is_null() {
    assert_eq!(call("Echo", &["text:=null"]), "null");
    assert_eq!(call("EchoNullable", &["v:=null"]), "null");
    assert_eq!(call("EchoNullable", &["v:=7"]), "7");
    assert_eq!(call("Nothing", &[]), "null");
}

#[test]
fn lists_and_classes_are_json() {
    assert_eq!(call("EchoInts", &["v:=[1,-2,300000]"]), "[1,-2,300000]");
    assert_eq!(call("EchoStrings", &[r#"v:=["a",null,""]"#]), r#"["a",null,""]"#);
    // Members in the order of .NET: it passes over those that come late.
    let kid = r#"{"@name":"Node","Id":8,"Name":"kid"}"#;
    let node = format!(
        r#"v:={{"@namespace":"urn:samebox:peer","Children":[{kid},null],"Id":7,"Late":2.5}}"#
    );
    let kid = r#"{"Blob":null,"Children":null,"Id":8,"Name":"kid","Late":0}"#;
    let answer =
        format!(r#"{{"Blob":null,"Children":[{kid},null],"Id":7,"Name":null,"Late":2.5}}"#);
    assert_eq!(call("EchoNode", &[&node]), answer);
    let arrays = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
    let entry = |key: &str, value: u32| {
        let class = format!(r#""@name":"KeyValueOfstringint","@namespace":"{arrays}""#);
        format!(r#"{{{class},"Key":"{key}","Value":{value}}}"#)
    };
    let map = format!("v:=[{},{}]", entry("a", 1), entry("b", 2));
    assert_eq!(call("EchoMap", &[&map]), r#"{"a":1,"b":2}"#);
}

/// What a Rust contract cannot say.
#[test]
fn several_results_derived_classes_and_flags_are_json() {
    assert_eq!(stock("Regrade", &["grade=second-class"]), r#""second-class""#);
    assert_eq!(stock("Mark", &["traits=Fragile keep-cold"]), r#""Fragile keep-cold""#);
    let taken = stock("Take", &["sku=nail", "how-many:=3", "balance:=5"]);
    assert_eq!(taken, r#"{"done":true,"balance":2,"slip":"3 of nail"}"#);
    let milk = concat!(
        r#"{"Grade":"first-class","Remark":"shake","Traits":"None","unit-price":null,"#,
        r#""Quantity":2,"Sku":"milk","Age":3,"Opened":"-PT1H30M","#,
        r#""Until":{"DateTime":"2026-07-01T06:30:00.25Z","OffsetMinutes":330}}"#
    );
    assert_eq!(stock("Find", &["sku=milk"]), milk);
}

#[test]
fn an_operation_without_an_answer_is_not_waited_for() {
    let server = WcfPeer::Peer.serve(&[]);
    let endpoint = format!("{}?contract=IPeer&operation=Send", server.uri());
    let call = ["call", &endpoint, "--one-way", "data=gone"];
    assert_eq!(Program::samebox(&call).start().finish(), Vec::<String>::new());
    server.wait_for(r#"Send "gone""#);
}

#[test]
fn a_fault_is_told_and_ends_with_its_code() {
    let failed = |name: &str, argument: &str| {
        let (code, _, complaints) = ended(WcfPeer::Peer, name, &[argument]);
        assert_eq!(code, Some(64), "{complaints}");
        complaints
    };
    assert!(failed("Fail", "why=because").contains("because"));
    assert!(failed("FailTyped", "code=42").contains("typed fault"));
    assert!(failed("Nope", "text=x").contains("http://tempuri.org/IPeer/Nope"));
}

#[test]
fn mono_sends_to_a_listener_and_asks_a_replier() {
    let settings = "contract=IPeer&operation=Send&call=Echo&parameter=data";
    let endpoint = format!("net.tcp://localhost:0/IIpcClient?{settings}");
    let mut listener = Program::samebox(&["listen", &endpoint]).start();
    let listening = listener.listening();
    let uri = listening.split('?').next().expect("text has a beginning");
    let answers = WcfPeer::Peer.call(uri, &["send", "unicode", "send2"]);
    assert_eq!(answers.values(), ["null"; 3]);
    for text in ["Hello, World!", "héllo 日本語 😀", "first", "second"] {
        assert_eq!(listener.line(), text);
    }
    let endpoint = endpoint.replace("parameter=data", "parameter=text");
    let mut replier = Program::samebox(&["reply", &endpoint, "--text", "pong"]).start();
    let listening = replier.listening();
    let uri = listening.split('?').next().expect("text has a beginning");
    assert_eq!(WcfPeer::Peer.call(uri, &["echo"]).value(), r#""pong""#);
}
