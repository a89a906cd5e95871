//! Names of Unix socket servers in the file system: taken once, freed for certain, never stolen.

use super::account::own_uid;
use rustix::fs::{
    AtFlags, CWD, FileType, FlockOperation, Mode, OFlags, flock, fstat, open, statat,
};
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest path a Unix socket may have, in bytes.
pub const LONGEST_PATH: usize = 107;

/// A server's name: a listening socket, and the lock that keeps others from taking it.
///
/// The lock is on `PATH.lock`, so a crash frees the name at once, and two servers that start at the
/// same moment cannot both find it free. Dropping it removes both files.
#[derive(Debug)]
pub struct Name {
    path: PathBuf,
    lock_path: PathBuf,
    _lock: OwnedFd,
    /// Device and inode of the socket file while the name is ours.
    socket: (u64, u64),
}

/// Why a name could not be taken.
#[derive(Debug)]
pub enum Refused {
    /// A live server has it.
    InUse,
    /// Another user has it.
    Foreign {
        /// That user's number.
        uid: u32,
    },
    /// Something that is not a socket stands there.
    NotASocket,
    /// The operating system's reason.
    Io(io::Error),
}

impl From<Errno> for Refused {
    fn from(error: Errno) -> Self {
        Self::Io(error.into())
    }
}

/// Whether a process has a socket at `path`, without connecting to it.
///
/// A datagram socket cannot connect to a stream socket, so the kernel refuses with `EPROTOTYPE` when
/// one is there and with `ECONNREFUSED` when its process is gone; the server sees neither.
pub fn is_live(path: &Path) -> bool {
    let Ok(address) = SocketAddrUnix::new(path) else { return false };
    let Ok(probe) = socket(SocketType::DGRAM) else { return true };
    match rustix::net::connect(&probe, &address) {
        Err(Errno::CONNREFUSED | Errno::NOENT | Errno::NOTDIR) => false,
        // Anything else is no proof of death, and a live name must not be taken.
        _ => true,
    }
}

/// Becomes the one server at `path`: a listening socket that only `mode` lets others connect to.
///
/// # Errors
/// [`Refused`]; whatever stood at the path stands there still.
pub fn claim(path: &Path, mode: u32) -> Result<(Name, OwnedFd), Refused> {
    let lock_path = with_suffix(path, ".lock");
    let lock = lock(&lock_path)?;
    remove_dead(path)?;
    let (socket_id, listener) = listen(path, mode)?;
    let name = Name { path: path.into(), lock_path, _lock: lock, socket: socket_id };
    Ok((name, listener))
}

/// A listening socket in the abstract namespace, which has no files and no permissions.
///
/// # Errors
/// `AddrInUse` when a live server has the name; the kernel frees it with its process.
pub fn listen_abstract(name: &[u8]) -> io::Result<OwnedFd> {
    let listener = socket(SocketType::STREAM)?;
    rustix::net::bind(&listener, &abstract_address(name)?)?;
    rustix::net::listen(&listener, BACKLOG)?;
    Ok(listener)
}

/// Lets the next client in, with a socket that neither waits nor survives an exec.
///
/// # Errors
/// `WouldBlock` when nobody is waiting at a listener that does not wait.
pub fn accept(listener: impl AsFd) -> io::Result<OwnedFd> {
    #[cfg(not(target_vendor = "apple"))]
    return Ok(rustix::net::accept_with(listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)?);
    #[cfg(target_vendor = "apple")]
    {
        let client = rustix::net::accept(listener)?;
        rustix::io::fcntl_setfd(&client, rustix::io::FdFlags::CLOEXEC)?;
        rustix::io::ioctl_fionbio(&client, true)?;
        super::socket::without_signals(&client)?;
        Ok(client)
    }
}

/// Connects to the server at `path`, waiting up to `patience` for one that is slow to accept.
///
/// # Errors
/// The operating system's; `NotFound` and `ConnectionRefused` mean that nobody listens, `WouldBlock`
/// that the server did not accept.
pub fn connect(path: &Path, patience: Duration) -> io::Result<OwnedFd> {
    connect_to(&SocketAddrUnix::new(path)?, patience)
}

/// Connects to the server of an abstract name; see [`connect`].
///
/// # Errors
/// As [`connect`]; `ConnectionRefused` means that nobody listens.
pub fn connect_abstract(name: &[u8], patience: Duration) -> io::Result<OwnedFd> {
    connect_to(&abstract_address(name)?, patience)
}

/// How many clients may wait to be accepted; the kernel lowers it to its own limit.
const BACKLOG: i32 = 65_535;

impl Name {
    /// What has become of the name since it was taken.
    pub fn state(&self) -> NameState {
        match statat(CWD, &self.path, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) if identity(&found) == self.socket => NameState::Ours,
            Ok(_) if is_live(&self.path) => NameState::Taken,
            Ok(_) | Err(_) => NameState::Gone,
        }
    }

    /// Puts a new socket at a name that is [`NameState::Gone`].
    ///
    /// # Errors
    /// [`Refused`], as [`claim`].
    pub fn restore(&mut self, mode: u32) -> Result<OwnedFd, Refused> {
        remove_dead(&self.path)?;
        let (socket, listener) = listen(&self.path, mode)?;
        self.socket = socket;
        Ok(listener)
    }
}

/// What has become of a server's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameState {
    /// It leads to this server.
    Ours,
    /// Another live server stands there, which did not ask.
    Taken,
    /// The file is gone, or leads to a dead server.
    Gone,
}

impl Drop for Name {
    fn drop(&mut self) {
        // What cannot be removed does no harm: the next server finds it dead.
        if self.state() == NameState::Ours {
            let _ = std::fs::remove_file(&self.path);
        }
        let _ = std::fs::remove_file(&self.lock_path);
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut longer = OsString::from(path);
    longer.push(suffix);
    longer.into()
}

/// Takes the lock file, seeing to it that the file locked is the one at the path.
fn lock(path: &Path) -> Result<OwnedFd, Refused> {
    loop {
        let flags = OFlags::CREATE | OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let file = match open(path, flags | OFlags::NONBLOCK, Mode::RUSR | Mode::WUSR) {
            Ok(file) => file,
            Err(Errno::ACCESS | Errno::PERM) => return Err(foreign_or(path, Errno::ACCESS)),
            Err(error) => return Err(error.into()),
        };
        let locked = fstat(&file)?;
        if locked.st_uid != own_uid() {
            return Err(Refused::Foreign { uid: locked.st_uid });
        }
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => return Err(Refused::InUse),
            other => other?,
        }
        // A server that was ending may have removed the file between our open and our lock.
        match statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) if identity(&found) == identity(&locked) => return Ok(file),
            _ => {}
        }
    }
}

fn foreign_or(path: &Path, error: Errno) -> Refused {
    match statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) if found.st_uid != own_uid() => Refused::Foreign { uid: found.st_uid },
        _ => error.into(),
    }
}

/// Removes the socket of a dead server of this user, and nothing else.
fn remove_dead(path: &Path) -> Result<(), Refused> {
    let found = match statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => return Ok(()),
        other => other?,
    };
    if FileType::from_raw_mode(found.st_mode) != FileType::Socket {
        return Err(Refused::NotASocket);
    }
    if found.st_uid != own_uid() {
        return Err(Refused::Foreign { uid: found.st_uid });
    }
    if is_live(path) {
        return Err(Refused::InUse);
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Refused::Io(error)),
        _ => Ok(()),
    }
}

/// Binds and listens with the file's mode right from its first moment.
fn listen(path: &Path, mode: u32) -> Result<((u64, u64), OwnedFd), Refused> {
    let listener = socket(SocketType::STREAM)?;
    // The kernel gives the socket file the socket's own mode, so it is never open to others, not
    // even between two calls; the process's umask can only take more away.
    #[cfg(target_os = "linux")]
    rustix::fs::fchmod(&listener, Mode::from_raw_mode(0o600))?;
    let address = SocketAddrUnix::new(path)?;
    match rustix::net::bind(&listener, &address) {
        Err(Errno::ADDRINUSE) => return Err(Refused::InUse),
        other => other?,
    }
    let found = statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW)?;
    if found.st_mode as u32 & 0o777 != mode {
        rustix::fs::chmod(path, Mode::from_raw_mode(mode as _))?;
    }
    rustix::net::listen(&listener, BACKLOG)?;
    Ok((identity(&found), listener))
}

#[allow(clippy::unnecessary_cast, reason = "the fields differ in type between systems")]
fn identity(found: &rustix::fs::Stat) -> (u64, u64) {
    (found.st_dev as u64, found.st_ino as u64)
}

fn socket(kind: SocketType) -> Result<OwnedFd, Errno> {
    #[cfg(not(target_vendor = "apple"))]
    return rustix::net::socket_with(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None);
    #[cfg(target_vendor = "apple")]
    {
        let socket =
            rustix::net::socket_with(AddressFamily::UNIX, kind, SocketFlags::empty(), None)?;
        rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
        Ok(socket)
    }
}

#[cfg(target_os = "linux")]
fn abstract_address(name: &[u8]) -> Result<SocketAddrUnix, Errno> {
    SocketAddrUnix::new_abstract_name(name)
}

#[cfg(not(target_os = "linux"))]
fn abstract_address(_: &[u8]) -> Result<SocketAddrUnix, Errno> {
    Err(Errno::AFNOSUPPORT)
}

fn connect_to(address: &SocketAddrUnix, patience: Duration) -> io::Result<OwnedFd> {
    let client = socket(SocketType::STREAM)?;
    // A connect waits while the server's backlog is full, as long as a send would.
    set_socket_timeout(&client, Timeout::Send, Some(patience))?;
    loop {
        match rustix::net::connect(&client, address) {
            Err(Errno::INTR) => {}
            other => break other?,
        }
    }
    super::socket::set_write_patience(&client, None)?;
    super::socket::without_signals(client.as_fd())?;
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::{UnixListener, UnixStream};

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn a_name_is_taken_once_and_freed_with_its_files() {
        let folder = folder();
        let path = folder.path().join("s");
        let (name, _listener) = claim(&path, 0o600).unwrap();
        assert!(matches!(claim(&path, 0o600), Err(Refused::InUse)));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(name);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_liveness_probe_tells_live_from_dead_and_disturbs_nobody() {
        let folder = folder();
        let path = folder.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        listener.set_nonblocking(true).unwrap();
        assert!(is_live(&path));
        assert_eq!(listener.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(listener);
        assert!(path.exists() && !is_live(&path));
    }

    #[test]
    fn a_dead_servers_socket_is_replaced() {
        let folder = folder();
        let path = folder.path().join("s");
        drop(UnixListener::bind(&path).unwrap());
        let (_name, _listener) = claim(&path, 0o600).unwrap();
        UnixStream::connect(&path).unwrap();
    }

    #[test]
    fn a_live_server_that_knows_no_lock_keeps_its_name() {
        let folder = folder();
        let path = folder.path().join("s");
        let _listener = UnixListener::bind(&path).unwrap();
        assert!(matches!(claim(&path, 0o600), Err(Refused::InUse)));
        assert!(is_live(&path));
    }

    #[test]
    fn a_regular_file_is_never_removed() {
        let folder = folder();
        let path = folder.path().join("s");
        std::fs::write(&path, "precious").unwrap();
        assert!(matches!(claim(&path, 0o600), Err(Refused::NotASocket)));
        assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    }

    #[test]
    fn a_symbolic_link_is_never_followed() {
        let folder = folder();
        let (path, target) = (folder.path().join("s"), folder.path().join("t"));
        std::os::unix::fs::symlink(&target, with_suffix(&path, ".lock")).unwrap();
        assert!(matches!(claim(&path, 0o600), Err(Refused::Io(_))));
        assert!(!target.exists());
    }

    #[test]
    fn a_removed_name_is_noticed_and_restored() {
        let folder = folder();
        let path = folder.path().join("s");
        let (mut name, _listener) = claim(&path, 0o600).unwrap();
        assert_eq!(name.state(), NameState::Ours);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(name.state(), NameState::Gone);
        let _listener = name.restore(0o600).unwrap();
        UnixStream::connect(&path).unwrap();
    }

    #[test]
    fn a_name_taken_over_by_a_stranger_is_left_to_it() {
        let folder = folder();
        let path = folder.path().join("s");
        let (name, _listener) = claim(&path, 0o600).unwrap();
        std::fs::remove_file(&path).unwrap();
        let _thief = UnixListener::bind(&path).unwrap();
        assert_eq!(name.state(), NameState::Taken);
        drop(name);
        assert!(path.exists());
    }
}
