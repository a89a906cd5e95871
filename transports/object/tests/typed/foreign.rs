//! Programs that know D-Bus and not samebox.

use crate::desk::{Clerk, DeskHost, Guest, visit};
use crate::{Place, SOON};
use samebox::ErrorKind;
use std::sync::Arc;
use zbus::connection::{Builder, Connection};
use zbus::message::{Flags, Message};
use zbus::wire::DynamicType;

/// A program on a bus.
fn join(place: &Place) -> Connection {
    let address = place.bus.as_ref().unwrap().address.as_str();
    zbus::block_on(Builder::address(address).method_timeout(SOON).build()).unwrap()
}

fn call(
    connection: &Connection,
    place: &Place,
    interface: Option<&str>,
    member: &str,
    body: &(impl serde::Serialize + DynamicType),
) -> zbus::Result<Message> {
    let name = format!("org.samebox.{}", place.name);
    let path = format!("/org/samebox/{}", place.name.replace('-', "_"));
    zbus::block_on(connection.call_method(Some(name.as_str()), path, interface, member, body))
}

fn open() -> (Place, samebox::contract::Serving, String) {
    let place = Place::on_bus();
    let serving = samebox::serve(&place.endpoint(), DeskHost::shared(Clerk::default())).unwrap();
    let interface = format!("org.samebox.{}.IDesk", place.name.replace('-', "_"));
    (place, serving, interface)
}

#[test]
fn methods_take_and_give_plain_values() {
    let (place, _serving, interface) = open();
    let program = join(&place);
    let interface = Some(interface.as_str());
    let sum = call(&program, &place, interface, "Add", &(2, 40)).unwrap();
    assert_eq!(sum.body().deserialize::<i32>().unwrap(), 42);
    // The interface may be left out.
    let echo = call(&program, &place, None, "Echo", &"hi").unwrap();
    assert_eq!(echo.body().deserialize::<&str>().unwrap(), "hi");
    let counts = call(&program, &place, interface, "Count", &vec!["a", "b", "a"]).unwrap();
    let counts = counts.body().deserialize::<std::collections::BTreeMap<String, u32>>().unwrap();
    assert_eq!(counts["a"], 2);
    // Members are in the order of .NET, that of their names.
    let folder = (Vec::<zbus::Variant<'_>>::new(), "all");
    assert!(call(&program, &place, interface, "Sort", &(folder,)).is_ok());
}

#[test]
fn faults_are_errors_with_names_and_words() {
    let (place, _serving, interface) = open();
    let program = join(&place);
    let fault =
        |member: &str, body: &str| match call(&program, &place, Some(&interface), member, &body) {
            Err(zbus::Error::MethodError(name, words, _)) => (name.to_string(), words.unwrap()),
            other => panic!("no fault: {other:?}"),
        };
    let expected = ("org.samebox.Error.ServiceFault.Bad".into(), "with a\u{FFFD}code".into());
    assert_eq!(fault("Fail", "Bad"), expected);
    assert_eq!(fault("Fail", "com.example.Bad").0, "com.example.Bad");
    let wrong = call(&program, &place, Some(&interface), "Withdraw", &130_i64).unwrap_err();
    let zbus::Error::MethodError(name, _, message) = wrong else { panic!("{wrong:?}") };
    assert_eq!(name.as_str(), "org.samebox.Error.Fault");
    let body = message.body();
    let (reason, (by,)) = body.deserialize::<(&str, (i64,))>().unwrap();
    assert_eq!((reason, by), ("not enough", 30));
}

#[test]
fn one_way_methods_are_answered_where_that_is_wanted() {
    let (place, _serving, interface) = open();
    let program = join(&place);
    // `call_method` waits for an answer.
    call(&program, &place, Some(&interface), "Note", &"asked").unwrap();
    let name = format!("org.samebox.{}", place.name);
    let path = format!("/org/samebox/{}", place.name.replace('-', "_"));
    let quiet = Message::method_call(path, "Note").destination(name).interface(interface.as_str());
    let quiet = quiet.with_flags(Flags::NO_REPLY_EXPECTED).build(&"quiet").unwrap();
    zbus::block_on(program.send(&quiet)).unwrap();
    let noted = call(&program, &place, Some(&interface), "Noted", &()).unwrap();
    let noted = noted.body().deserialize::<Vec<String>>().unwrap();
    assert_eq!(noted, ["asked", "quiet"]);
}

#[test]
fn wrong_calls_are_refused_in_words_and_do_no_harm() {
    let (place, _serving, interface) = open();
    let program = join(&place);
    for (member, error) in [
        (call(&program, &place, Some(&interface), "Add", &("2", "40")), "InvalidArgs"),
        (call(&program, &place, Some(&interface), "Add", &2), "InvalidArgs"),
        (call(&program, &place, Some(&interface), "Nothing", &()), "UnknownMethod"),
        (call(&program, &place, Some("a.B"), "Add", &(2, 40)), "UnknownInterface"),
    ] {
        let told = member.unwrap_err().to_string();
        assert!(told.contains(error), "{told}");
    }
    assert_eq!(visit(&place.endpoint()).add(1, 2).unwrap(), 3);
}

#[test]
fn a_stranger_on_the_bus_cannot_call_a_client_back() {
    let (place, _serving, interface) = open();
    let guest = Arc::new(Guest::default());
    let client = crate::desk::visit_as(&place.endpoint(), &guest);
    assert_eq!(client.ask(1).unwrap(), 1);
    let program = join(&place);
    let names = zbus::block_on(program.call_method(
        Some("org.freedesktop.DBus"),
        "/org/freedesktop/DBus",
        Some("org.freedesktop.DBus"),
        "ListNames",
        &(),
    ));
    let names = names.unwrap().body().deserialize::<Vec<String>>().unwrap();
    let path = format!("/org/samebox/{}", place.name.replace('-', "_"));
    let visitor = interface.replace("IDesk", "IVisitor");
    for name in names.iter().filter(|name| name.starts_with(':')) {
        let told = Message::method_call(path.as_str(), "Told").destination(name.as_str());
        let told = told.interface(visitor.as_str()).with_flags(Flags::NO_REPLY_EXPECTED);
        zbus::block_on(program.send(&told.build(&"forged").unwrap())).unwrap();
    }
    assert_eq!(client.ask(1).unwrap(), 1);
    assert_eq!(*guest.heard.lock().unwrap(), ["0 follows", "0 follows"]);
    assert_eq!(client.fail("").unwrap_err().kind(), ErrorKind::Fault);
}
