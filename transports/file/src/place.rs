use samebox_core::{Endpoint, Error, ErrorKind, Operation, Result};
use std::io;
use std::path::{Component, MAIN_SEPARATOR, Path, PathBuf, is_separator};

/// Where an endpoint's files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The one slot.
    pub(crate) slot: PathBuf,
    /// The lock that a server holds for its life.
    pub(crate) lock: PathBuf,
    pub(crate) directory: PathBuf,
    /// Whether they are in this user's own directory, where every file is samebox's.
    pub(crate) private: bool,
}

impl Place {
    /// What the lock file is called after the slot's own name.
    const LOCK: &str = ".server";

    pub(crate) fn of(endpoint: &Endpoint) -> Result<Self> {
        let name = endpoint.name();
        if !name.contains(is_separator) {
            let file = format!("{}.box", endpoint.plain_name()?);
            let directory = crate::os::runtime_directory().map_err(|e| unusable(endpoint, e))?;
            return Ok(Self::at(&directory.join(file), true));
        }
        let path = Path::new(name);
        let dotted =
            matches!(path.components().next(), Some(Component::CurDir | Component::ParentDir));
        if !path.is_absolute() && !dotted {
            let advice = format!("start it with `{MAIN_SEPARATOR}` or `.{MAIN_SEPARATOR}`");
            return Err(endpoint.invalid("the path is not absolute").with_advice(advice));
        }
        if name.ends_with(is_separator) || path.file_name().is_none() {
            let advice = "end the path with the name of a file";
            return Err(endpoint.invalid("the path names a directory").with_advice(advice));
        }
        if name.ends_with(Self::LOCK) {
            let why = format!("names that end with `{}` are for locks", Self::LOCK);
            return Err(endpoint.invalid(why).with_advice("choose another name"));
        }
        let path = std::path::absolute(path).map_err(|error| unusable(endpoint, error))?;
        Ok(Self::at(&path, false))
    }

    fn at(slot: &Path, private: bool) -> Self {
        let mut lock = slot.as_os_str().to_owned();
        lock.push(Self::LOCK);
        let directory = slot.parent().unwrap_or(slot).to_owned();
        Self { slot: slot.to_owned(), lock: lock.into(), directory, private }
    }
}

fn unusable(endpoint: &Endpoint, cause: io::Error) -> Error {
    let (kind, advice) = match cause.kind() {
        io::ErrorKind::PermissionDenied => {
            (ErrorKind::Denied, "put it right, or give a path of your own after the colon")
        }
        _ => (ErrorKind::Io, "give a path after the colon"),
    };
    endpoint.error(kind, Operation::Parse, cause.to_string()).with_advice(advice).with_source(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> Result<Place> {
        Place::of(&"file:x".parse::<Endpoint>().unwrap().with_name(name))
    }

    #[test]
    fn a_plain_name_is_a_box_in_this_users_directory() {
        let place = place("orders").unwrap();
        assert!(place.private);
        assert_eq!(place.slot, crate::os::runtime_directory().unwrap().join("orders.box"));
        assert!(place.lock.ends_with("orders.box.server"));
    }

    #[test]
    fn a_relative_path_starts_with_a_dot_and_stays_where_it_was() {
        let place = place("./orders.txt").unwrap();
        assert!(!place.private);
        assert_eq!(place.slot, std::env::current_dir().unwrap().join("orders.txt"));
        assert_eq!(place.directory, std::env::current_dir().unwrap());
    }

    #[test]
    fn what_names_no_file_is_refused() {
        for (wrong, part) in [
            ("a/b", "not absolute"),
            ("./a/", "names a directory"),
            ("./..", "names a directory"),
            ("./a.server", "for locks"),
            ("a:b", "may not stand in a name"),
            ("..", "not a folder"),
        ] {
            let error = place(wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidEndpoint);
            assert!(error.to_string().contains(part), "{wrong}: {error}");
        }
    }
}
