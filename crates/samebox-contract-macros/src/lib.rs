//! The macros of samebox's typed service contracts.

#![forbid(unsafe_code)]

use proc_macro::TokenStream;

/// Makes a client and a host of a trait.
#[proc_macro_attribute]
pub fn contract(_attributes: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// Makes a struct or an enum cross typed wires.
#[proc_macro_derive(Data, attributes(data))]
pub fn data(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}
