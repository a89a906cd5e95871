//! What an endpoint is called on D-Bus.

use super::name::bus_name;
use samebox_core::{Endpoint, Result};
use zbus::names::InterfaceName;

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
}
