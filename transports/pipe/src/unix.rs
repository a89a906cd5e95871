//! The Unix half: the Unix socket that .NET uses for a pipe of that name.

use samebox_core::{Endpoint, Info, Result};
use samebox_stream::{Place, SETTINGS};
use samebox_sys::unix::name;
use std::path::PathBuf;

pub(crate) static INFO: Info = Info {
    scheme: "pipe",
    mechanism: "Unix socket where .NET puts a named pipe",
    names: "NAME as .NET takes it, or an absolute path",
    example: "pipe:orders",
    settings: SETTINGS,
};

/// Where .NET puts the pipe of an endpoint: `CoreFxPipe_NAME` in the directory for temporary files,
/// or a rooted path as it is.
pub(crate) fn place(endpoint: &Endpoint) -> Result<Place> {
    let name = endpoint.name();
    let path = match name.starts_with('/') {
        true => PathBuf::from(name),
        false => directory().join(format!("CoreFxPipe_{}", endpoint.plain_name()?)),
    };
    let length = path.as_os_str().len();
    if length > name::LONGEST_PATH {
        let why = format!("the pipe would be at {}, which has {length} bytes", path.display());
        let advice = format!(
            "a path has at most {} bytes: use a shorter name, or a shorter TMPDIR on both sides",
            name::LONGEST_PATH
        );
        return Err(endpoint.invalid(why).with_advice(advice));
    }
    Ok(Place::Path(path))
}

/// What .NET's `Path.GetTempPath` gives: `TMPDIR` where it is set and not empty, `/tmp` elsewhere.
fn directory() -> PathBuf {
    let set = std::env::var_os("TMPDIR").filter(|directory| !directory.is_empty());
    set.map_or_else(|| "/tmp".into(), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place_of(text: &str) -> Result<Place> {
        place(&text.parse().unwrap())
    }

    #[test]
    fn a_name_leads_to_where_dotnet_puts_it() {
        assert_eq!(place_of("pipe:b").unwrap(), Place::Path(directory().join("CoreFxPipe_b")));
        assert_eq!(place_of("pipe:///a/b.sock").unwrap(), Place::Path("/a/b.sock".into()));
    }

    #[test]
    fn names_that_dotnet_refuses_are_refused() {
        let long = format!("pipe:/{}", "x".repeat(107));
        for wrong in ["pipe:a/b", "pipe:..", &long] {
            assert!(place_of(wrong).is_err(), "{wrong}");
        }
    }
}
