//! Who asked for the object's events hears of what is sent.

use super::another::{self, Another};
use super::foreign_callers::{class, with_class};
use super::{PATIENCE, bind, connect, next, send, soon};
use samebox_core::{Endpoint, Inbox, Outbox};
use samebox_sys::windows::com::{
    Apartment, Exception, Guid, Member, Object, Remote, Subscription, Variant,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// `IDispatch`: whatever events there are.
const ALL: Guid = Guid::from_u128(0x00020400_0000_0000_C000_000000000046);

/// Calls a function for each event.
struct Ear(Vec<Member>, fn(&Variant));

impl Object for Ear {
    fn members(&self) -> &[Member] {
        &self.0
    }

    fn invoke(&self, member: i32, arguments: Vec<Variant>) -> Result<Variant, Exception> {
        assert_eq!(member, 1);
        arguments.iter().for_each(self.1);
        Ok(Variant::Empty)
    }
}

fn subscribe(apartment: &Apartment, endpoint: &Endpoint, heard: fn(&Variant)) -> Subscription {
    let object = Remote::active(apartment, &class(endpoint)).unwrap();
    let member = Member { name: "Received".into(), id: 1, parameters: vec!["data".into()] };
    object.subscribe(apartment, &ALL, Arc::new(Ear(vec![member], heard))).unwrap()
}

/// The part of one that says what it hears.
pub(crate) fn hear(endpoint: &Endpoint) {
    let apartment = Apartment::enter().unwrap();
    let subscription = subscribe(&apartment, endpoint, |value| another::say(&format!("{value:?}")));
    another::say("listening");
    another::wait();
    subscription.end(&apartment).unwrap();
}

/// The part of one that does not come back from the first event.
pub(crate) fn hear_and_hang(endpoint: &Endpoint) {
    let apartment = Apartment::enter().unwrap();
    let _subscription = subscribe(&apartment, endpoint, |_| {
        another::say("hanging");
        std::thread::sleep(PATIENCE);
    });
    another::say("listening");
    another::wait();
}

fn listening(part: &str, endpoint: &Endpoint) -> Another {
    let other = Another::start(part, endpoint);
    assert_eq!(other.hear(), "listening");
    other
}

#[test]
fn what_is_sent_is_heard_and_what_is_asked_is_not() {
    let endpoint = with_class("");
    let mut server = bind(&endpoint);
    let ear = listening("hear", &endpoint);
    let mut client = connect(&endpoint);
    send(&mut client, "née".as_bytes());
    let call = client.as_call().unwrap().request(b"?"[..].into(), soon()).unwrap();
    for _ in 0..2 {
        let mut message = next(&mut server);
        if message.can_reply() {
            message.reply(b"!").unwrap();
        }
    }
    client.as_call().unwrap().response(call, soon()).unwrap();
    send(&mut client, b"\xFF");
    assert_eq!(ear.hear(), r#"Text("née")"#);
    assert_eq!(ear.hear(), "Bytes([255])");
    ear.finish();
    send(&mut client, b"nobody hears");
}

#[test]
fn one_that_hears_and_dies_is_forgotten() {
    let endpoint = with_class("");
    let mut server = bind(&endpoint);
    let other = listening("hear", &endpoint);
    let mut client = connect(&endpoint);
    let doomed = listening("hear", &endpoint);
    send(&mut client, b"one");
    doomed.kill();
    for payload in ["two", "three"] {
        send(&mut client, payload.as_bytes());
    }
    for payload in ["one", "two", "three"] {
        assert_eq!(next(&mut server).text(), Ok(payload));
        assert_eq!(other.hear(), format!("Text({payload:?})"));
    }
}

#[test]
fn one_that_hears_and_hangs_holds_nobody_up() {
    let endpoint = with_class("");
    let mut server = bind(&endpoint);
    let hanging = listening("hear and hang", &endpoint);
    let other = listening("hear", &endpoint);
    let mut client = connect(&endpoint);
    let begun = Instant::now();
    send(&mut client, b"first");
    assert_eq!(hanging.hear(), "hanging");
    for _ in 0..1500 {
        send(&mut client, b"more");
        next(&mut server);
    }
    assert_eq!(other.hear(), r#"Text("first")"#);
    assert_eq!(other.hear(), r#"Text("more")"#);
    // More than may wait for one that is slow.
    let lost = server.counters().lost;
    assert!(lost > 0, "nothing is lost of what nobody takes");
    drop((server, client));
    assert!(begun.elapsed() < PATIENCE - Duration::from_secs(1), "it took until it woke up");
}
