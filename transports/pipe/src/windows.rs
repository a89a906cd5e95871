//! The Windows half: the named pipe of that name.

use samebox_core::{Endpoint, Info, Result};
use samebox_stream::{Place, SETTINGS};

pub(crate) static INFO: Info = Info {
    scheme: "pipe",
    mechanism: "named pipe",
    names: r"NAME for the pipe \\.\pipe\NAME",
    example: "pipe:orders",
    settings: SETTINGS,
};

/// Where .NET puts the pipe of an endpoint: where every program of Windows does.
pub(crate) fn place(endpoint: &Endpoint) -> Result<Place> {
    Ok(Place::Pipe(endpoint.plain_name()?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place_of(text: &str) -> Result<Place> {
        place(&text.parse().unwrap())
    }

    #[test]
    fn a_name_is_that_of_the_pipe() {
        assert_eq!(place_of("pipe:b").unwrap(), Place::Pipe("b".into()));
    }

    #[test]
    fn paths_are_refused() {
        for wrong in ["pipe:a/b", r"pipe:\\.\pipe\b", r"pipe:LOCAL\b", "pipe:.."] {
            assert!(place_of(wrong).is_err(), "{wrong}");
        }
    }
}
