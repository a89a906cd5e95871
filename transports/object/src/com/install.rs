//! Installing an object: its keys in the registry, and its type library.

use super::clsid::Identity;
use super::command_line::command_line;
use super::library;
use super::registration::{Registration, installed_class};
use crate::install::{Change, Scope};
use samebox_core::{Endpoint, Error, ErrorKind, Operation, Result};
use samebox_sys::windows::com::typelib::Library;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

pub(crate) fn install(endpoint: &Endpoint, command: &[OsString], scope: Scope) -> Result<Change> {
    endpoint.check_settings(super::INFO.settings)?;
    let identity = Identity::of(endpoint)?;
    let failed = |error| failure(endpoint, scope, error);
    let line = command_line(command).map_err(failed)?;
    let file = library_file(&identity, scope).map_err(failed)?;
    let registration = Registration::new(&identity, scope, &line, &file);
    if let Some(place) = registration.foreign().map_err(failed)? {
        let why = format!("{place} is another program's");
        let error = endpoint.error(ErrorKind::AddressInUse, Operation::Bind, why);
        return Err(error.with_advice("choose another name, or uninstall that program"));
    }
    let before = installed_class(&identity.prog_id, scope).map_err(failed)?;
    if before.is_some_and(|class| class != identity.class) {
        uninstall(endpoint, scope)?;
    }
    let written = write_library(&library::plain(&identity), &file)
        .and_then(|()| registration.write())
        .and_then(|()| registration.places());
    match written {
        Ok(mut places) => {
            places.push(file.display().to_string());
            Ok(Change { name: identity.prog_id, places })
        }
        Err(error) => {
            // What was there before is worth keeping; what is half there is not.
            if before.is_none() {
                let _ = registration.remove().and_then(|()| remove_library(&file));
            }
            Err(failed(error))
        }
    }
}

pub(crate) fn uninstall(endpoint: &Endpoint, scope: Scope) -> Result<Change> {
    endpoint.check_settings(super::INFO.settings)?;
    let mut identity = Identity::of(endpoint)?;
    let failed = |error| failure(endpoint, scope, error);
    if let Some(class) = installed_class(&identity.prog_id, scope).map_err(failed)? {
        identity.class = class;
    }
    let file = library_file(&identity, scope).map_err(failed)?;
    let registration = Registration::new(&identity, scope, "", &file);
    let mut places = registration.places().map_err(failed)?;
    if file.exists() {
        places.push(file.display().to_string());
    }
    registration.remove().and_then(|()| remove_library(&file)).map_err(failed)?;
    Ok(Change { name: identity.prog_id, places })
}

/// Writes what the object really is in place of the library that is installed for it, where one is.
///
/// That of the machine may be only an administrator's to write, and one that is loaded stays as it
/// is: those who ask the object itself are told the truth all the same.
pub(super) fn refresh(identity: &Identity, library: &Library) {
    for scope in [Scope::User, Scope::Machine] {
        let is_own = installed_class(&identity.prog_id, scope)
            .is_ok_and(|class| class == Some(identity.class));
        if is_own && let Ok(file) = library_file(identity, scope) {
            let _ = write_library(library, &file);
        }
    }
}

/// Where the type library of an object is.
///
/// That of the machine lies where only administrators write: all who talk to the object trust it.
fn library_file(identity: &Identity, scope: Scope) -> io::Result<PathBuf> {
    let variable = match scope {
        Scope::User => "LOCALAPPDATA",
        Scope::Machine => "CommonProgramFiles",
    };
    let folder = env::var_os(variable).filter(|folder| !folder.is_empty());
    let folder = folder.ok_or_else(|| io::Error::other(format!("%{variable}% is not set")))?;
    // A word in front, because no file may be called CON or NUL, whatever follows the dot.
    let name = format!("object-{}.tlb", identity.prog_id);
    Ok(Path::new(&folder).join("samebox").join("typelib").join(name))
}

/// How often the folder of a library is made anew that somebody removes.
const ATTEMPTS: usize = 5;

/// Writes a type library, unless the file has it.
///
/// # Errors
/// The system's; a file that programs have loaded cannot be replaced.
fn write_library(library: &Library, file: &Path) -> io::Result<()> {
    if file.exists() && Library::read(file).is_ok_and(|found| found == *library) {
        return Ok(());
    }
    let folder = file.parent().unwrap_or(file);
    let mut attempts = 1;
    loop {
        match fs::create_dir_all(folder).and_then(|()| library.write(file)) {
            // Whoever uninstalls another object may have removed the folder meanwhile.
            Err(_) if attempts < ATTEMPTS => attempts += 1,
            written => return written,
        }
    }
}

fn remove_library(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // The folders stay while the libraries of other objects are in them.
    for folder in file.ancestors().skip(1).take(2) {
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}

fn failure(endpoint: &Endpoint, scope: Scope, error: io::Error) -> Error {
    let (kind, why, advice) = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            let advice = match scope {
                Scope::User => "ask whoever manages this machine's registry",
                Scope::Machine => "do it as an administrator, or for this user alone",
            };
            (ErrorKind::Denied, "you may not change what is registered".into(), advice)
        }
        io::ErrorKind::NotFound | io::ErrorKind::InvalidInput => {
            (ErrorKind::Io, error.to_string(), "give the command as a program and its arguments")
        }
        _ => {
            let why = "what is registered cannot be read or written".into();
            (ErrorKind::Io, why, "end the programs that use the object, then try again")
        }
    };
    endpoint.error(kind, Operation::Bind, why).with_advice(advice).with_source(error)
}
