//! What an endpoint is called on D-Bus.

use samebox_core::{Endpoint, Result};
use zbus::names::InterfaceName;

/// What a name without a dot stands under: a bus knows no such names.
const OWN: &str = "org.samebox";

/// The well-known name on the bus: the endpoint's own when it has a dot, else `org.samebox.NAME`.
///
/// # Errors
/// `InvalidEndpoint` for a name that no bus takes: parts between dots are not empty and do not begin
/// with a digit.
pub(crate) fn bus_name(endpoint: &Endpoint) -> Result<String> {
    let name = endpoint.plain_name()?;
    let wrong = |part: &str| part.is_empty() || part.starts_with(|c: char| c.is_ascii_digit());
    if let Some(part) = name.split('.').find(|part| wrong(part)) {
        let why = match part {
            "" => "a part of a bus name between dots is empty".into(),
            _ => format!("`{part}` begins with a digit, as no part of a bus name may"),
        };
        return Err(endpoint.invalid(why).with_advice("use a name such as org.example.Orders"));
    }
    Ok(if name.contains('.') { name.into() } else { format!("{OWN}.{name}") })
}

/// The names of one endpoint: `orders` is `org.samebox.orders` at `/org/samebox/orders`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    /// What it owns on the bus.
    pub(crate) bus: String,
    /// Where its object is.
    pub(crate) path: String,
}

impl Names {
    /// Those of an endpoint: its name as it is when it has a dot, below `org.samebox` otherwise.
    ///
    /// # Errors
    /// `InvalidEndpoint` when D-Bus has no such names.
    pub(crate) fn of(endpoint: &Endpoint) -> Result<Self> {
        let bus = bus_name(endpoint)?;
        let path = format!("/{}", bus.replace('.', "/").replace('-', "_"));
        Ok(Self { bus, path })
    }

    /// What the interface of a contract is called: its own name where that has a dot.
    ///
    /// # Errors
    /// `InvalidEndpoint` when D-Bus has no such interfaces.
    pub(crate) fn interface(&self, endpoint: &Endpoint, contract: &str) -> Result<String> {
        let name = match contract.contains('.') {
            true => contract.to_string(),
            false => format!("{}.{contract}", self.bus.replace('-', "_")),
        };
        match InterfaceName::try_from(name.as_str()) {
            Ok(_) => Ok(name),
            Err(_) => Err(endpoint.invalid(format!("`{name}` is no name for a D-Bus interface"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(name: &str) -> Result<Names> {
        Names::of(&format!("object:{name}").parse()?)
    }

    #[test]
    fn a_name_without_a_dot_is_below_samebox() {
        let found = names("orders-2").unwrap();
        assert_eq!(
            (found.bus.as_str(), found.path.as_str()),
            ("org.samebox.orders-2", "/org/samebox/orders_2")
        );
    }

    #[test]
    fn a_name_with_a_dot_is_taken_as_it_is() {
        let found = names("IpcTest.IpcClientServer").unwrap();
        assert_eq!(found.bus, "IpcTest.IpcClientServer");
        assert_eq!(found.path, "/IpcTest/IpcClientServer");
    }

    #[test]
    fn what_dbus_cannot_call_so_is_refused() {
        for wrong in ["1st", "a..b", ".a", "a.1", "a b"] {
            assert!(names(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_interface_is_below_the_name_unless_it_has_a_dot() {
        let endpoint: Endpoint = "object:a-b.c".parse().unwrap();
        let names = Names::of(&endpoint).unwrap();
        assert_eq!(names.interface(&endpoint, "Orders").unwrap(), "a_b.c.Orders");
        assert_eq!(names.interface(&endpoint, "org.x.Orders").unwrap(), "org.x.Orders");
        assert!(names.interface(&endpoint, "1").is_err());
    }

    fn named(name: &str) -> Result<String> {
        bus_name(&format!("object:{name}").parse().expect("it is an endpoint"))
    }

    #[test]
    fn a_name_with_a_dot_stays_and_one_without_gets_a_place() {
        assert_eq!(named("org.example.My-Orders").unwrap(), "org.example.My-Orders");
        assert_eq!(named("orders_2").unwrap(), "org.samebox.orders_2");
    }

    #[test]
    fn what_no_bus_takes_is_refused_in_words() {
        for (name, word) in [("a..b", "empty"), (".a", "empty"), ("a.2b", "digit"), ("a/b", "'/'")]
        {
            let refused = named(name).expect_err(name).to_string();
            assert!(refused.contains(word), "{name}: {refused}");
        }
    }
}
