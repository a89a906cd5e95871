//! What the session's own servers tell: objects on its bus, windows on its display.

use super::{bus, display};
use crate::finding::Finding;
use crate::standing::{Sight, Standing};
use samebox::{Endpoint, User};
use samebox_sys::unix::account::own_uid;

/// What names without a dot stand under on a bus.
const OWN: &str = "org.samebox.";

/// The objects on the session's bus whose names are samebox's own.
pub(super) fn objects() -> Vec<Standing> {
    let Some(address) = bus::session() else { return Vec::new() };
    let names = bus::names(&address).unwrap_or_default();
    let own = names.into_iter().filter(|name| name.starts_with(OWN));
    own.filter_map(|name| object(endpoint("object", &plain(&name))?, &address, &name)).collect()
}

/// The windows of samebox's servers on the session's display.
pub(super) fn windows() -> Vec<Standing> {
    let Some(display) = display::of(None) else { return Vec::new() };
    let titles = display::titles(&display).unwrap_or_default().into_iter();
    titles.filter_map(|title| Some(window(endpoint("window", &title)?, &display))).collect()
}

/// What stands at an endpoint of `object:` that is on a bus; `None` when it is on none.
pub(super) fn look_for_object(endpoint: &Endpoint, name: &str) -> Option<Sight> {
    let address = bus::of(endpoint)?;
    let found = object(endpoint.to_string(), &address, name);
    Some(found.map_or(Sight::Absent, Sight::Standing))
}

/// What stands at an endpoint of `window:`.
pub(super) fn look_for_window(endpoint: &Endpoint) -> Sight {
    let Some(display) = display::of(Some(endpoint)) else { return Sight::Absent };
    match display::is_owned(&display, endpoint.name()) {
        Ok(true) => Sight::Standing(window(endpoint.to_string(), &display)),
        _ => Sight::Absent,
    }
}

/// The name on a bus of an endpoint's name.
pub(super) fn bus_name(name: &str) -> String {
    if name.contains('.') { name.into() } else { format!("{OWN}{name}") }
}

/// The shortest name of an endpoint with that name on a bus.
pub(super) fn plain(bus_name: &str) -> String {
    let rest = bus_name.strip_prefix(OWN).filter(|rest| !rest.contains('.'));
    rest.unwrap_or(bus_name).into()
}

fn endpoint(scheme: &str, name: &str) -> Option<String> {
    let any: Endpoint = format!("{scheme}:x").parse().ok()?;
    Some(any.with_name(name).to_string())
}

fn object(endpoint: String, address: &str, name: &str) -> Option<Standing> {
    let uid = bus::owner(address, name).ok()??;
    let (owner, own) = (Some(User::Uid(uid)), uid == own_uid());
    let place = format!("{name} on the bus {address}");
    Some(Standing { endpoint, live: true, owner, own, open: None, place })
}

fn window(endpoint: String, display: &str) -> Standing {
    let place = format!("display {display}");
    Standing { endpoint, live: true, owner: None, own: false, open: None, place }
}

/// Whether the session has a bus and a display.
pub(super) fn examine() -> [Finding; 2] {
    [examine_bus(), examine_display()]
}

fn examine_bus() -> Finding {
    let check = "session bus";
    let next = "for names on a bus: log in by a session, or start both sides by dbus-run-session";
    let Some(address) = bus::session() else {
        return Finding::warn(check, "none; object: has sockets of its own instead", next);
    };
    match bus::names(&address) {
        Ok(names) => Finding::ok(check, format!("{address}, with {} names", names.len())),
        Err(cause) => {
            let found = format!("{address} does not answer ({cause})");
            Finding::warn(check, found, "start it, or unset DBUS_SESSION_BUS_ADDRESS")
        }
    }
}

fn examine_display() -> Finding {
    let check = "display";
    let Some(display) = display::of(None) else {
        let next = "use object: or pipe:, or set DISPLAY; Xvfb is an X server without a screen";
        return Finding::warn(check, "none, so window: is not there", next);
    };
    match display::greet(&display) {
        Ok(maker) => Finding::ok(check, format!("{display}, {maker}")),
        Err(cause) => {
            let found = format!("the X server of {display} does not let clients in ({cause})");
            Finding::warn(check, found, "start it, or set DISPLAY and XAUTHORITY to another")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_endpoints_and_of_a_bus_are_told_from_each_other() {
        for name in ["orders", "org.x.Orders", "org.samebox.a.b"] {
            assert_eq!(plain(&bus_name(name)), name);
        }
        assert_eq!(plain("org.samebox.orders"), "orders");
    }
}
