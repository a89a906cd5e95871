//! The names of servers on this machine, seen without disturbing any of them.

use crate::standing::{Sight, Standing};
use samebox::Endpoint;
use samebox_sys::windows::pipe::exists;
use samebox_sys::windows::runtime::runtime_directory;
use samebox_sys::windows::window::{Where, Window, find};
use std::fs::{self, OpenOptions};
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The folder of all named pipes; a pipe is there only while its server lives.
pub(crate) const PIPES: &str = r"\\.\pipe\";
/// What stands after the name of a file box, and after that of its server's lock.
const BOX: &str = ".box";
const BOX_LOCK: &str = ".server";
/// `ERROR_SHARING_VIOLATION`: another process has the file to itself.
const SHARING_VIOLATION: i32 = 32;

/// Every named pipe, and every file box of this user, in order.
pub(crate) fn list() -> Vec<Standing> {
    let pipes = names(Path::new(PIPES)).into_iter().filter_map(|name| {
        let place = format!("{PIPES}{name}");
        Some(standing(endpoint("pipe", name)?, place, true, false))
    });
    let directory = runtime_directory().unwrap_or_default();
    let boxes = names(&directory).into_iter().filter_map(|file| {
        let name = file.strip_suffix(BOX)?;
        file_box(endpoint("file", name.into())?, &directory.join(&file))
    });
    let mut found: Vec<_> = pipes.chain(boxes).collect();
    found.sort_by(|a, b| a.endpoint.cmp(&b.endpoint));
    found
}

/// What stands at one endpoint.
pub(crate) fn look(endpoint: &Endpoint) -> Sight {
    let name = endpoint.name();
    let found = match endpoint.scheme() {
        "pipe" => {
            let place = format!("{PIPES}{name}");
            exists(name).then(|| standing(endpoint.to_string(), place, true, false))
        }
        "file" => {
            let path = match name.contains(['/', '\\']) {
                true => PathBuf::from(name),
                false => runtime_directory().unwrap_or_default().join(format!("{name}{BOX}")),
            };
            file_box(endpoint.to_string(), &path)
        }
        "window" => window(endpoint),
        // Names within a process mean nothing to another one.
        "inproc" => return Sight::Absent,
        _ => return Sight::Hidden,
    };
    found.map_or(Sight::Absent, Sight::Standing)
}

/// The window that a client would mean: the first of that title and, where one is said, class.
fn window(endpoint: &Endpoint) -> Option<Standing> {
    let (class, title) = (endpoint.setting("class"), Some(endpoint.name()));
    let places = [Where::TopLevel, Where::MessageOnly].into_iter();
    let window: Window = places.flat_map(|place| find(place, class, title)).next()?;
    let process = window.owner()?.process;
    let place = format!("window {window} of class {}, process {process}", window.class());
    Some(standing(endpoint.to_string(), place, true, false))
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn endpoint(scheme: &str, name: String) -> Option<String> {
    let any: Endpoint = format!("{scheme}:x").parse().ok()?;
    Some(any.with_name(name).to_string())
}

fn file_box(endpoint: String, path: &Path) -> Option<Standing> {
    path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
    let mut lock = path.as_os_str().to_owned();
    lock.push(BOX_LOCK);
    let place = path.display().to_string();
    Some(standing(endpoint, place, is_locked(Path::new(&lock)), true))
}

/// Whether a server holds the lock file.
fn is_locked(path: &Path) -> bool {
    // FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE: this look keeps nobody out. Writing is
    // what a server's own share mode forbids.
    let opened = OpenOptions::new().write(true).share_mode(7).open(path);
    opened.is_err_and(|cause| cause.raw_os_error() == Some(SHARING_VIOLATION))
}

fn standing(endpoint: String, place: String, live: bool, own: bool) -> Standing {
    Standing { endpoint, live, owner: None, own, open: None, place }
}
