//! The addresses of `net.tcp` as places of services.

use crate::address::TcpAddress;
use crate::client::{Target, dial as dialling};
use crate::server::{Made, Place, entrance};
use samebox_core::{Endpoint, Result};
use samebox_stream::{TcpDialler, TcpDoor};
use std::net::SocketAddr;

/// Where a service is offered.
pub(crate) fn place(endpoint: &Endpoint) -> Result<Place> {
    let address = TcpAddress::read(endpoint)?;
    let at = address.listening(endpoint)?;
    let key = |at: SocketAddr| format!("net.tcp://{at}");
    let (path, uri, endpoint) = (address.path.clone(), address.uri(), endpoint.clone());
    Ok(Place {
        key: (at.port() != 0).then(|| key(at)),
        path,
        uri,
        upgrades: &[],
        make: Box::new(move |registry, token| {
            let (door, at) = TcpDoor::listen(&endpoint, at)?;
            let entrance = entrance(&endpoint, door, registry, token)?;
            let address = TcpAddress { port: at.port(), ..address };
            let endpoint = endpoint.with_name(address.name());
            Ok(Made { entrance, key: key(at), endpoint, uri: address.uri() })
        }),
    })
}

/// Where a client finds the service.
pub(crate) fn target(endpoint: &Endpoint) -> Result<Target> {
    let address = TcpAddress::read(endpoint)?;
    let uri = address.uri();
    Ok(Target {
        uri,
        dial: dialling(endpoint, TcpDialler::new(endpoint, address.resolved(endpoint)?)?),
    })
}
