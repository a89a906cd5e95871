//! The directory of this user's samebox names that have no place of their own.

use std::io;
use std::path::PathBuf;

/// Finds, or makes, the directory of this user's names: `%LOCALAPPDATA%\samebox`.
///
/// It inherits the rights of its parent: this user, the administrators and the system.
///
/// # Errors
/// `NotFound` without `LOCALAPPDATA`; `PermissionDenied` when a link or a file stands in its place;
/// whatever the system said when it cannot be made.
pub fn runtime_directory() -> io::Result<PathBuf> {
    let parent = std::env::var_os("LOCALAPPDATA").map(PathBuf::from);
    let parent = parent.filter(|path| path.is_absolute()).ok_or_else(|| {
        io::Error::new(io::ErrorKind::NotFound, "the variable LOCALAPPDATA names no directory")
    })?;
    let path = parent.join("samebox");
    match std::fs::create_dir(&path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    if !path.symlink_metadata()?.is_dir() {
        let why = format!("{} is not a directory", path.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_and_found_again() {
        let path = runtime_directory().unwrap();
        assert!(path.is_dir());
        assert_eq!(runtime_directory().unwrap(), path);
    }
}
