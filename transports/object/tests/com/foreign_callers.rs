//! Callers that are not samebox: values of every type, and names in any case.

use super::{PATIENCE, bind, endpoint, next, soon};
use samebox_core::{Endpoint, ErrorKind, Inbox};
use samebox_sys::windows::com::{Apartment, Failure, Guid, Remote, Variant};
use std::thread::JoinHandle;

/// An endpoint that no other test has, whose class is known.
pub(crate) fn with_class(settings: &str) -> Endpoint {
    let class = format!("{{{:?}}}", Guid::new().unwrap());
    endpoint(settings).with_setting("clsid", &class)
}

/// The class that such an endpoint says.
pub(crate) fn class(endpoint: &Endpoint) -> Guid {
    let class = endpoint.setting("clsid").unwrap().trim_matches(['{', '}']);
    Guid::try_from(class).unwrap()
}

/// Calls a method as a script does.
fn call(
    endpoint: &Endpoint,
    name: &'static str,
    arguments: Vec<Variant>,
) -> JoinHandle<Result<Variant, Failure>> {
    let class = class(endpoint);
    std::thread::spawn(move || {
        let apartment = Apartment::enter()?;
        let object = Remote::active(&apartment, &class)?;
        let number = object.member(&apartment, name)?;
        object.invoke(&apartment, number, &arguments)
    })
}

#[test]
fn values_of_scripts_arrive_as_text() {
    let endpoint = with_class("");
    let mut server = bind(&endpoint);
    for (value, text) in [
        (Variant::Text("Hello, World!".into()), "Hello, World!"),
        (Variant::I4(42), "42"),
        (Variant::R8(0.5), "0.5"),
        (Variant::Bool(false), "False"),
        (Variant::Empty, ""),
        (Variant::Bytes(b"bytes".to_vec()), "bytes"),
    ] {
        let sent = call(&endpoint, "sEND", vec![value]);
        assert_eq!(next(&mut server).text(), Ok(text));
        assert_eq!(sent.join().unwrap(), Ok(Variant::Empty));
    }
}

#[test]
fn answers_are_text_where_they_can_be() {
    for (settings, answer, value) in [
        ("", &b"yes"[..], Variant::from("yes")),
        ("", b"\xFF", Variant::Bytes(vec![0xFF])),
        ("", b"a\0b", Variant::Bytes(b"a\0b".to_vec())),
        ("?encoding=text", b"a\0b", Variant::from("a\0b")),
        ("?encoding=bytes", b"yes", Variant::Bytes(b"yes".to_vec())),
    ] {
        let endpoint = with_class(settings);
        let mut server = bind(&endpoint);
        let called = call(&endpoint, "Call", vec!["?".into()]);
        next(&mut server).reply(answer).unwrap();
        assert_eq!(called.join().unwrap(), Ok(value));
    }
    let endpoint = with_class("?encoding=text");
    let mut server = bind(&endpoint);
    let called = call(&endpoint, "Call", vec!["?".into()]);
    let refused = next(&mut server).reply(b"\xFF").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Malformed);
    assert!(called.join().unwrap().is_err(), "its caller waits for nothing");
}

#[test]
fn faults_are_exceptions_with_the_servers_words() {
    let endpoint = with_class("?max=1000");
    let mut server = bind(&endpoint);
    let called = call(&endpoint, "Call", vec!["?".into()]);
    next(&mut server).fault("no such order").unwrap();
    let failure = called.join().unwrap().unwrap_err();
    assert_eq!(failure.to_string(), "no such order");
    assert!(failure.exception.unwrap().source.contains(endpoint.name()));
    for (arguments, words) in [
        (vec![], "takes the data"),
        (vec![Variant::Missing], "takes the data"),
        (vec![Variant::Null], "neither text nor bytes"),
        (vec![Variant::List(vec![Variant::I4(1)])], "neither text nor bytes"),
        (vec![Variant::Text("x".repeat(1001))], "1001 bytes"),
    ] {
        let failure = call(&endpoint, "Send", arguments).join().unwrap().unwrap_err();
        assert!(failure.to_string().contains(words), "{failure}");
    }
    assert!(call(&endpoint, "Send", vec!["1".into(), "2".into()]).join().unwrap().is_err());
    assert!(call(&endpoint, "Shout", vec!["1".into()]).join().unwrap().is_err());
    assert_eq!(server.recv(samebox_core::Deadline::now()).unwrap_err().kind(), ErrorKind::TimedOut);
}

#[test]
fn a_caller_of_a_server_that_ends_is_disconnected() {
    let endpoint = with_class("");
    let mut server = bind(&endpoint);
    let called = call(&endpoint, "Call", vec!["?".into()]);
    let question = next(&mut server);
    drop(server);
    let failure = called.join().unwrap().unwrap_err();
    assert!(failure.is_gone(), "{failure}");
    drop(question);
    let begun = std::time::Instant::now();
    assert!(call(&endpoint, "Send", vec!["?".into()]).join().unwrap().is_err());
    assert!(begun.elapsed() < PATIENCE / 4);
    let mut again = bind(&endpoint);
    let sent = call(&endpoint, "Send", vec!["again".into()]);
    assert_eq!(again.recv(soon()).unwrap().text(), Ok("again"));
    sent.join().unwrap().unwrap();
}
