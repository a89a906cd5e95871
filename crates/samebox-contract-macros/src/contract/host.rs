use super::operation::Operation;
use super::parameter::{Parameter, Role};
use super::service::Service;
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::Ident;
use syn::spanned::Spanned;

/// The host: the ways to offer an implementation, and how calls reach it.
pub(super) fn generate(service: &Service) -> TokenStream {
    let Service { visibility, ident, host, client, .. } = service;
    let doc = format!(" Makes a host of an implementation of [`{ident}`].");
    let dispatch = dispatch(service);
    let shared = shared(service);
    quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug)]
        #visibility struct #host;

        #[allow(dead_code)]
        impl #host {
            /// One service for all clients, called by many threads at once.
            #visibility fn shared(service: impl #ident) -> ::samebox::Host {
                ::samebox::Host::shared(#client::contract(), Self::dispatch(service))
            }

            /// A service of its own for each client, made when the client first comes.
            #visibility fn per_client<__SameboxService: #ident>(
                make: impl ::core::ops::Fn(&::samebox::Peer) -> __SameboxService
                    + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> ::samebox::Host {
                ::samebox::Host::per_client(
                    #client::contract(),
                    move |peer: &::samebox::Peer| Self::dispatch(make(peer)),
                )
            }

            /// A new service for each call.
            #visibility fn per_call<__SameboxService: #ident>(
                make: impl ::core::ops::Fn() -> __SameboxService
                    + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> ::samebox::Host {
                let make = ::samebox::contract::PerCall(move || Self::dispatch(make()));
                ::samebox::Host::shared(#client::contract(), ::std::sync::Arc::new(make))
            }

            /// What takes the calls for a service; for wires and tests.
            #visibility fn dispatch(
                service: impl #ident,
            ) -> ::std::sync::Arc<dyn ::samebox::contract::Dispatch> {
                #dispatch
                ::std::sync::Arc::new(__SameboxDispatch(service))
            }
        }

        #shared
    }
}

/// A service that its maker keeps a hold of is a service too.
fn shared(service: &Service) -> TokenStream {
    let Service { ident, supertraits, .. } = service;
    let bound = (!supertraits.is_empty())
        .then(|| quote!(where ::std::sync::Arc<__SameboxService>: #(#supertraits)+*));
    let methods = service.operations.iter().map(|operation| {
        let Operation { ident: method, output, .. } = operation;
        let names: Vec<_> = operation.parameters.iter().map(|parameter| &parameter.ident).collect();
        let types = operation.parameters.iter().map(|parameter| &parameter.ty);
        quote! {
            fn #method(&self #(, #names: #types)*) #output {
                <__SameboxService as #ident>::#method(&**self #(, #names)*)
            }
        }
    });
    quote! {
        #[allow(deprecated)]
        impl<__SameboxService: #ident> #ident for ::std::sync::Arc<__SameboxService> #bound {
            #(#methods)*
        }
    }
}

fn dispatch(service: &Service) -> TokenStream {
    let ident = &service.ident;
    let names = Names::default();
    let Names { caller, from, respond, .. } = &names;
    let arms = service.operations.iter().enumerate().map(|(index, operation)| {
        let body = arm(service, operation, &names);
        quote!(#index => { #body })
    });
    quote! {
        struct __SameboxDispatch<__SameboxService>(__SameboxService);

        #[allow(deprecated, unused_variables)]
        impl<__SameboxService: #ident> ::samebox::contract::Dispatch
            for __SameboxDispatch<__SameboxService>
        {
            fn dispatch(
                &self,
                operation: usize,
                #caller: &::samebox::contract::Caller<'_>,
                #from: &mut dyn ::samebox::data::Reader,
                #respond: &mut dyn ::samebox::contract::Respond,
            ) -> ::samebox::data::Result<()> {
                match operation {
                    #(#arms)*
                    _ => ::core::result::Result::Err(::samebox::data::Error::Malformed(
                        ::std::borrow::Cow::Borrowed("the contract has no such operation"),
                    )),
                }
            }
        }
    }
}

/// Names of what is generated, which no name of the user's can mean.
struct Names {
    caller: Ident,
    from: Ident,
    respond: Ident,
    given: Ident,
    to: Ident,
}

impl Default for Names {
    fn default() -> Self {
        let name = |name| Ident::new(name, Span::mixed_site());
        Self {
            caller: name("caller"),
            from: name("from"),
            respond: name("respond"),
            given: name("given"),
            to: name("to"),
        }
    }
}

/// Reads the arguments, calls the method, writes the answer.
fn arm(service: &Service, operation: &Operation, names: &Names) -> TokenStream {
    let (ident, method) = (&service.ident, &operation.ident);
    let read = read(operation, names);
    let slots = slots(operation);
    let passes = operation
        .parameters
        .iter()
        .zip(&slots)
        .map(|(parameter, slot)| pass(parameter, slot, names));
    let backs = operation
        .parameters
        .iter()
        .zip(&slots)
        .map(|(parameter, slot)| back(service, parameter, slot, names));
    let answer = answer(operation, names);
    let given = &names.given;
    quote! {
        #(#backs)*
        #read
        let #given = <__SameboxService as #ident>::#method(&self.0 #(, #passes)*);
        #answer
    }
}

/// A name for each parameter, whatever its own is.
fn slots(operation: &Operation) -> Vec<Ident> {
    let count = operation.parameters.len();
    (0..count).map(|index| format_ident!("parameter_{index}", span = Span::mixed_site())).collect()
}

fn read(operation: &Operation, names: &Names) -> TokenStream {
    let from = &names.from;
    let slots = slots(operation);
    let taken: Vec<_> = operation
        .parameters
        .iter()
        .zip(&slots)
        .filter_map(|(parameter, slot)| parameter.argument().map(|(name, ty)| (slot, name, ty)))
        .collect();
    let begin =
        taken.iter().map(|(slot, ..)| quote!(let mut #slot = ::core::option::Option::None;));
    let take = taken.iter().enumerate().map(|(index, (slot, _, taken))| {
        let owned = &taken.owned;
        let read = quote!(<#owned as ::samebox::data::Data>::read(#from)?);
        quote!(::core::option::Option::Some(#index) => #slot = ::core::option::Option::Some(#read),)
    });
    let complete = taken.iter().map(|(slot, name, taken)| {
        let owned = &taken.owned;
        quote! {
            let #slot = match #slot {
                ::core::option::Option::Some(value) => value,
                ::core::option::Option::None => <#owned as ::samebox::data::Data>::absent(#name)?,
            };
        }
    });
    quote! {
        #(#begin)*
        loop {
            match #from.member()? {
                #(#take)*
                ::core::option::Option::Some(_) => {}
                ::core::option::Option::None => break,
            }
        }
        #(#complete)*
    }
}

/// Makes the client that calls back, where the method takes it; its type must be the right one.
fn back(service: &Service, parameter: &Parameter, slot: &Ident, names: &Names) -> TokenStream {
    let Role::Callback { client: expected, .. } = &parameter.role else {
        return TokenStream::new();
    };
    let client = service.callback.as_ref().map(|callback| &callback.client);
    let caller = &names.caller;
    // Where the type is another one, the compiler shows it, not the whole attribute.
    let made = Ident::new("made", Span::mixed_site().located_at(expected.span()));
    quote! {
        let #made = match #caller.back {
            ::core::option::Option::Some(back) => #client::from_channel(
                ::samebox::contract::Channel::new(::std::sync::Arc::clone(back)),
            ),
            ::core::option::Option::None => {
                return ::core::result::Result::Err(::samebox::data::Error::Malformed(
                    ::std::borrow::Cow::Borrowed("the client takes no calls back"),
                ));
            }
        };
        let #slot: #expected = #made;
    }
}

fn pass(parameter: &Parameter, slot: &Ident, names: &Names) -> TokenStream {
    let caller = &names.caller;
    match &parameter.role {
        Role::Argument(_, taken) if taken.borrowed => quote!(&#slot),
        Role::Callback { borrowed: true, .. } => quote!(&#slot),
        Role::Argument(..) | Role::Callback { .. } => quote!(#slot),
        Role::Peer => quote!(#caller.peer),
    }
}

fn answer(operation: &Operation, names: &Names) -> TokenStream {
    let Names { respond, given, .. } = names;
    if operation.one_way {
        return quote! {
            let () = #given;
            ::core::result::Result::Ok(())
        };
    }
    let result = result(operation, names);
    if operation.given.faults {
        quote! {
            match #given {
                ::core::result::Result::Ok(#given) => #result,
                ::core::result::Result::Err(fault) => fault.respond(#respond),
            }
        }
    } else {
        result
    }
}

fn result(operation: &Operation, names: &Names) -> TokenStream {
    let Names { respond, given, to, .. } = names;
    let Some(ty) = &operation.given.result else {
        return quote!({
            let () = #given;
            #respond.result(&|_| ::core::result::Result::Ok(()))
        });
    };
    quote! {
        #respond.result(&|#to: &mut dyn ::samebox::data::Writer| {
            #to.member(0)?;
            <#ty as ::samebox::data::Encode>::write(&#given, #to)
        })
    }
}
