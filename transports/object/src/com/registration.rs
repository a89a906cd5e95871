//! The registry's keys of one object.

use super::clsid::{Identity, braced};
use crate::install::Scope;
use samebox_data::uuid::Uuid;
use samebox_sys::windows::registry::{Hive, Key};
use std::io;
use std::path::Path;

const CLASSES: &str = "Software\\Classes";
/// A value of the keys that others could have as well; it tells ours from theirs.
const MARK: (&str, &str) = ("InstalledBy", "samebox");
/// The system's marshaller of interfaces that a type library describes.
const BY_TYPE_LIBRARY: &str = "{00020424-0000-0000-C000-000000000046}";
/// The system's marshaller of interfaces that are called by `IDispatch` only.
const BY_DISPATCH: &str = "{00020420-0000-0000-C000-000000000046}";
/// The word by which type libraries are found for programs of this build.
const BITS: &str = if cfg!(target_pointer_width = "64") { "win64" } else { "win32" };

/// A key and its values, written in this order and removed in the opposite one.
struct Entry {
    path: String,
    values: Vec<(&'static str, String)>,
}

/// All keys of one object, in one part of the registry.
pub(super) struct Registration {
    hive: Hive,
    entries: Vec<Entry>,
}

/// Whose a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Nobody,
    Samebox,
    Another,
}

pub(super) fn hive(scope: Scope) -> Hive {
    match scope {
        Scope::User => Hive::User,
        Scope::Machine => Hive::Machine,
    }
}

impl Registration {
    pub(super) fn new(identity: &Identity, scope: Scope, command: &str, library: &Path) -> Self {
        let name = identity.prog_id.as_str();
        let guid = braced(identity.class);
        let of = |value: &str| vec![("", value.to_owned())];
        let marked = |value: &str| vec![("", value.to_owned()), (MARK.0, MARK.1.into())];
        let mut made = Self { hive: hive(scope), entries: Vec::new() };
        made.add(name, marked(name));
        made.add(&format!("{name}\\CLSID"), of(&guid));
        made.add("CLSID", Vec::new());
        let class = format!("CLSID\\{guid}");
        made.add(&class, marked(name));
        made.add(&format!("{class}\\LocalServer32"), of(command));
        made.add(&format!("{class}\\ProgID"), of(name));
        made.add(&format!("{class}\\TypeLib"), of(&braced(identity.library)));
        made.add_library(identity, library);
        made.add("Interface", Vec::new());
        made.add_interface("IMessages", identity.messages, identity.library, BY_TYPE_LIBRARY);
        made.add_interface("IMessagesEvents", identity.events, identity.library, BY_DISPATCH);
        made.add_interface("IContract", identity.contract, identity.library, BY_DISPATCH);
        made
    }

    fn add(&mut self, path: &str, values: Vec<(&'static str, String)>) {
        self.entries.push(Entry { path: format!("{CLASSES}\\{path}"), values });
    }

    fn add_library(&mut self, identity: &Identity, library: &Path) {
        let path = format!("TypeLib\\{}", braced(identity.library));
        self.add("TypeLib", Vec::new());
        self.add(&path, Vec::new());
        let version = format!("{path}\\1.0");
        self.add(&version, vec![("", identity.prog_id.clone())]);
        self.add(&format!("{version}\\0"), Vec::new());
        let file = library.display().to_string();
        self.add(&format!("{version}\\0\\{BITS}"), vec![("", file)]);
        self.add(&format!("{version}\\FLAGS"), vec![("", "0".into())]);
    }

    fn add_interface(&mut self, name: &str, guid: Uuid, library: Uuid, marshaller: &str) {
        let path = format!("Interface\\{}", braced(guid));
        self.add(&path, vec![("", name.into())]);
        self.add(&format!("{path}\\ProxyStubClsid32"), vec![("", marshaller.into())]);
        let values = vec![("", braced(library)), ("Version", "1.0".into())];
        self.add(&format!("{path}\\TypeLib"), values);
    }

    /// The keys that others could have as well: that of the name and that of the class.
    fn shared(&self) -> impl Iterator<Item = &str> {
        let is_marked = |entry: &&Entry| entry.values.iter().any(|(name, _)| *name == MARK.0);
        self.entries.iter().filter(is_marked).map(|entry| entry.path.as_str())
    }

    /// A key that another program has, where this registration would change what it means.
    ///
    /// What is registered for this user alone comes before what is for all of them.
    ///
    /// # Errors
    /// The registry's.
    pub(super) fn foreign(&self) -> io::Result<Option<String>> {
        for path in self.shared() {
            for hive in [self.hive, Hive::Machine] {
                if owner(hive, path)? == Owner::Another {
                    return Ok(Some(shown(hive, path)));
                }
            }
        }
        Ok(None)
    }

    /// Writes all keys.
    ///
    /// # Errors
    /// The registry's; some keys may then be written.
    pub(super) fn write(&self) -> io::Result<()> {
        for entry in &self.entries {
            let key = Key::create(self.hive, &entry.path)?;
            for (name, text) in &entry.values {
                key.set_text(name, text)?;
            }
        }
        Ok(())
    }

    /// Removes all keys but those of others, and those in which others have put something.
    ///
    /// # Errors
    /// The registry's; some keys may then be left.
    pub(super) fn remove(&self) -> io::Result<()> {
        self.own()?.into_iter().rev().try_for_each(|entry| entry.remove(self.hive))
    }

    /// The keys that are there and this object's, without those below them, for people to read.
    ///
    /// # Errors
    /// The registry's.
    pub(super) fn places(&self) -> io::Result<Vec<String>> {
        let mut places: Vec<&str> = Vec::new();
        for entry in self.own()? {
            let is_below = places.iter().any(|above| is_within(&entry.path, above));
            let is_container = entry.values.is_empty();
            if !is_below && !is_container && Key::open(self.hive, &entry.path)?.is_some() {
                places.push(&entry.path);
            }
        }
        Ok(places.into_iter().map(|path| shown(self.hive, path)).collect())
    }

    /// What is not another program's.
    fn own(&self) -> io::Result<Vec<&Entry>> {
        let mut foreign = Vec::new();
        for path in self.shared() {
            if owner(self.hive, path)? == Owner::Another {
                foreign.push(path);
            }
        }
        let is_own = |entry: &&Entry| !foreign.iter().any(|above| is_within(&entry.path, above));
        Ok(self.entries.iter().filter(is_own).collect())
    }
}

impl Entry {
    /// Removes the values, and the key where nothing else is in it.
    fn remove(&self, hive: Hive) -> io::Result<()> {
        let Some(key) = Key::open(hive, &self.path)? else { return Ok(()) };
        let is_own = |name: &String| self.values.iter().any(|(own, _)| own == name);
        let (own, others): (Vec<_>, Vec<_>) = key.values()?.into_iter().partition(is_own);
        if others.is_empty() && key.keys()?.is_empty() {
            let removed = Key::remove(hive, &self.path);
            // Whoever installs another object may have put something into it meanwhile.
            let is_used = || key.keys().is_ok_and(|keys| !keys.is_empty());
            return removed.or_else(|error| if is_used() { Ok(()) } else { Err(error) });
        }
        if !own.is_empty()
            && let Some(key) = Key::open_to_write(hive, &self.path)?
        {
            own.iter().try_for_each(|name| key.remove_value(name))?;
        }
        Ok(())
    }
}

fn is_within(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'))
}

fn owner(hive: Hive, path: &str) -> io::Result<Owner> {
    let Some(key) = Key::open(hive, path)? else { return Ok(Owner::Nobody) };
    let is_ours = key.text(MARK.0)?.as_deref() == Some(MARK.1);
    Ok(if is_ours { Owner::Samebox } else { Owner::Another })
}

/// The class that an installed name has, whatever it would be derived to be.
///
/// # Errors
/// The registry's.
pub(super) fn installed_class(prog_id: &str, scope: Scope) -> io::Result<Option<Uuid>> {
    let path = format!("{CLASSES}\\{prog_id}");
    if owner(hive(scope), &path)? != Owner::Samebox {
        return Ok(None);
    }
    let Some(key) = Key::open(hive(scope), &format!("{path}\\CLSID"))? else { return Ok(None) };
    Ok(key.text("")?.and_then(|text| Uuid::try_parse(&text).ok()))
}

fn shown(hive: Hive, path: &str) -> String {
    let hive = match hive {
        Hive::User => "HKEY_CURRENT_USER",
        Hive::Machine => "HKEY_LOCAL_MACHINE",
    };
    format!("{hive}\\{path}")
}
