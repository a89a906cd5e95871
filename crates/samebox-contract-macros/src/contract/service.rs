use super::Complaints;
use super::operation::Operation;
use super::options::Options;
use crate::case::interface;
use proc_macro2::TokenStream;
use quote::format_ident;
use syn::{Ident, ItemTrait, Path, Result, TraitItem, Visibility, parse_quote};

/// The namespace of a .NET service contract that sets none.
const DEFAULT_NAMESPACE: &str = "http://tempuri.org/";

/// A trait that is a contract.
pub(super) struct Service {
    pub(super) visibility: Visibility,
    pub(super) ident: Ident,
    /// The names of what is made of it.
    pub(super) client: Ident,
    pub(super) host: Ident,
    /// What the wire says.
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) version: String,
    pub(super) callback: Option<Callback>,
    pub(super) operations: Vec<Operation>,
    /// The traits that an `Arc` of a service must have too.
    pub(super) supertraits: Vec<syn::TypeParamBound>,
}

/// The contract that the service may call at its client.
pub(super) struct Callback {
    pub(super) path: Path,
    pub(super) client: Path,
    pub(super) host: Path,
}

impl Service {
    pub(super) fn parse(attributes: TokenStream, item: &ItemTrait) -> Result<Self> {
        let mut complaints = Complaints::default();
        let options = complaints.take(Options::parse(attributes)).unwrap_or_default();
        check_trait(item, &mut complaints);
        let operations = operations(item, options.callback.is_some(), &mut complaints);
        complaints.finish(())?;
        let ident = item.ident.clone();
        Ok(Self {
            visibility: item.vis.clone(),
            client: format_ident!("{ident}Client"),
            host: format_ident!("{ident}Host"),
            name: options.name.unwrap_or_else(|| interface(&ident.to_string())),
            namespace: options.namespace.unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned()),
            version: options.version.unwrap_or_else(|| "1".to_owned()),
            callback: options.callback.map(Callback::of),
            operations,
            supertraits: item.supertraits.iter().cloned().collect(),
            ident,
        })
    }

    /// Adds what every service is: called by many threads for as long as it is offered.
    pub(super) fn complete(&self, item: &mut ItemTrait) {
        let bounds: [syn::TypeParamBound; 3] = [
            parse_quote!(::core::marker::Send),
            parse_quote!(::core::marker::Sync),
            parse_quote!('static),
        ];
        item.colon_token.get_or_insert_default();
        item.supertraits.extend(bounds);
    }
}

impl Callback {
    fn of(path: Path) -> Self {
        Self { client: suffixed(&path, "Client"), host: suffixed(&path, "Host"), path }
    }
}

/// The path to what is made of a contract: that of the trait with a longer last name.
fn suffixed(path: &Path, suffix: &str) -> Path {
    let mut path = path.clone();
    if let Some(last) = path.segments.last_mut() {
        last.ident = Ident::new(&format!("{}{suffix}", last.ident), last.ident.span());
    }
    path
}

fn check_trait(item: &ItemTrait, complaints: &mut Complaints) {
    if let Some(token) = item.unsafety {
        complaints.say(token, "a peer cannot keep a promise to the compiler; leave `unsafe` out");
    }
    if !item.generics.params.is_empty() {
        let why = "the wire must know every type; write a contract for each of them";
        complaints.say(&item.generics, why);
    }
}

fn operations(item: &ItemTrait, has_callback: bool, complaints: &mut Complaints) -> Vec<Operation> {
    let mut operations: Vec<Operation> = Vec::new();
    for part in &item.items {
        let TraitItem::Fn(method) = part else {
            complaints.say(part, "a contract has methods only; put this beside the trait");
            continue;
        };
        let Some(operation) = complaints.take(Operation::parse(method, has_callback)) else {
            continue;
        };
        if operations.iter().any(|other| other.name == operation.name) {
            let why = format!(
                "two operations are called `{}` on the wire; give one of them another name with \
                 `#[operation(name = \"..\")]`",
                operation.name
            );
            complaints.say(&operation.ident, why);
        }
        operations.push(operation);
    }
    if item.items.is_empty() {
        let why = "a contract has at least one operation; write a method such as `fn ping(&self);`";
        complaints.add(syn::Error::new(item.ident.span(), why));
    }
    operations
}
