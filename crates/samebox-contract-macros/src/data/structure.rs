use super::options::{FieldOptions, TypeOptions};
use crate::case::pascal;
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{DataStruct, Error, Field, Fields, Ident, Result, Type};

/// A member of a structure.
struct Member<'a> {
    field: &'a Ident,
    ty: &'a Type,
    name: String,
    order: Option<i32>,
    omit_absent: bool,
}

pub(super) fn derive(
    ident: &Ident,
    options: &TypeOptions,
    data: &DataStruct,
) -> Result<TokenStream> {
    let members = members(ident, data)?;
    let TypeOptions { data, name, namespace } = options;
    let described = members.iter().map(|Member { name, ty, .. }| {
        quote!(#data::Member { name: #name, shape: <#ty as #data::Encode>::shape })
    });
    let (write, read) = (write(data, &members), read(data, &members));
    Ok(quote! {
        const _: () = {
            static STRUCT: #data::Struct =
                #data::Struct { name: #name, namespace: #namespace, members: &[#(#described),*] };

            #[automatically_derived]
            impl #data::Encode for #ident {
                fn shape() -> &'static #data::Shape {
                    const { &#data::Shape::Struct(&STRUCT) }
                }

                #write
            }

            #[automatically_derived]
            impl #data::Data for #ident {
                #read
            }
        };
    })
}

/// The members in .NET's order: those without an order first; then by order; then by name.
fn members<'a>(ident: &Ident, data: &'a DataStruct) -> Result<Vec<Member<'a>>> {
    if let Fields::Unnamed(fields) = &data.fields {
        let why = "members have names on the wire; write a struct with named fields, such as \
                   `struct Point { x: i32, y: i32 }`";
        return Err(Error::new_spanned(fields, why));
    }
    let mut members = data.fields.iter().map(member).collect::<Result<Vec<_>>>()?;
    super::check_unique(
        &format!("members of `{ident}`"),
        members.iter().map(|member| (member.name.as_str(), member.field)),
    )?;
    members.sort_by(|a, b| (a.order, &a.name).cmp(&(b.order, &b.name)));
    Ok(members)
}

fn member(field: &Field) -> Result<Member<'_>> {
    let FieldOptions { name, order, omit_absent } = FieldOptions::parse(&field.attrs)?;
    let ident = field.ident.as_ref().ok_or_else(|| Error::new_spanned(field, "it has no name"))?;
    let name = name.unwrap_or_else(|| pascal(&ident.to_string()));
    Ok(Member { field: ident, ty: &field.ty, name, order, omit_absent })
}

fn write(data: &syn::Path, members: &[Member<'_>]) -> TokenStream {
    let to = Ident::new("to", Span::mixed_site());
    let parts = members.iter().enumerate().map(|(index, member)| {
        let Member { field, omit_absent, .. } = member;
        let part = quote! {
            #to.member(#index)?;
            #data::Encode::write(&self.#field, #to)?;
        };
        if *omit_absent {
            quote!(if !#data::Encode::is_absent(&self.#field) { #part })
        } else {
            part
        }
    });
    quote! {
        fn write(&self, #to: &mut dyn #data::Writer) -> #data::Result<()> {
            #to.structure(&STRUCT)?;
            #(#parts)*
            #to.end()
        }
    }
}

fn read(data: &syn::Path, members: &[Member<'_>]) -> TokenStream {
    let from = Ident::new("from", Span::mixed_site());
    let slots: Vec<_> = (0..members.len()).map(|index| format_ident!("member_{index}")).collect();
    let take = members.iter().zip(&slots).enumerate().map(|(index, (Member { ty, .. }, slot))| {
        quote!(#index => #slot = ::core::option::Option::Some(<#ty as #data::Data>::read(#from)?),)
    });
    let fields = members.iter().zip(&slots).map(|(Member { field, ty, name, .. }, slot)| {
        quote! {
            #field: match #slot {
                ::core::option::Option::Some(value) => value,
                ::core::option::Option::None => <#ty as #data::Data>::absent(#name)?,
            },
        }
    });
    quote! {
        fn read(#from: &mut dyn #data::Reader) -> #data::Result<Self> {
            #(let mut #slots = ::core::option::Option::None;)*
            #from.structure(&STRUCT)?;
            while let ::core::option::Option::Some(index) = #from.member()? {
                match index {
                    #(#take)*
                    _ => {}
                }
            }
            ::core::result::Result::Ok(Self { #(#fields)* })
        }
    }
}
