//! Telling a bus that runs of new service files.

use samebox_core::Endpoint;
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;
use zbus::connection::Builder;

/// How long a bus may take to read its files.
const PATIENCE: Duration = Duration::from_secs(2);

/// Has the bus of `endpoint` read its service files again, where one runs.
///
/// Most buses notice by themselves, but not that a directory is new. Without a bus there is nobody to
/// tell, and the next one reads them all.
pub(crate) fn reload(endpoint: &Endpoint) {
    let Some(address) = address(endpoint) else { return };
    let (sender, done) = sync_channel(1);
    let work = move || {
        let _ = sender.send(zbus::block_on(tell(&address)));
    };
    // On a thread of its own, for a bus that is stuck must not keep the caller.
    if thread::Builder::new().spawn(work).is_ok() {
        let _ = done.recv_timeout(PATIENCE);
    }
}

/// Where the bus is: the one that the endpoint names, or this session's.
fn address(endpoint: &Endpoint) -> Option<String> {
    match endpoint.setting("bus") {
        Some(address) if address.contains(':') => Some(address.into()),
        Some("none") => None,
        _ => session(),
    }
}

fn session() -> Option<String> {
    if let Ok(address) = std::env::var("DBUS_SESSION_BUS_ADDRESS") {
        return Some(address);
    }
    let bus = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR")?).join("bus");
    bus.exists().then(|| format!("unix:path={}", bus.display()))
}

async fn tell(address: &str) -> zbus::Result<()> {
    let bus = Builder::address(address).method_timeout(PATIENCE).build().await?;
    let (name, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
    bus.call_method(Some(name), path, Some(name), "ReloadConfig", &()).await?;
    bus.close().await
}
