//! The D-Bus bus that objects are on, asked about its names.

use super::patience::within;
use samebox::Endpoint;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use zbus::connection::Builder;
use zbus::{Connection, block_on};

/// The bus itself.
const BUS: &str = "org.freedesktop.DBus";
const PATH: &str = "/org/freedesktop/DBus";

/// The address of the bus that an endpoint of `object:` is on, if it is on one.
pub(crate) fn of(endpoint: &Endpoint) -> Option<String> {
    match endpoint.setting("bus") {
        Some("none") => None,
        Some("session") => session(),
        Some(address) if address.contains(':') => Some(address.into()),
        _ => session().filter(|address| names(address).is_ok()),
    }
}

/// The address of the session's bus, where the environment tells of one.
pub(super) fn session() -> Option<String> {
    if let Ok(address) = std::env::var("DBUS_SESSION_BUS_ADDRESS") {
        return Some(address);
    }
    let bus = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR")?).join("bus");
    UnixStream::connect(&bus).ok().map(|_| format!("unix:path={}", bus.display()))
}

/// The names that programs have on a bus.
///
/// # Errors
/// Whatever kept the bus from answering.
pub(super) fn names(address: &str) -> io::Result<Vec<String>> {
    let address = address.to_string();
    let names: Vec<String> = within(move || {
        ask(&address, async |bus| {
            let answer = bus.call_method(Some(BUS), PATH, Some(BUS), "ListNames", &()).await?;
            answer.body().deserialize()
        })
    })?;
    // The bus's own names of connections begin with a colon.
    Ok(names.into_iter().filter(|name| !name.starts_with(':')).collect())
}

/// The user who has a name on a bus; `None` when nobody has it.
///
/// # Errors
/// As [`names`].
pub(super) fn owner(address: &str, name: &str) -> io::Result<Option<u32>> {
    let (address, name) = (address.to_string(), name.to_string());
    within(move || {
        ask(&address, async |bus| {
            let (method, body) = ("GetConnectionUnixUser", &*name);
            match bus.call_method(Some(BUS), PATH, Some(BUS), method, &body).await {
                Ok(answer) => answer.body().deserialize().map(Some),
                // It answers with an error when nobody has the name.
                Err(zbus::Error::MethodError(..) | zbus::Error::FDO(_)) => Ok(None),
                Err(error) => Err(error),
            }
        })
    })
}

fn ask<T>(address: &str, ask: impl AsyncFnOnce(&Connection) -> zbus::Result<T>) -> io::Result<T> {
    let asked = block_on(async {
        let bus = Builder::address(address).build().await?;
        ask(&bus).await
    });
    asked.map_err(io::Error::other)
}
