use super::options::{TypeOptions, variant_name};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{DataEnum, Error, Fields, Ident, Path, Result};

pub(super) fn derive(ident: &Ident, options: &TypeOptions, data: &DataEnum) -> Result<TokenStream> {
    let variants: Vec<_> = variants(ident, data)?;
    let TypeOptions { data, name, namespace } = options;
    let described = variants.iter().map(
        |(variant, name)| quote!(#data::Variant { name: #name, value: #ident::#variant as i64 }),
    );
    let indices =
        variants.iter().enumerate().map(|(index, (variant, _))| quote!(Self::#variant => #index,));
    let methods = methods(data, &variants);
    Ok(quote! {
        const _: () = {
            static ENUM: #data::Enumeration = #data::Enumeration {
                name: #name,
                namespace: #namespace,
                variants: &[#(#described),*],
            };

            #[automatically_derived]
            impl #data::Encode for #ident {
                fn shape() -> &'static #data::Shape {
                    const { &#data::Shape::Enum(&ENUM) }
                }

                fn write(&self, to: &mut dyn #data::Writer) -> #data::Result<()> {
                    to.variant(&ENUM, match self { #(#indices)* })
                }
            }

            #[automatically_derived]
            impl #data::Data for #ident {
                #methods
            }
        };
    })
}

/// The variants, each with its name on the wire.
fn variants<'a>(ident: &Ident, data: &'a DataEnum) -> Result<Vec<(&'a Ident, String)>> {
    if data.variants.is_empty() {
        let why = format!("`{ident}` has no variant, so no value of it can cross; give it one");
        return Err(Error::new_spanned(ident, why));
    }
    let mut variants = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(carries_data(&variant.ident, &variant.fields));
        }
        let name = variant_name(&variant.attrs)?;
        let own = variant.ident.to_string().trim_start_matches("r#").to_owned();
        variants.push((&variant.ident, name.unwrap_or(own)));
    }
    let names = variants.iter().map(|(variant, name)| (name.as_str(), *variant));
    super::check_unique(&format!("variants of `{ident}`"), names)?;
    Ok(variants)
}

fn carries_data(variant: &Ident, fields: &impl ToTokens) -> Error {
    let why = format!(
        "an enum on the wire is a plain name, and `{variant}` carries data; write a struct with an \
         `Option` for each case, or an enum of plain names beside the data"
    );
    Error::new_spanned(fields, why)
}

/// How one is read, and which it is where the peer left it out: that with the number 0, as in .NET.
fn methods(data: &Path, variants: &[(&Ident, String)]) -> TokenStream {
    let known = variants
        .iter()
        .enumerate()
        .map(|(index, (variant, _))| quote!(#index => ::core::result::Result::Ok(Self::#variant),));
    let variants = variants.iter().map(|(variant, _)| variant);
    quote! {
        fn read(from: &mut dyn #data::Reader) -> #data::Result<Self> {
            match from.variant(&ENUM)? {
                #(#known)*
                other => ::core::result::Result::Err(#data::Error::UnknownVariant {
                    of: ENUM.name,
                    found: ::std::string::ToString::to_string(&other),
                }),
            }
        }

        fn absent(name: &'static str) -> #data::Result<Self> {
            #(if Self::#variants as i64 == 0 {
                return ::core::result::Result::Ok(Self::#variants);
            })*
            ::core::result::Result::Err(#data::Error::Missing {
                name: ::std::borrow::Cow::Borrowed(name),
            })
        }
    }
}
