//! The Unix half of `net.uds`: sockets with a path.

use crate::address::{check_length, encoded};
use crate::client::{Target, dial};
use crate::server::{Made, Place, entrance};
use crate::settings::Options;
use samebox_core::{Endpoint, Result};
use samebox_stream::{NamedConnector, NamedListener, Place as Name};
use samebox_sys::unix::name::LONGEST_PATH;
use samebox_wcf_wire::framing::UPGRADE_UNIX_POSIX;
use std::path::PathBuf;

/// What `net.pipe` runs over here.
pub(crate) const PIPE_MECHANISM: &str = "WCF over a Unix domain socket";

/// Where a service is offered.
pub(crate) fn place(endpoint: &Endpoint, options: &Options) -> Result<Place> {
    let path = path(endpoint)?;
    let shown = path.to_string_lossy().into_owned();
    let (key, uri) = (format!("net.uds:{shown}"), socket_uri(&shown));
    let (endpoint, allow) = (endpoint.clone(), options.allow.clone());
    let made = (key.clone(), uri.clone());
    Ok(Place {
        key: Some(key),
        path: shown,
        uri,
        upgrades: &[UPGRADE_UNIX_POSIX],
        make: Box::new(move |registry, token| {
            let listener = NamedListener::bind(&endpoint, &Name::Path(path), &allow)?;
            let entrance = entrance(&endpoint, listener, registry, token)?;
            let (key, uri) = made;
            Ok(Made { entrance, key, endpoint, uri })
        }),
    })
}

/// Where a client finds the service.
pub(crate) fn target(endpoint: &Endpoint, options: &Options) -> Result<Target> {
    let path = path(endpoint)?;
    let uri = socket_uri(&path.to_string_lossy());
    let connector = NamedConnector::new(endpoint, Name::Path(path), &options.allow);
    Ok(Target { uri, dial: dial(endpoint, connector) })
}

fn path(endpoint: &Endpoint) -> Result<PathBuf> {
    let path = socket_path(endpoint)?;
    let length = path.as_os_str().len();
    if length > LONGEST_PATH {
        let why = format!("{} has {length} bytes", path.display());
        let advice = format!("the path of a Unix socket has at most {LONGEST_PATH} bytes");
        return Err(endpoint.invalid(why).with_advice(advice));
    }
    Ok(path)
}

/// Where a service of `net.uds` is: its socket's path.
fn socket_path(endpoint: &Endpoint) -> Result<PathBuf> {
    let name = endpoint.name();
    let path = name.strip_prefix("localhost").unwrap_or(name);
    if path.starts_with('/') && path.len() > 1 && !path.ends_with('/') {
        check_length(endpoint, &socket_uri(path))?;
        return Ok(path.into());
    }
    let advice =
        "write net.uds: and the whole path of the socket, such as net.uds:/run/orders.sock";
    Err(endpoint.invalid(format!("`{name}` is not the path of a socket")).with_advice(advice))
}

/// The URI of a socket as .NET's client writes it: one slash, no host.
fn socket_uri(path: &str) -> String {
    format!("net.uds:{}", encoded(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_named_with_or_without_a_host() {
        for text in ["net.uds:/a/b c", "net.uds:///a/b c", "net.uds://localhost/a/b c"] {
            let path = socket_path(&text.parse().unwrap()).unwrap();
            assert_eq!(path.to_str(), Some("/a/b c"));
        }
        assert_eq!(socket_uri("/a/b c"), "net.uds:/a/b%20c");
        for wrong in ["net.uds:a", "net.uds:/", "net.uds://other/a", "net.uds:/a/"] {
            assert!(socket_path(&wrong.parse().unwrap()).is_err(), "{wrong}");
        }
    }
}
