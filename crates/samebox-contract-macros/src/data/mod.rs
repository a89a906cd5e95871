//! `#[derive(Data)]`.

mod enumeration;
mod options;
mod structure;

use options::TypeOptions;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Data, DeriveInput, Error, Result};

/// Implements `Encode` and `Data` for a type.
pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    if !input.generics.params.is_empty() {
        let why = "a type that crosses a wire has no parameters: each such type has a name of its \
                   own there; write one type for each use";
        return Err(Error::new_spanned(&input.generics, why));
    }
    let options = TypeOptions::parse(input)?;
    match &input.data {
        Data::Struct(data) => structure::derive(&input.ident, &options, data),
        Data::Enum(data) => enumeration::derive(&input.ident, &options, data),
        Data::Union(data) => {
            let why = "a union cannot cross a wire; write a struct with an `Option` for each case";
            Err(Error::new_spanned(data.union_token, why))
        }
    }
}

/// Refuses a name that two parts have, at the second of them.
fn check_unique<'a, T: ToTokens + 'a>(
    what: &str,
    names: impl Iterator<Item = (&'a str, &'a T)>,
) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    for (name, part) in names {
        if !seen.insert(name) {
            let why = format!(
                "two {what} are called `{name}` on the wire; give one of them another name with \
                 `#[data(name = \"..\")]`"
            );
            return Err(Error::new_spanned(part, why));
        }
    }
    Ok(())
}
