use quote::{ToTokens, quote};
use syn::meta::ParseNestedMeta;
use syn::{Attribute, DeriveInput, Error, LitInt, LitStr, Path, Result};

/// What `Struct::DEFAULT_NAMESPACE` of samebox-data is; a test there compares them.
const DEFAULT_NAMESPACE: &str = "http://schemas.datacontract.org/2004/07/";

/// What `#[data(..)]` on a type says.
pub(super) struct TypeOptions {
    /// The path to samebox-data.
    pub(super) data: Path,
    /// The name on the wire.
    pub(super) name: String,
    /// The XML namespace.
    pub(super) namespace: String,
}

/// What `#[data(..)]` on a field says.
#[derive(Default)]
pub(super) struct FieldOptions {
    pub(super) name: Option<String>,
    pub(super) order: Option<i32>,
    pub(super) omit_absent: bool,
}

impl TypeOptions {
    pub(super) fn parse(input: &DeriveInput) -> Result<Self> {
        let mut options = Self {
            data: syn::parse2(quote!(::samebox::data))?,
            name: input.ident.to_string().trim_start_matches("r#").to_owned(),
            namespace: DEFAULT_NAMESPACE.to_owned(),
        };
        let mut chosen = false;
        each(&input.attrs, |meta| {
            if meta.path.is_ident("name") {
                options.name = text(&meta)?;
            } else if meta.path.is_ident("crate") {
                options.data = meta.value()?.parse()?;
            } else if meta.path.is_ident("namespace") || meta.path.is_ident("clr") {
                if std::mem::replace(&mut chosen, true) {
                    return Err(meta.error("a type has one namespace: write `clr` or `namespace`"));
                }
                let prefix = if meta.path.is_ident("clr") { DEFAULT_NAMESPACE } else { "" };
                options.namespace = format!("{prefix}{}", meta.value()?.parse::<LitStr>()?.value());
            } else {
                return Err(unknown(&meta, "a type has `name`, `clr`, `namespace` and `crate`"));
            }
            Ok(())
        })?;
        Ok(options)
    }
}

impl FieldOptions {
    pub(super) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut options = Self::default();
        each(attributes, |meta| {
            if meta.path.is_ident("name") {
                options.name = Some(text(&meta)?);
            } else if meta.path.is_ident("order") {
                options.order = Some(order(&meta)?);
            } else if meta.path.is_ident("omit_absent") {
                options.omit_absent = true;
            } else if meta.path.is_ident("base") {
                return Err(meta.error(
                    "a base class has no field of its own here: repeat its fields in this struct, \
                     and give the fields of this one a higher `order`",
                ));
            } else {
                return Err(unknown(&meta, "a field has `name`, `order` and `omit_absent`"));
            }
            Ok(())
        })?;
        Ok(options)
    }
}

/// The name that `#[data(name = "..")]` gives a variant.
pub(super) fn variant_name(attributes: &[Attribute]) -> Result<Option<String>> {
    let mut name = None;
    each(attributes, |meta| {
        if !meta.path.is_ident("name") {
            return Err(unknown(&meta, "a variant has `name`"));
        }
        name = Some(text(&meta)?);
        Ok(())
    })?;
    Ok(name)
}

fn each(
    attributes: &[Attribute],
    mut take: impl FnMut(ParseNestedMeta<'_>) -> Result<()>,
) -> Result<()> {
    let ours = attributes.iter().filter(|attribute| attribute.path().is_ident("data"));
    ours.into_iter().try_for_each(|attribute| attribute.parse_nested_meta(&mut take))
}

fn text(meta: &ParseNestedMeta<'_>) -> Result<String> {
    let literal: LitStr = meta.value()?.parse()?;
    if literal.value().is_empty() {
        return Err(Error::new_spanned(literal, "a name on the wire has at least one letter"));
    }
    Ok(literal.value())
}

fn order(meta: &ParseNestedMeta<'_>) -> Result<i32> {
    let literal: LitInt = meta.value()?.parse()?;
    literal.base10_parse()
}

fn unknown(meta: &ParseNestedMeta<'_>, known: &str) -> Error {
    let path = meta.path.to_token_stream();
    meta.error(format!("`{path}` is not known here; {known}"))
}
