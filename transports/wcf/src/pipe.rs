//! Where services of `net.pipe` are.

use crate::address::{pipe_uri, split};
use crate::client::{Target, dial};
use crate::server::{Made, Place, entrance};
use crate::settings::Options;
use crate::{PipeDialler, PipeName, open_pipe};
use samebox_core::{Endpoint, Result};

/// Where a service is offered.
pub(crate) fn place(endpoint: &Endpoint, options: &Options) -> Result<Place> {
    let name = PipeName::of(endpoint)?;
    let uri = pipe_uri(endpoint)?;
    let path = split(endpoint.name()).1.to_owned();
    // Each path has a door of its own.
    let key = format!("net.pipe:{}", path.trim_end_matches('/').to_uppercase());
    let (endpoint, allow) = (endpoint.clone(), options.allow.clone());
    let made = (key.clone(), uri.clone());
    Ok(Place {
        key: Some(key),
        path,
        uri,
        upgrades: &[],
        make: Box::new(move |registry, token| {
            let door = open_pipe(&endpoint, &name, &allow)?;
            let entrance = entrance(&endpoint, door, registry, token)?;
            let (key, uri) = made;
            Ok(Made { entrance, key, endpoint, uri })
        }),
    })
}

/// Where a client finds the service.
pub(crate) fn target(endpoint: &Endpoint, options: &Options) -> Result<Target> {
    let name = PipeName::of(endpoint)?;
    let uri = pipe_uri(endpoint)?;
    let dialler = PipeDialler::new(endpoint, &name, &options.allow)?;
    Ok(Target { uri, dial: dial(endpoint, dialler) })
}
