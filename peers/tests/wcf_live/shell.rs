//! The program samebox and the WCF of Mono.

use samebox_peers::{Program, WcfPeer};

/// The endpoint of an operation of the Mono server that all tests share.
fn operation(name: &str) -> String {
    format!("{}?contract=IPeer&operation={name}", WcfPeer::Peer.shared().uri())
}

/// What `samebox call` prints of an operation's result.
#[track_caller]
fn call(name: &str, arguments: &[&str]) -> String {
    let endpoint = operation(name);
    let words = [&["call", endpoint.as_str()], arguments].concat();
    let mut lines = Program::samebox(&words).start().finish();
    assert!(lines.len() <= 1, "{lines:?}");
    lines.pop().unwrap_or_default()
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
    let uri = WcfPeer::Peer.shared().uri();
    let endpoint = format!("{uri}?contract=IPeer&call=Echo&parameter=text");
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
    let node = r#"v:={"@namespace":"urn:samebox:peer","Id":7,"Name":"root","Late":2.5}"#;
    let answer = call("EchoNode", &[node]);
    let expected = r#"{"Blob":null,"Children":null,"Id":7,"Name":"root","Late":2.5}"#;
    assert_eq!(answer, expected);
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
        Program::samebox(&["call", &operation(name), argument]).start().fail(64)
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
