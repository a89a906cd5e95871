//! The Unix half.

use crate::{INFO, Unix};
use samebox_core::{Capabilities, Deadline, Endpoint, Info, Result, Transport};
use samebox_stream::{
    CAPABILITIES, NamedConnector, NamedListener, Options, Place, StreamClient, StreamServer,
};
use samebox_sys::unix::{name, runtime};
use std::path::PathBuf;

impl Transport for Unix {
    type Inbox = StreamServer<NamedListener>;
    type Outbox = StreamClient<NamedConnector>;

    fn info(&self) -> &'static Info {
        &INFO
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn bind(&self, endpoint: &Endpoint) -> Result<Self::Inbox> {
        let options = Options::read(endpoint)?;
        let listener = NamedListener::bind(endpoint, &place(endpoint)?, &options.allow)?;
        StreamServer::new(endpoint.clone(), options, listener)
    }

    fn connect(&self, endpoint: &Endpoint, deadline: Deadline) -> Result<Self::Outbox> {
        let options = Options::read(endpoint)?;
        let connector = NamedConnector::new(endpoint, place(endpoint)?, &options.allow);
        StreamClient::connect(endpoint, options, connector, deadline)
    }
}

/// Where the socket of an endpoint is.
fn place(endpoint: &Endpoint) -> Result<Place> {
    let name = endpoint.name();
    if let Some(name) = name.strip_prefix('@') {
        return match name.len() {
            1..=name::LONGEST_PATH => Ok(Place::Abstract(name.into())),
            length => Err(endpoint.invalid(format!(
                "an abstract name has 1 to {} bytes and this one has {length}",
                name::LONGEST_PATH
            ))),
        };
    }
    let path = if name.contains('/') {
        PathBuf::from(name)
    } else {
        let name = endpoint.plain_name()?;
        let directory = runtime::runtime_directory().map_err(|cause| {
            endpoint
                .invalid("this user has no private directory for its names")
                .with_advice("write a path with a slash in it, or mend what `samebox doctor` shows")
                .with_source(cause)
        })?;
        directory.join(format!("{name}.sock"))
    };
    let length = path.as_os_str().len();
    if length > name::LONGEST_PATH {
        let why = format!("{} has {length} bytes", path.display());
        let advice = format!("the path of a Unix socket has at most {} bytes", name::LONGEST_PATH);
        return Err(endpoint.invalid(why).with_advice(advice));
    }
    Ok(Place::Path(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place_of(text: &str) -> Result<Place> {
        place(&text.parse().unwrap())
    }

    #[test]
    fn paths_abstract_names_and_plain_names_are_told_apart() {
        assert_eq!(place_of("unix:///a/b").unwrap(), Place::Path("/a/b".into()));
        assert_eq!(place_of("unix:./b").unwrap(), Place::Path("./b".into()));
        assert_eq!(place_of("unix:@b").unwrap(), Place::Abstract("b".into()));
        assert!(
            matches!(place_of("unix:b").unwrap(), Place::Path(path) if path.ends_with("b.sock"))
        );
    }

    #[test]
    fn names_that_do_not_fit_are_refused_with_their_length() {
        for wrong in [format!("unix:/{}", "x".repeat(107)), format!("unix:@{}", "x".repeat(108))] {
            assert!(place_of(&wrong).unwrap_err().to_string().contains("108"), "{wrong}");
        }
        assert!(place_of("unix:@").is_err());
        assert!(place_of("unix:a b").is_err());
    }
}
