//! Programs by their names.

use rustix::fs::{Access, access};
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The whole path of a program that this user may run: as given, or found where the shell looks.
pub(crate) fn find(name: &OsStr) -> Option<PathBuf> {
    let path = Path::new(name);
    if path.components().count() > 1 || path.is_absolute() {
        return std::path::absolute(path).ok().filter(|path| is_program(path));
    }
    let folders = env::var_os("PATH")?;
    let found = env::split_paths(&folders).map(|folder| folder.join(path)).find(|p| is_program(p));
    std::path::absolute(found?).ok()
}

/// The words of the command line.
pub(crate) fn arguments() -> impl Iterator<Item = OsString> {
    env::args_os()
}

fn is_program(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_as_the_shell_finds_it() {
        let shell = find("sh".as_ref()).expect("every system has a shell");
        assert!(shell.is_absolute() && shell.ends_with("sh"));
        assert_eq!(find(shell.as_os_str()), Some(shell));
    }

    #[test]
    fn what_is_no_program_is_not_found() {
        assert_eq!(find("samebox-no-such-program".as_ref()), None);
        assert_eq!(find("/etc/passwd".as_ref()), None);
        assert_eq!(find("/".as_ref()), None);
    }
}
