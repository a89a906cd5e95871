use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::meta::{ParseNestedMeta, parser};
use syn::parse::Parser;
use syn::{Attribute, Error, LitStr, Meta, Path, Result};

/// What `#[contract(..)]` itself says.
#[derive(Default)]
pub(super) struct Options {
    pub(super) name: Option<String>,
    pub(super) namespace: Option<String>,
    pub(super) version: Option<String>,
    pub(super) callback: Option<Path>,
}

impl Options {
    pub(super) fn parse(attributes: TokenStream) -> Result<Self> {
        let mut options = Self::default();
        let take = parser(|meta| {
            if meta.path.is_ident("name") {
                options.name = Some(text(&meta)?);
            } else if meta.path.is_ident("namespace") {
                options.namespace = Some(meta.value()?.parse::<LitStr>()?.value());
            } else if meta.path.is_ident("version") {
                options.version = Some(text(&meta)?);
            } else if meta.path.is_ident("callback") {
                options.callback = Some(meta.value()?.parse()?);
            } else {
                let known = "a contract has `name`, `namespace`, `version` and `callback`";
                return Err(unknown(&meta, known));
            }
            Ok(())
        });
        take.parse2(attributes)?;
        Ok(options)
    }
}

/// The name that an attribute such as `#[operation(name = "..")]` gives, if there is one.
pub(super) fn wire_name(attributes: &[Attribute], attribute: &str) -> Result<Option<String>> {
    let mut name = None;
    for found in attributes.iter().filter(|found| found.path().is_ident(attribute)) {
        if !matches!(found.meta, Meta::List(_)) {
            let why = format!("say the name on the wire: `#[{attribute}(name = \"..\")]`");
            return Err(Error::new_spanned(found, why));
        }
        found.parse_nested_meta(|meta| {
            if !meta.path.is_ident("name") {
                return Err(unknown(&meta, "write `name = \"..\"`, the name on the wire"));
            }
            name = Some(text(&meta)?);
            Ok(())
        })?;
    }
    Ok(name)
}

/// Whether an attribute that takes nothing is there.
pub(super) fn flag(attributes: &[Attribute], attribute: &str) -> Result<bool> {
    match attributes.iter().find(|found| found.path().is_ident(attribute)) {
        Some(Attribute { meta: Meta::Path(_), .. }) => Ok(true),
        Some(found) => {
            let why = format!("it says nothing more; write `#[{attribute}]`");
            Err(Error::new_spanned(found, why))
        }
        None => Ok(false),
    }
}

fn text(meta: &ParseNestedMeta<'_>) -> Result<String> {
    let literal: LitStr = meta.value()?.parse()?;
    if literal.value().is_empty() {
        return Err(Error::new_spanned(
            literal,
            "a name or version on the wire has at least one letter",
        ));
    }
    Ok(literal.value())
}

fn unknown(meta: &ParseNestedMeta<'_>, known: &str) -> Error {
    meta.error(format!("`{}` is not known here; {known}", meta.path.to_token_stream()))
}
