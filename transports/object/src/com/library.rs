//! What an object's type library says.

use super::clsid::Identity;
use samebox_data::{Contract, Operation, Shape};
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
    let events = Interface {
        name: "IMessagesEvents".into(),
        guid: identity.events.as_u128(),
        kind: Kind::Events,
        methods: vec![method("Received", 1, &[("data", Type::Variant)], None)],
    };
    around(identity, vec![interface, events])
}

/// The library of an object that serves a contract.
pub(crate) fn of_contract(identity: &Identity, contract: &Contract) -> Library {
    let operation = |(id, of): (i32, &Operation)| Method {
        name: identifier(&of.name),
        id,
        parameters: of
            .parameters
            .iter()
            .map(|one| (identifier(&one.name), declared((one.shape)())))
            .collect(),
        result: match (of.result)() {
            Shape::Unit => None,
            shape => Some(declared(shape)),
        },
    };
    let interface = Interface {
        name: identifier(&contract.name),
        guid: identity.contract.as_u128(),
        kind: Kind::Dispatch,
        methods: (1..).zip(contract.operations.iter()).map(operation).collect(),
    };
    around(identity, vec![interface])
}

/// What a value is declared as: a narrow type only where every value of the shape is one.
fn declared(shape: &Shape) -> Type {
    match shape {
        Shape::Bool => Type::Bool,
        Shape::I8 | Shape::I16 | Shape::I32 | Shape::U8 | Shape::U16 => Type::Int,
        Shape::F32 | Shape::F64 => Type::Double,
        Shape::Char | Shape::String | Shape::Guid | Shape::Decimal | Shape::Enum(_) => Type::Text,
        Shape::Bytes => Type::Bytes,
        Shape::List(_) => Type::List,
        _ => Type::Variant,
    }
}

/// A library with those interfaces, and the class that has them.
fn around(identity: &Identity, interfaces: Vec<Interface>) -> Library {
    // `Orders.Desk` is `Desk` in the library `Orders`, as programs in Basic say it.
    let name = identity.prog_id.as_str();
    let (library, class) = name.rsplit_once('.').unwrap_or((name, name));
    // The same name cannot mean two things.
    let mut class = identifier(class);
    while interfaces.iter().any(|one| one.name.eq_ignore_ascii_case(&class)) {
        class.push('_');
    }
    Library {
        name: identifier(library),
        guid: identity.library.as_u128(),
        interfaces,
        class: Class { name: class, guid: identity.class.as_u128() },
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
