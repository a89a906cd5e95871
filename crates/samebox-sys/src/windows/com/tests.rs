//! An object and its caller in one process.

use super::*;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

/// Gives back what it is given, fails when told to, and joins two texts.
struct Echo {
    members: Vec<Member>,
}

impl Echo {
    fn new() -> Arc<Self> {
        let member = |name: &str, id, parameters: &[&str]| Member {
            name: name.into(),
            id,
            parameters: parameters.iter().map(ToString::to_string).collect(),
        };
        let members = vec![
            member("Send", 1, &["data"]),
            member("Call", 2, &["data"]),
            member("Fail", 3, &["why"]),
            member("All", 4, &["first", "second"]),
        ];
        Arc::new(Self { members })
    }
}

impl Object for Echo {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn invoke(&self, member: i32, mut arguments: Vec<Variant>) -> Result<Variant, Exception> {
        match member {
            1 => Ok(Variant::Empty),
            2 => Ok(arguments.pop().unwrap_or_default()),
            4 => Ok(Variant::List(arguments)),
            _ => Err(Exception {
                code: 0,
                source: "echo".into(),
                description: arguments.pop().unwrap_or_default().into_text().unwrap_or_default(),
            }),
        }
    }
}

fn class() -> Guid {
    Guid::new().unwrap()
}

fn serve() -> (Server, Guid) {
    let class = class();
    (Server::start(class, Echo::new(), Faces::default()).unwrap(), class)
}

#[test]
fn values_go_there_and_come_back() {
    let (_server, class) = serve();
    let apartment = Apartment::enter().unwrap();
    let object = Remote::active(&apartment, &class).unwrap();
    let call = object.member(&apartment, "cALL").unwrap();
    let number = Decimal { is_negative: true, scale: 3, units: 1 << 80 };
    for value in [
        Variant::Empty,
        Variant::Null,
        Variant::Missing,
        Variant::Error(-5),
        Variant::Bool(true),
        Variant::I1(-1),
        Variant::U1(255),
        Variant::I2(-2),
        Variant::U2(2),
        Variant::I4(-4),
        Variant::U4(4),
        Variant::I8(i64::MIN),
        Variant::U8(u64::MAX),
        Variant::R4(0.5),
        Variant::R8(-1e300),
        Variant::Currency(12345),
        Variant::Decimal(number),
        Variant::Date(45000.5),
        Variant::Text(String::new()),
        Variant::Text("née \0 😀".into()),
        Variant::Bytes(Vec::new()),
        Variant::Bytes((0..=255).collect()),
        Variant::List(vec![]),
        Variant::List(vec![Variant::I4(1), "two".into(), Variant::List(vec![Variant::Null])]),
        Variant::Object(None),
    ] {
        let back = object.invoke(&apartment, call, std::slice::from_ref(&value)).unwrap();
        assert_eq!(back, value);
    }
}

#[test]
fn arguments_keep_their_order() {
    let (_server, class) = serve();
    let apartment = Apartment::enter().unwrap();
    let object = Remote::active(&apartment, &class).unwrap();
    let arguments = vec![Variant::I4(1), Variant::I4(2)];
    let back = object.invoke(&apartment, 4, &arguments).unwrap();
    assert_eq!(back, Variant::List(arguments));
    let too_many = object.invoke(&apartment, 4, &[Variant::Empty, Variant::Empty, Variant::Empty]);
    assert!(too_many.is_err());
}

#[test]
fn an_exception_has_the_objects_words() {
    let (_server, class) = serve();
    let apartment = Apartment::enter().unwrap();
    let object = Remote::active(&apartment, &class).unwrap();
    let failure = object.invoke(&apartment, 3, &["no luck".into()]).unwrap_err();
    assert_eq!(failure.to_string(), "no luck");
    assert_eq!(failure.exception.unwrap().source, "echo");
    assert!(object.member(&apartment, "nothing").is_err());
}

#[test]
fn a_server_that_ended_is_gone_and_its_class_free() {
    let (server, class) = serve();
    let apartment = Apartment::enter().unwrap();
    let object = Remote::active(&apartment, &class).unwrap();
    drop(server);
    let failure = object.invoke(&apartment, 2, &[Variant::Empty]).unwrap_err();
    assert!(failure.is_gone(), "{failure}");
    assert!(Remote::active(&apartment, &class).is_err());
    assert!(Remote::create(&apartment, &class).is_err());
    let _again = Server::start(class, Echo::new(), Faces::default()).unwrap();
    assert!(Remote::create(&apartment, &class).is_ok());
}

/// Says what events it hears.
struct Ear(Vec<Member>, Sender<(i32, Vec<Variant>)>);

impl Object for Ear {
    fn members(&self) -> &[Member] {
        &self.0
    }

    fn invoke(&self, member: i32, arguments: Vec<Variant>) -> Result<Variant, Exception> {
        self.1.send((member, arguments)).unwrap();
        Ok(Variant::Empty)
    }
}

#[test]
fn events_reach_those_who_asked_until_they_leave() {
    let (class, events) = (class(), self::class());
    let faces = Faces { events: Some(events), ..Faces::default() };
    let server = Server::start(class, Echo::new(), faces).unwrap();
    let apartment = Apartment::enter().unwrap();
    let object = Remote::active(&apartment, &class).unwrap();
    let (told, heard) = channel();
    let member = Member { name: "Received".into(), id: 1, parameters: vec!["data".into()] };
    let ear = Arc::new(Ear(vec![member], told));
    assert!(!server.events().are_wanted());
    let subscription = object.subscribe(&apartment, &events, ear).unwrap();
    assert!(server.events().are_wanted());
    assert_eq!(server.events().fire(1, vec!["ding".into()]), 0);
    let patience = Duration::from_secs(20);
    assert_eq!(heard.recv_timeout(patience).unwrap(), (1, vec!["ding".into()]));
    subscription.end(&apartment).unwrap();
    assert!(!server.events().are_wanted());
}

#[test]
fn a_local_object_is_passed_and_looked_into() {
    let (_server, class) = serve();
    let apartment = Apartment::enter().unwrap();
    let echo = Remote::active(&apartment, &class).unwrap();
    let local = Variant::Object(Some(Remote::local(&apartment, Echo::new()).unwrap()));
    let back = echo.invoke(&apartment, 2, &[local]).unwrap();
    let Variant::Object(Some(object)) = back else { panic!("{back:?}") };
    let all = object.member(&apartment, "all").unwrap();
    assert_eq!(object.property(&apartment, all).unwrap(), Variant::List(Vec::new()));
    assert_eq!(object.names(&apartment, 10).unwrap(), None);
}
