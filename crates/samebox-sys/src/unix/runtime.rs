//! The directory of this user's samebox names that have no place of their own.

use rustix::fs::{Mode, OFlags};
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Finds, or makes, the directory of this user's names: nobody else may enter it.
///
/// It is `$XDG_RUNTIME_DIR/samebox` where that variable names a directory of this user, and
/// `samebox-UID` in the directory for temporary files elsewhere: the variable outlives its meaning
/// under `su` and `sudo`.
///
/// # Errors
/// `PermissionDenied` when the directory belongs to another user, is a symbolic link or no directory,
/// or lets others in; whatever the system said when it cannot be made.
pub fn runtime_directory() -> io::Result<PathBuf> {
    let uid = rustix::process::geteuid().as_raw();
    let session = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let session = session.filter(|path| path.is_absolute() && belongs_to(path, uid));
    let path = match session {
        Some(session) => session.join("samebox"),
        None => std::env::temp_dir().join(format!("samebox-{uid}")),
    };
    ensure_private(&path, uid)?;
    Ok(path)
}

fn belongs_to(path: &Path, uid: u32) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.is_dir() && found.uid() == uid)
}

/// Makes the directory unless it is there, then checks what is there.
fn ensure_private(path: &Path, uid: u32) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = rustix::fs::open(path, flags, Mode::empty())
        .map_err(|cause| denied(path, &format!("cannot be opened as a directory ({cause})")))?;
    let found = rustix::fs::fstat(&directory)?;
    if found.st_uid != uid {
        return Err(denied(path, &format!("belongs to uid {}", found.st_uid)));
    }
    if found.st_mode & 0o077 != 0 {
        let mode = found.st_mode & 0o7777;
        return Err(denied(path, &format!("lets others in (mode {mode:o}); make it 700")));
    }
    Ok(())
}

fn denied(path: &Path, why: &str) -> io::Error {
    let why = format!("the directory {} {why}", path.display());
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn own_uid() -> u32 {
        rustix::process::geteuid().as_raw()
    }

    fn assert_denied(path: &Path, part: &str) {
        let error = ensure_private(path, own_uid()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        assert!(error.to_string().contains(part), "{error}");
    }

    #[test]
    fn it_is_made_private_and_found_again() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("samebox");
        ensure_private(&path, own_uid()).unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o700);
        ensure_private(&path, own_uid()).unwrap();
    }

    #[test]
    fn one_that_lets_others_in_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("samebox");
        ensure_private(&path, own_uid()).unwrap();
        set_permissions(&path, Permissions::from_mode(0o750)).unwrap();
        assert_denied(&path, "750");
    }

    #[test]
    fn a_symbolic_link_is_not_followed() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("samebox");
        symlink(parent.path(), &path).unwrap();
        assert_denied(&path, "cannot be opened as a directory");
    }

    #[test]
    fn one_of_another_user_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("samebox");
        ensure_private(&path, own_uid()).unwrap();
        let error = ensure_private(&path, own_uid() + 1).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        assert!(error.to_string().contains("belongs to uid"), "{error}");
    }
}
