//! The names of servers on this machine, seen without disturbing any of them.

use super::{ports, session};
use crate::standing::{Sight, Standing};
use rustix::fs::{Access, FlockOperation, OFlags, access, flock, open};
use rustix::io::Errno;
use samebox::{Endpoint, User};
use samebox_sys::unix::account::own_uid;
use samebox_sys::unix::name::is_live;
use samebox_sys::unix::runtime::runtime_directory;
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// What .NET puts before the name of a pipe.
const PIPE: &str = "CoreFxPipe_";
/// What stands after the name of a Unix socket.
const SOCKET: &str = ".sock";
/// What stands after the name of a rendezvous for shared memory.
const RENDEZVOUS: &str = ".shm";
/// What stands after the name of a file box, and after that of its server's lock.
const BOX: &str = ".box";
const BOX_LOCK: &str = ".server";
/// Where objects without a bus have their sockets, in the runtime directory.
const OBJECTS: &str = "objects";

/// Every local name that has a place of samebox's or .NET's, in order.
pub(crate) fn list() -> Vec<Standing> {
    let temporary = entries(&std::env::temp_dir()).into_iter().filter_map(|path| {
        let name = path.file_name()?.to_str()?.strip_prefix(PIPE)?.to_string();
        socket(endpoint("pipe", name)?, &path)
    });
    let own = runtime_directory().map(|path| entries(&path)).unwrap_or_default();
    let own = own.into_iter().filter_map(|path| {
        let name = path.file_name()?.to_str()?;
        let (name, suffix) = name.split_at(name.rfind('.')?);
        match suffix {
            BOX => file_box(endpoint("file", name.into())?, &path),
            SOCKET => socket(endpoint("unix", name.into())?, &path),
            RENDEZVOUS => socket(endpoint("shm", name.into())?, &path),
            _ => None,
        }
    });
    let objects = objects().map(|path| entries(&path)).unwrap_or_default();
    let objects = objects.into_iter().filter_map(|path| {
        let name = session::plain(path.file_name()?.to_str()?);
        socket(endpoint("object", name)?, &path)
    });
    let seen = session::objects().into_iter().chain(session::windows());
    let mut found: Vec<_> = temporary.chain(own).chain(objects).chain(seen).collect();
    found.sort_by(|a, b| a.endpoint.cmp(&b.endpoint));
    found
}

/// What stands at one endpoint.
pub(crate) fn look(endpoint: &Endpoint) -> Sight {
    let name = endpoint.name();
    let scheme = endpoint.scheme();
    let path = match scheme {
        "pipe" if !name.starts_with('/') => std::env::temp_dir().join(format!("{PIPE}{name}")),
        "unix" if name.starts_with('@') => return abstract_socket(endpoint),
        "unix" | "shm" | "file" | "pipe" if name.contains('/') => PathBuf::from(name),
        "unix" | "shm" | "file" => match runtime_directory() {
            Ok(directory) => directory.join(format!("{name}{}", suffix(scheme))),
            Err(_) => return Sight::Hidden,
        },
        "tcp" | "udp" | "net.tcp" => return ports::look(endpoint),
        "window" => return session::look_for_window(endpoint),
        "object" => {
            let name = session::bus_name(name);
            match (session::look_for_object(endpoint, &name), objects()) {
                (Some(sight), _) => return sight,
                (None, Ok(directory)) => directory.join(name),
                (None, Err(_)) => return Sight::Hidden,
            }
        }
        "net.uds" => PathBuf::from(&name[name.find('/').unwrap_or(0)..]),
        // Names within a process mean nothing to another one.
        "inproc" => return Sight::Absent,
        _ => return Sight::Hidden,
    };
    let found = match scheme {
        "file" => file_box(endpoint.to_string(), &path),
        _ => socket(endpoint.to_string(), &path),
    };
    found.map_or(Sight::Absent, Sight::Standing)
}

/// Where the sockets of objects are that are on no bus.
fn objects() -> io::Result<PathBuf> {
    Ok(runtime_directory()?.join(OBJECTS))
}

/// What stands after a name of `scheme` in this user's runtime directory.
fn suffix(scheme: &str) -> &'static str {
    match scheme {
        "file" => BOX,
        "shm" => RENDEZVOUS,
        _ => SOCKET,
    }
}

/// A name that is no file, as the kernel's table tells; hidden on systems without that table.
fn abstract_socket(endpoint: &Endpoint) -> Sight {
    let Ok(table) = fs::read("/proc/net/unix") else { return Sight::Hidden };
    let table = String::from_utf8_lossy(&table);
    let suffix = format!(" {}", endpoint.name());
    // `Num RefCount Protocol Flags Type St Inode Path`; of these flags, one says that it listens.
    let listens = |line: &&str| line.split_ascii_whitespace().nth(3) == Some("00010000");
    match table.lines().filter(listens).any(|line| line.ends_with(&suffix)) {
        false => Sight::Absent,
        true => Sight::Standing(Standing {
            endpoint: endpoint.to_string(),
            live: true,
            owner: None,
            own: false,
            open: None,
            place: "the abstract namespace".into(),
        }),
    }
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

fn endpoint(scheme: &str, name: String) -> Option<String> {
    let any: Endpoint = format!("{scheme}:x").parse().ok()?;
    Some(any.with_name(name).to_string())
}

/// A server's socket; `None` when no socket is at the path.
fn socket(endpoint: String, path: &Path) -> Option<Standing> {
    let found = path.symlink_metadata().ok().filter(|found| found.file_type().is_socket())?;
    Some(standing(endpoint, path, found.uid(), is_live(path)))
}

/// A file that holds one message at a time; `None` when no file is at the path.
fn file_box(endpoint: String, path: &Path) -> Option<Standing> {
    let found = path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
    let mut lock = path.as_os_str().to_owned();
    lock.push(BOX_LOCK);
    Some(standing(endpoint, path, found.uid(), is_locked(Path::new(&lock))))
}

fn standing(endpoint: String, path: &Path, uid: u32, live: bool) -> Standing {
    Standing {
        endpoint,
        live,
        owner: Some(User::Uid(uid)),
        own: uid == own_uid(),
        open: Some(access(path, Access::WRITE_OK).is_ok()),
        place: path.display().to_string(),
    }
}

/// Whether a process holds the lock file; a server that starts just now waits for this look to end.
fn is_locked(path: &Path) -> bool {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let Ok(file) = open(path, flags, rustix::fs::Mode::empty()) else { return false };
    flock(&file, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    fn path(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("samebox-names-{}-{name}", std::process::id()))
    }

    #[test]
    fn a_socket_is_live_while_its_process_has_it() {
        let path = path("socket");
        let listener = UnixListener::bind(&path).expect("the name is free");
        let seen = |path| socket("unix:x".into(), path).expect("it stands");
        assert!(seen(&path).live && seen(&path).own);
        drop(listener);
        assert!(!seen(&path).live);
        fs::remove_file(&path).expect("it stands");
        assert!(socket("unix:x".into(), &path).is_none());
    }

    #[test]
    fn a_regular_file_is_no_socket() {
        let path = path("file");
        fs::write(&path, "").expect("the directory can be written");
        assert!(socket("unix:x".into(), &path).is_none());
        assert!(file_box("file:x".into(), &path).is_some_and(|found| !found.live));
        fs::remove_file(&path).expect("it stands");
    }
}
