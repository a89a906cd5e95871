//! Installing an object: a service file by which the bus starts its server.

mod reload;
mod service_file;

use super::names::bus_name;
use crate::install::{Change, Scope};
use samebox_core::{Endpoint, Error, ErrorKind, Operation, Result};
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process;

/// Where the service files of all users are that an administrator, and no package, put there.
const MACHINE: &str = "/usr/local/share";
/// Where service files are below a directory of data.
const BELOW: [&str; 2] = ["dbus-1", "services"];

pub(crate) fn install(endpoint: &Endpoint, command: &[OsString], scope: Scope) -> Result<Change> {
    if endpoint.setting("bus") == Some("none") {
        let why = "a private socket has no bus that could start its server";
        return Err(endpoint.invalid(why).with_advice("leave bus=none out"));
    }
    let name = bus_name(endpoint)?;
    let text = match command {
        [] => Err("no command was given".into()),
        words => service_file::text(&name, words),
    };
    let text = text.map_err(|why| endpoint.invalid(why).with_advice("give another command"))?;
    let file = File::of(&name, scope, endpoint)?;
    file.expect_ours()?;
    file.write(&text).map_err(|cause| file.failed("written", cause))?;
    reload::reload(endpoint);
    Ok(Change { name, places: vec![file.shown()] })
}

pub(crate) fn uninstall(endpoint: &Endpoint, scope: Scope) -> Result<Change> {
    let name = bus_name(endpoint)?;
    let file = File::of(&name, scope, endpoint)?;
    if !file.expect_ours()? {
        return Ok(Change { name, places: Vec::new() });
    }
    fs::remove_file(&file.path).map_err(|cause| file.failed("removed", cause))?;
    let mut places = vec![file.shown()];
    places.extend(file.remove_empty_directories());
    reload::reload(endpoint);
    Ok(Change { name, places })
}

/// The service file of one name.
struct File<'a> {
    path: PathBuf,
    /// The directory of data that it is below.
    data: PathBuf,
    endpoint: &'a Endpoint,
}

impl<'a> File<'a> {
    fn of(name: &str, scope: Scope, endpoint: &'a Endpoint) -> Result<Self> {
        let data = match scope {
            Scope::User => user_data().ok_or_else(|| {
                let why = "neither XDG_DATA_HOME nor HOME names a directory";
                let error = endpoint.error(ErrorKind::Io, Operation::Parse, why);
                error.with_advice("set HOME to this user's directory")
            })?,
            Scope::Machine => MACHINE.into(),
        };
        let path = BELOW.iter().fold(data.clone(), |path, part| path.join(part));
        Ok(Self { path: path.join(format!("{name}.service")), data, endpoint })
    }

    fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// Whether the file is there; one that another program put there is an error.
    fn expect_ours(&self) -> Result<bool> {
        let found = match self.path.symlink_metadata() {
            Ok(found) => found,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(cause) => return Err(self.failed("read", cause)),
        };
        let ours = found.is_file()
            && service_file::is_ours(&fs::read(&self.path).map_err(|e| self.failed("read", e))?);
        if ours {
            return Ok(true);
        }
        let why = format!("{} was not made by samebox", self.shown());
        let error = self.endpoint.error(ErrorKind::AddressInUse, Operation::Parse, why);
        Err(error.with_advice("use another name, or move that file away"))
    }

    /// Puts the file in its place, whole or not at all.
    fn write(&self, text: &str) -> io::Result<()> {
        let directory = self.path.parent().unwrap_or(&self.data);
        fs::create_dir_all(directory)?;
        // A bus reads only what ends in `.service`.
        let new = self.path.with_extension(format!("{}.new", process::id()));
        let written = create(&new, text).and_then(|()| fs::rename(&new, &self.path));
        if written.is_err() {
            // It may never have been made.
            let _ = fs::remove_file(&new);
        }
        written
    }

    /// Removes the directories of service files as far as nothing is in them; gives their paths.
    fn remove_empty_directories(&self) -> Vec<String> {
        let above = self.path.ancestors().skip(1).take_while(|path| *path != self.data);
        let removed = above.take_while(|path| fs::remove_dir(path).is_ok());
        removed.map(|path| path.display().to_string()).collect()
    }

    fn failed(&self, what: &str, cause: io::Error) -> Error {
        let kind = match cause.kind() {
            io::ErrorKind::PermissionDenied => ErrorKind::Denied,
            _ => ErrorKind::Io,
        };
        let why = format!("{} cannot be {what}", self.shown());
        let error = self.endpoint.error(kind, Operation::Parse, why).with_source(cause);
        match self.data == Path::new(MACHINE) {
            true => error.with_advice("run it as root, or install it for this user alone"),
            false => error.with_advice("check the rights of its directory"),
        }
    }
}

fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The directory of this user's data, as a bus finds it.
fn user_data() -> Option<PathBuf> {
    let directory = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    directory("XDG_DATA_HOME").or_else(|| Some(directory("HOME")?.join(".local/share")))
}
