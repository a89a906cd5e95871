use super::options::{flag, wire_name};
use super::types::Taken;
use crate::case::camel;
use syn::{Error, Ident, Pat, PatType, Result, Type, TypeReference};

/// The attributes that parameters have.
pub(super) const ATTRIBUTES: [&str; 3] = ["wire", "callback", "peer"];

/// A parameter of a method.
pub(super) struct Parameter {
    pub(super) ident: Ident,
    /// As it is written.
    pub(super) ty: Type,
    pub(super) role: Role,
}

/// What a parameter is for.
pub(super) enum Role {
    /// It crosses the wire, under that name.
    Argument(String, Box<Taken>),
    /// The way back to the client; by reference or not, of that type.
    Callback { borrowed: bool, client: Type },
    /// Who calls.
    Peer,
}

impl Parameter {
    pub(super) fn parse(parameter: &PatType, has_callback: bool) -> Result<Self> {
        let ident = ident(&parameter.pat)?;
        let role = role(parameter, &ident, has_callback)?;
        Ok(Self { ident, ty: (*parameter.ty).clone(), role })
    }

    /// Its name on the wire, and its types, if it crosses it.
    pub(super) fn argument(&self) -> Option<(&str, &Taken)> {
        match &self.role {
            Role::Argument(name, taken) => Some((name, taken)),
            _ => None,
        }
    }
}

fn ident(pattern: &Pat) -> Result<Ident> {
    match pattern {
        Pat::Ident(ident) if ident.subpat.is_none() => Ok(ident.ident.clone()),
        other => {
            let why = "a parameter has a name on the wire; write one, such as `order_id`";
            Err(Error::new_spanned(other, why))
        }
    }
}

fn role(parameter: &PatType, ident: &Ident, has_callback: bool) -> Result<Role> {
    let PatType { attrs, ty, .. } = parameter;
    let named = wire_name(attrs, "wire")?;
    match (flag(attrs, "callback")?, flag(attrs, "peer")?, named) {
        (false, false, name) => {
            let name = name.unwrap_or_else(|| camel(&ident.to_string()));
            Taken::of(ty).map(|taken| Role::Argument(name, Box::new(taken)))
        }
        (true, false, None) => callback(parameter, has_callback),
        (false, true, None) => peer(ty),
        _ => {
            let why = "`#[callback]` and `#[peer]` do not cross the wire: each stands alone, \
                       without a name there";
            Err(Error::new_spanned(&parameter.pat, why))
        }
    }
}

fn callback(parameter: &PatType, has_callback: bool) -> Result<Role> {
    if !has_callback {
        let why = "the contract has no callback; write `#[samebox::contract(callback = Notify)]`, \
                   where `Notify` is a contract too";
        return Err(Error::new_spanned(&parameter.pat, why));
    }
    match &*parameter.ty {
        Type::Reference(TypeReference { elem, mutability: None, .. }) => {
            Ok(Role::Callback { borrowed: true, client: (**elem).clone() })
        }
        Type::Path(_) => Ok(Role::Callback { borrowed: false, client: (*parameter.ty).clone() }),
        other => {
            let why = "write the client of the callback's contract, such as `NotifyClient`";
            Err(Error::new_spanned(other, why))
        }
    }
}

fn peer(ty: &Type) -> Result<Role> {
    match ty {
        Type::Reference(TypeReference { mutability: None, .. }) => Ok(Role::Peer),
        other => Err(Error::new_spanned(other, "who calls is borrowed; write `&Peer`")),
    }
}
