//! Programs by their names.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The whole path of a program: as given, or found on `PATH`; `.exe` may be left out.
pub(crate) fn find(name: &OsStr) -> Option<PathBuf> {
    let path = Path::new(name);
    if path.components().count() > 1 || path.is_absolute() {
        return file(&std::path::absolute(path).ok()?);
    }
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).find_map(|folder| file(&folder.join(path)))
}

fn file(path: &Path) -> Option<PathBuf> {
    let mut with_ending = path.as_os_str().to_owned();
    with_ending.push(".exe");
    [path.to_owned(), with_ending.into()].into_iter().find(|path| path.is_file())
}

/// The words of the command line, without the `-Embedding` that COM appends when it starts a server.
pub(crate) fn arguments() -> impl Iterator<Item = OsString> {
    without_embedding(env::args_os().collect()).into_iter()
}

fn without_embedding(mut words: Vec<OsString>) -> Vec<OsString> {
    let is_it = |word: &OsString| {
        let word = word.to_string_lossy();
        let bare = word.strip_prefix(['-', '/']);
        bare.is_some_and(|bare| bare.eq_ignore_ascii_case("Embedding"))
    };
    words.pop_if(|word| is_it(word));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedding_is_left_out_only_at_the_end() {
        let kept = |words: &[&str]| {
            let words = words.iter().map(OsString::from).collect();
            without_embedding(words).len()
        };
        assert_eq!(kept(&["samebox", "listen", "-Embedding"]), 2);
        assert_eq!(kept(&["samebox", "/embedding"]), 1);
        assert_eq!(kept(&["samebox", "-Embedding", "x"]), 3);
        assert_eq!(kept(&["samebox", "Embedding"]), 2);
    }

    #[test]
    fn a_program_is_found_without_its_ending() {
        let shell = find("cmd".as_ref()).expect("every system has a shell");
        assert!(shell.is_absolute() && shell.extension().is_some());
        assert_eq!(find("samebox-no-such-program".as_ref()), None);
    }
}
