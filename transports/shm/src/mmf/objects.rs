use super::options::Options;
use super::slot::Slot;
use samebox_core::{Endpoint, Error, ErrorKind, Operation, Result};
use samebox_sys::windows::account::{Sid, Token};
use samebox_sys::windows::event::Event;
use samebox_sys::windows::mutex::{Claim, NamedMutex};
use samebox_sys::windows::named_memory::NamedMemory;
use samebox_sys::windows::security::{self, Descriptor};
use std::io;
use std::os::windows::io::AsHandle;

/// The code for a name that an object of another kind has.
const ERROR_INVALID_HANDLE: i32 = 6;

/// Makes and opens what one endpoint consists of.
pub(super) struct Objects<'a> {
    endpoint: &'a Endpoint,
    options: &'a Options,
    operation: Operation,
    rights: Descriptor,
    /// This user, and the owner of what it makes: the administrators if it is elevated.
    own: [Sid; 2],
}

impl<'a> Objects<'a> {
    pub(super) fn of(
        endpoint: &'a Endpoint,
        options: &'a Options,
        operation: Operation,
    ) -> Result<Self> {
        let known = || {
            let token = Token::own()?;
            Ok((Descriptor::private(&[])?, [token.user()?, token.owner()?]))
        };
        let (rights, own) = known().map_err(|cause: io::Error| {
            let why = "the system does not say who this user is";
            endpoint.error(ErrorKind::Io, operation, why).with_source(cause)
        })?;
        Ok(Self { endpoint, options, operation, rights, own })
    }

    /// `None` when another server of samebox has the name.
    pub(super) fn claim(&self) -> Result<Option<Claim>> {
        let name = &self.options.names.claim;
        Claim::take(name, &self.rights).map_err(|cause| self.refused(name, cause))
    }

    pub(super) fn slot(&self) -> Result<Slot> {
        let Options { names, capacity, .. } = self.options;
        let made = |name: &str| NamedMemory::create_or_open(name, *capacity, &self.rights);
        self.vetted(&names.map, made).map(Slot::new)
    }

    pub(super) fn event(&self) -> Result<Event> {
        self.vetted(&self.options.names.event, |name| Event::create_or_open(name, &self.rights))
    }

    pub(super) fn room(&self) -> Result<Event> {
        self.vetted(&self.options.names.room, |name| Event::create_or_open(name, &self.rights))
    }

    pub(super) fn turn(&self) -> Result<NamedMutex> {
        let name = &self.options.names.turn;
        let made = NamedMutex::create_or_open(name, &self.rights);
        made.map_err(|cause| self.refused(name, cause))
    }

    /// Makes or opens an object, and refuses that of a stranger, who may have been there first.
    fn vetted<T: AsHandle>(
        &self,
        name: &str,
        make: impl FnOnce(&str) -> io::Result<T>,
    ) -> Result<T> {
        let object = make(name).map_err(|cause| self.refused(name, cause))?;
        match security::owner(&object) {
            // Nobody, as under Wine.
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(object),
            Err(cause) => Err(self.refused(name, cause)),
            Ok(owner) if self.trusts(&owner) => Ok(object),
            Ok(owner) => {
                let why = format!("`{name}` belongs to {owner}");
                Err(self.endpoint.error(ErrorKind::Denied, self.operation, why))
            }
        }
    }

    fn trusts(&self, owner: &Sid) -> bool {
        self.own.contains(owner) || [Sid::ADMINISTRATORS, Sid::SYSTEM].contains(&owner.as_str())
    }

    fn refused(&self, name: &str, cause: io::Error) -> Error {
        let (kind, why, advice) = match cause.kind() {
            _ if cause.raw_os_error() == Some(ERROR_INVALID_HANDLE) => (
                ErrorKind::InvalidEndpoint,
                format!("`{name}` is the name of an object of another kind"),
                Some("give memory and event names of their own, with ?event="),
            ),
            io::ErrorKind::InvalidData => (
                ErrorKind::Mismatch,
                format!("the memory `{name}` is not what capacity={} says", self.options.capacity),
                Some("set ?capacity= to the size that the other program gives to its memory"),
            ),
            io::ErrorKind::PermissionDenied => (
                ErrorKind::Denied,
                format!("`{name}` may not be made, or used, by this user"),
                Some(r"run both sides as one user; only a service may make memory in `Global\`"),
            ),
            _ => (ErrorKind::Io, format!("`{name}`: {cause}"), None),
        };
        let error = self.endpoint.error(kind, self.operation, why).with_source(cause);
        match advice {
            Some(advice) => error.with_advice(advice),
            None => error,
        }
    }
}
