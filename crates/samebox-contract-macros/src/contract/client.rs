use super::description;
use super::operation::Operation;
use super::parameter::Role;
use super::service::{Callback, Service};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

/// The client: a struct with a method per operation.
pub(super) fn generate(service: &Service) -> TokenStream {
    let Service { visibility, ident, client, .. } = service;
    let doc = format!(" Calls the operations of [`{ident}`] at a service; cheap to clone.");
    let connecting = connecting(service);
    let methods = service
        .operations
        .iter()
        .enumerate()
        .map(|(index, operation)| method(visibility, index, operation));
    let description = description::generate(service);
    let check = service.callback.as_ref().map(check_callback);
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug)]
        #visibility struct #client {
            channel: ::samebox::contract::Channel,
        }

        #[allow(dead_code)]
        impl #client {
            #connecting

            /// What the service offers, as data.
            #visibility const fn contract() -> &'static ::samebox::data::Contract {
                #description
            }

            #(#methods)*
        }

        #check
    }
}

/// A callback cannot have callbacks: nobody would take them.
fn check_callback(callback: &Callback) -> TokenStream {
    let Callback { client, path, .. } = callback;
    let why = "a callback contract cannot have a callback of its own; give its operations results \
               instead";
    quote_spanned! { path.span() =>
        const _: () = ::core::assert!(#client::contract().callback.is_none(), #why);
    }
}

/// The functions that make a client.
fn connecting(service: &Service) -> TokenStream {
    let visibility = &service.visibility;
    let (takes, gives) = match &service.callback {
        Some(Callback { path, host, .. }) => (
            quote!(, callbacks: impl #path),
            quote!(::core::option::Option::Some(#host::dispatch(callbacks))),
        ),
        None => (quote!(), quote!(::core::option::Option::None)),
    };
    let waits = " Waits for the server as long as the endpoint's setting `wait` says.";
    quote! {
        /// Connects to the service at an endpoint, such as `pipe:greeter`.
        ///
        #[doc = #waits]
        ///
        /// # Errors
        /// As [`samebox::contract::connect`](::samebox::contract::connect).
        #visibility fn connect(endpoint: &str #takes) -> ::samebox::Result<Self> {
            let channel =
                ::samebox::contract::connect(endpoint, Self::contract(), #gives, ::core::option::Option::None)?;
            ::core::result::Result::Ok(Self { channel })
        }

        /// Connects to the service at an endpoint, waiting for its server until `deadline`.
        ///
        /// # Errors
        /// As [`samebox::contract::connect`](::samebox::contract::connect).
        #visibility fn connect_by(
            endpoint: &str,
            deadline: impl ::core::convert::Into<::samebox::Deadline>
            #takes
        ) -> ::samebox::Result<Self> {
            let deadline = ::core::option::Option::Some(deadline.into());
            let channel =
                ::samebox::contract::connect(endpoint, Self::contract(), #gives, deadline)?;
            ::core::result::Result::Ok(Self { channel })
        }

        /// The client of the service at the other end of a channel.
        #visibility fn from_channel(channel: ::samebox::contract::Channel) -> Self {
            Self { channel }
        }

        /// The same client, whose calls give up after `timeout`; 60 seconds unless set.
        #[must_use]
        #visibility fn with_timeout(self, timeout: ::core::time::Duration) -> Self {
            Self { channel: self.channel.with_timeout(timeout) }
        }
    }
}

fn method(visibility: &syn::Visibility, index: usize, operation: &Operation) -> TokenStream {
    let Operation { ident, attributes, one_way, .. } = operation;
    let default = attributes.iter().all(|attribute| !attribute.path().is_ident("doc"));
    let own = default.then(|| {
        let doc = format!(" Calls `{}`.", operation.name);
        quote!(#[doc = #doc])
    });
    let takes = operation.parameters.iter().filter(|of| of.argument().is_some()).map(|parameter| {
        let (ident, ty) = (&parameter.ident, &parameter.ty);
        quote!(#ident: #ty)
    });
    let arguments = arguments(operation);
    let (gives, call, errors) = if *one_way {
        let errors = "As [`samebox::Client::send`](::samebox::Client::send).";
        (quote!(::samebox::Result<()>), quote!(one_way), errors)
    } else {
        let errors = "The service's fault, or what kept the call or its answer from crossing.";
        (given(operation), quote!(call), errors)
    };
    let errors = format!(" {errors}");
    quote! {
        #own
        #(#attributes)*
        ///
        /// # Errors
        #[doc = #errors]
        #visibility fn #ident(&self #(, #takes)*) -> #gives {
            self.channel.#call(#index, #arguments)
        }
    }
}

fn given(operation: &Operation) -> TokenStream {
    let result = match &operation.given.result {
        Some(result) => quote!(#result),
        None => quote!(()),
    };
    let detail = operation.given.detail.as_ref().map(|detail| quote!(<#detail>));
    quote!(::core::result::Result<#result, ::samebox::CallError #detail>)
}

/// The closure that writes the arguments.
fn arguments(operation: &Operation) -> TokenStream {
    let to = Ident::new("to", Span::mixed_site());
    let writes = operation.parameters.iter().filter_map(|parameter| match &parameter.role {
        Role::Argument(_, taken) => Some((&parameter.ident, taken)),
        _ => None,
    });
    let writes = writes.enumerate().map(|(index, (ident, taken))| {
        let value = if taken.borrowed { quote!(#ident) } else { quote!(&#ident) };
        let seen = &taken.seen;
        quote! {
            #to.member(#index)?;
            <#seen as ::samebox::data::Encode>::write(#value, #to)?;
        }
    });
    quote! {
        &|#to: &mut dyn ::samebox::data::Writer| {
            #(#writes)*
            let _ = &#to;
            ::core::result::Result::Ok(())
        }
    }
}
