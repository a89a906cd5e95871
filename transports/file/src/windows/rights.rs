use crate::refusal::Refusal;
use samebox_core::{Allow, Endpoint, ErrorKind, Operation, Principal, Result};
use samebox_sys::windows::account::{self, Sid, Token};
use samebox_sys::windows::security::{self, Descriptor};
use std::fs::File;
use std::io;

/// What others may do with a shared file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    Read,
    ReadWrite,
}

/// Who beside this user may own and use the files of an endpoint.
#[derive(Debug)]
pub(crate) struct Rights {
    /// This user, and the owner of what it makes: the administrators if it is elevated.
    own: [Sid; 2],
    others: Vec<Sid>,
}

impl Rights {
    /// Looks up the accounts that the endpoint allows.
    pub(crate) fn of(endpoint: &Endpoint, allow: &Allow) -> Result<Self> {
        let own = Token::own().and_then(|token| Ok([token.user()?, token.owner()?]));
        let own = own.map_err(|cause| {
            let why = "the system does not say who this user is";
            endpoint.error(ErrorKind::Io, Operation::Parse, why).with_source(cause)
        })?;
        let others = allow.0.iter().map(|principal| look_up(endpoint, principal));
        Ok(Self { own, others: others.collect::<Result<_>>()? })
    }

    /// Refuses a file that belongs to somebody not allowed.
    pub(super) fn vet(&self, file: &File) -> Result<(), Refusal> {
        let owner = security::owner(file)?;
        // Administrators may read and write all files anyway, and own what their programs make.
        let trusted = [Sid::ADMINISTRATORS, Sid::SYSTEM].contains(&owner.as_str());
        if trusted || self.own.contains(&owner) || self.others.contains(&owner) {
            return Ok(());
        }
        Err(Refusal::Denied(format!("belongs to {owner}")))
    }

    /// Leaves the file to this user and those whom the endpoint allows, whatever the rights of its
    /// directory say; a file of somebody else is left as it is.
    pub(crate) fn share(&self, file: &File, share: Share) -> io::Result<()> {
        if !self.own.contains(&security::owner(file)?) {
            return Ok(());
        }
        let rights = Descriptor::file(&self.others, share == Share::ReadWrite)?;
        security::protect(file, &rights)
    }
}

fn look_up(endpoint: &Endpoint, principal: &Principal) -> Result<Sid> {
    let unknown = |cause: io::Error| {
        let error = endpoint.invalid(format!("this machine does not know {principal}"));
        error.with_advice("`whoami /all` shows accounts and their identifiers").with_source(cause)
    };
    match principal {
        Principal::Sid(text) => text.parse().map_err(unknown),
        Principal::User(name) | Principal::Group(name) => {
            account::look_up(name).map(|account| account.sid).map_err(unknown)
        }
    }
}
