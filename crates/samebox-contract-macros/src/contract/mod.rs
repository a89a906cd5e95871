//! `#[contract]`.

mod client;
mod description;
mod host;
mod operation;
mod options;
mod parameter;
mod service;
mod types;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use service::Service;
use syn::{Error, ItemTrait, Result};

/// Makes the trait, its client and its host; or the trait and what is wrong with it.
pub(crate) fn expand(attributes: TokenStream, mut item: ItemTrait) -> TokenStream {
    let made = match Service::parse(attributes, &item) {
        Ok(service) => {
            service.complete(&mut item);
            let (client, host) = (client::generate(&service), host::generate(&service));
            quote!(#client #host)
        }
        Err(error) => error.into_compile_error(),
    };
    operation::strip_attributes(&mut item);
    quote!(#item #made)
}

/// Collects what is wrong, so that a person sees all of it at once.
#[derive(Default)]
struct Complaints(Option<Error>);

impl Complaints {
    fn add(&mut self, complaint: Error) {
        match &mut self.0 {
            Some(all) => all.combine(complaint),
            None => self.0 = Some(complaint),
        }
    }

    fn say(&mut self, of: impl ToTokens, why: impl std::fmt::Display) {
        self.add(Error::new_spanned(of, why));
    }

    /// The value, unless something is wrong with it, which is kept.
    fn take<T>(&mut self, value: Result<T>) -> Option<T> {
        value.map_err(|complaint| self.add(complaint)).ok()
    }

    fn finish<T>(self, value: T) -> Result<T> {
        self.0.map_or(Ok(value), Err)
    }
}
