//! The macros of samebox's typed service contracts.

#![forbid(unsafe_code)]

mod case;
mod contract;
mod data;

use proc_macro::TokenStream;

/// Makes a client and a host of a trait; `samebox::contract`, the module, is the guide to it.
///
/// | attribute | on | meaning |
/// |---|---|---|
/// | `name = ".."` | the contract | its name on the wire; `IGreeter` for a trait `Greeter` |
/// | `namespace = ".."` | the contract | its XML namespace; `http://tempuri.org/`, as in .NET |
/// | `version = ".."` | the contract | both sides must have the same; `"1"` |
/// | `callback = Notify` | the contract | what the service may call at its client, a contract too |
/// | `#[operation(name = "..")]` | a method | its name on the wire; `SayHello` for `say_hello` |
/// | `#[one_way]` | a method | nothing comes back, not even that it was done |
/// | `#[wire(name = "..")]` | a parameter | its name on the wire; `orderId` for `order_id` |
/// | `#[callback]` | a parameter | not on the wire: the client that calls back, `NotifyClient` |
/// | `#[peer]` | a parameter | not on the wire: who calls, `&Peer` |
///
/// A name that already begins as one of an interface (`IGreeter`) gets no other `I`. For a trait
/// `Greeter` it makes `GreeterClient`, `GreeterHost`, and the implementation for `Arc<impl Greeter>`;
/// the trait itself becomes `Send + Sync + 'static`.
#[proc_macro_attribute]
pub fn contract(attributes: TokenStream, item: TokenStream) -> TokenStream {
    match syn::parse(item) {
        Ok(syn::Item::Trait(item)) => contract::expand(attributes.into(), item).into(),
        Ok(other) => {
            let why = "a contract is a trait; write its operations as the methods of one";
            syn::Error::new_spanned(other, why).into_compile_error().into()
        }
        Err(error) => error.into_compile_error().into(),
    }
}

/// Makes a struct or an enum cross typed wires, in the shape of .NET's data contracts.
///
/// A struct with named fields is a `[DataContract]` class, an enum of unit variants an `enum`. All
/// fields must be `Data` themselves; a type may contain itself (`Vec<Node>` in `Node`).
///
/// | attribute | on | meaning |
/// |---|---|---|
/// | `#[data(name = "..")]` | type, field, variant | its name on the wire |
/// | `#[data(clr = "My.App")]` | type | the CLR namespace of the .NET class |
/// | `#[data(namespace = "..")]` | type | the XML namespace, where the .NET class sets one |
/// | `#[data(order = 1)]` | field | .NET's `Order`: after all that have none or a lower one |
/// | `#[data(omit_absent)]` | field | .NET's `EmitDefaultValue = false`: `None` is left out |
/// | `#[data(crate = path)]` | type | the path to `samebox::data`, where it has another name |
///
/// Without a name, a type keeps its own and a field `late_fee` is `LateFee`. Without a namespace it
/// is that of a .NET class outside of all namespaces. Members cross in .NET's order, whatever the
/// order in the source: those without `order` first, by name, then the others. One that the peer
/// left out is `None`, zero or `false`; text, lists and structures must be there.
#[proc_macro_derive(Data, attributes(data))]
pub fn derive_data(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    data::derive(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
