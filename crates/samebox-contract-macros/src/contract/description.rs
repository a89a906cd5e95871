use super::operation::Operation;
use super::service::Service;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// The body of `contract()`: the description as static data.
pub(super) fn generate(service: &Service) -> TokenStream {
    let Service { name, namespace, version, operations, .. } = service;
    let parameters =
        operations.iter().enumerate().map(|(index, operation)| parameters(index, operation));
    let count = operations.len();
    let operations = operations.iter().enumerate().map(|(index, of)| describe(index, of));
    let callback = match &service.callback {
        Some(callback) => {
            let client = &callback.client;
            quote!(::core::option::Option::Some(#client::contract()))
        }
        None => quote!(::core::option::Option::None),
    };
    quote! {
        #(#parameters)*
        static __SAMEBOX_OPERATIONS: [::samebox::data::Operation; #count] = [#(#operations),*];
        static __SAMEBOX_CONTRACT: ::samebox::data::Contract = ::samebox::data::Contract {
            name: ::std::borrow::Cow::Borrowed(#name),
            namespace: ::std::borrow::Cow::Borrowed(#namespace),
            version: ::std::borrow::Cow::Borrowed(#version),
            operations: ::std::borrow::Cow::Borrowed(&__SAMEBOX_OPERATIONS),
            callback: #callback,
        };
        &__SAMEBOX_CONTRACT
    }
}

fn parameters(index: usize, operation: &Operation) -> TokenStream {
    let list = format_ident!("__SAMEBOX_PARAMETERS_{index}");
    let count = operation.arguments().count();
    let parameters = operation.arguments().map(|(_, name, taken)| {
        let owned = &taken.owned;
        quote!(::samebox::data::Parameter {
            name: ::std::borrow::Cow::Borrowed(#name),
            shape: <#owned as ::samebox::data::Encode>::shape,
        })
    });
    quote!(static #list: [::samebox::data::Parameter; #count] = [#(#parameters),*];)
}

fn describe(index: usize, operation: &Operation) -> TokenStream {
    let Operation { name, one_way, given, .. } = operation;
    let list = format_ident!("__SAMEBOX_PARAMETERS_{index}");
    let result = given.result.clone().unwrap_or_else(|| syn::parse_quote!(()));
    let fault = match &given.detail {
        Some(detail) => {
            quote!(::core::option::Option::Some(<#detail as ::samebox::data::Encode>::shape))
        }
        None => quote!(::core::option::Option::None),
    };
    quote!(::samebox::data::Operation {
        name: ::std::borrow::Cow::Borrowed(#name),
        one_way: #one_way,
        parameters: ::std::borrow::Cow::Borrowed(&#list),
        result: <#result as ::samebox::data::Encode>::shape,
        fault: #fault,
    })
}
