//! What an object's type library says.

use super::clsid::Identity;
use samebox_sys::windows::com::typelib::{Class, Interface, Kind, Library, Method, Type};

/// The library of an object for plain messages.
pub(crate) fn plain(identity: &Identity) -> Library {
    let interface = Interface {
        name: "IMessages".into(),
        guid: identity.messages.as_u128(),
        kind: Kind::Dual,
        methods: vec![
            method("Send", 1, &[("data", Type::Variant)], None),
            method("Call", 2, &[("data", Type::Variant)], Some(Type::Variant)),
        ],
    };
    around(identity, interface)
}

/// A library with that interface, and the events of every object.
fn around(identity: &Identity, interface: Interface) -> Library {
    let events = Interface {
        name: "IMessagesEvents".into(),
        guid: identity.events.as_u128(),
        kind: Kind::Events,
        methods: vec![method("Received", 1, &[("data", Type::Variant)], None)],
    };
    // `Orders.Desk` is `Desk` in the library `Orders`, as programs in Basic say it.
    let name = identity.prog_id.as_str();
    let (library, class) = name.rsplit_once('.').unwrap_or((name, name));
    Library {
        name: identifier(library),
        guid: identity.library.as_u128(),
        interfaces: vec![interface, events],
        class: Class { name: identifier(class), guid: identity.class.as_u128() },
    }
}

fn method(name: &str, id: i32, takes: &[(&str, Type)], result: Option<Type>) -> Method {
    let parameters = takes.iter().map(|(name, kind)| ((*name).into(), *kind)).collect();
    Method { name: name.into(), id, parameters, result }
}

fn identifier(name: &str) -> String {
    let first = name.chars().next().filter(char::is_ascii_digit).map(|_| '_');
    let usual = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    first.into_iter().chain(name.chars().map(usual)).collect()
}
