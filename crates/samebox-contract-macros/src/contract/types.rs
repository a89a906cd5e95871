//! Which types stand where in an operation, and what crosses the wire for them.

use super::Complaints;
use quote::ToTokens;
use syn::visit::Visit;
use syn::{
    Error, GenericArgument, Lifetime, PathArguments, PathSegment, Result, ReturnType, Type,
    TypeArray, TypeImplTrait, TypeReference, TypeSlice, TypeTraitObject, TypeTuple, parse_quote,
};

/// What a parameter is on either side.
pub(super) struct Taken {
    /// The type that the service reads.
    pub(super) owned: Type,
    /// The type behind the reference, or the type itself.
    pub(super) seen: Type,
    /// Whether the method takes a reference.
    pub(super) borrowed: bool,
}

/// What an operation gives.
pub(super) struct Given {
    /// The type of the result, or none for `()`.
    pub(super) result: Option<Type>,
    /// The method may answer with a fault.
    pub(super) faults: bool,
    /// The detail of that fault.
    pub(super) detail: Option<Type>,
}

impl Taken {
    pub(super) fn of(ty: &Type) -> Result<Self> {
        let Type::Reference(reference) = ungrouped(ty) else {
            check(ty)?;
            return Ok(Self { owned: ty.clone(), seen: ty.clone(), borrowed: false });
        };
        if let Some(mutability) = reference.mutability {
            let why = "a change would stay on this side of the wire; take `&T` and give the changed \
                       value back";
            return Err(Error::new_spanned(mutability, why));
        }
        if let Some(lifetime) = &reference.lifetime {
            let why = "what comes from the wire lives as long as the call; leave the lifetime out, \
                       or take an owned type";
            return Err(Error::new_spanned(lifetime, why));
        }
        let seen = ungrouped(&reference.elem);
        let owned = match seen {
            Type::Slice(slice) => {
                check(&slice.elem)?;
                let element = &slice.elem;
                parse_quote!(::std::vec::Vec<#element>)
            }
            Type::Path(path) if path.path.is_ident("str") => parse_quote!(::std::string::String),
            other => {
                check(other)?;
                other.clone()
            }
        };
        Ok(Self { owned, seen: seen.clone(), borrowed: true })
    }
}

impl Given {
    pub(super) fn of(output: &ReturnType) -> Result<Self> {
        let ReturnType::Type(_, ty) = output else {
            return Ok(Self { result: None, faults: false, detail: None });
        };
        match result_arguments(ty) {
            Some(arguments) => Self::of_result(ty, arguments),
            None => Ok(Self { result: value(ty)?, faults: false, detail: None }),
        }
    }

    fn of_result(ty: &Type, segment: &PathSegment) -> Result<Self> {
        let arguments = types(segment);
        let [ok, error] = arguments[..] else {
            let why = "say what the error is: `Result<T, Fault>` or `Result<T, Fault<Detail>>`";
            return Err(Error::new_spanned(ty, why));
        };
        let fault = last_segment(error).filter(|segment| segment.ident == "Fault");
        let Some(fault) = fault else {
            let why = "only faults cross the wire; write `Fault`, or `Fault<Detail>` with this type \
                       as the detail";
            return Err(Error::new_spanned(error, why));
        };
        let detail = types(fault).first().map(|detail| (*detail).clone());
        detail.iter().try_for_each(check)?;
        Ok(Self { result: value(ok)?, faults: true, detail })
    }
}

/// The type of a result, or none for `()`.
fn value(ty: &Type) -> Result<Option<Type>> {
    match ungrouped(ty) {
        Type::Tuple(tuple) if tuple.elems.is_empty() => Ok(None),
        ty => check(ty).map(|()| Some(ty.clone())),
    }
}

/// The type without the invisible brackets that a macro puts around it.
fn ungrouped(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungrouped(&group.elem),
        Type::Paren(paren) => ungrouped(&paren.elem),
        ty => ty,
    }
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ungrouped(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

fn result_arguments(ty: &Type) -> Option<&PathSegment> {
    last_segment(ty).filter(|segment| segment.ident == "Result")
}

fn types(segment: &PathSegment) -> Vec<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return Vec::new() };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// Refuses types that cannot be read from a wire, in words; others are left to the compiler.
fn check(ty: &Type) -> Result<()> {
    let mut refused = Refused(Complaints::default());
    refused.visit_type(ty);
    refused.0.finish(())
}

struct Refused(Complaints);

impl Refused {
    fn say(&mut self, of: impl ToTokens, why: &str) {
        self.0.say(of, why);
    }
}

impl<'ast> Visit<'ast> for Refused {
    fn visit_type_reference(&mut self, ty: &'ast TypeReference) {
        let why = "a reference stands only around a whole parameter; write an owned type here, \
                   such as `String` for `&str` or `Vec<T>` for `&[T]`";
        self.say(ty, why);
    }

    fn visit_type_slice(&mut self, ty: &'ast TypeSlice) {
        self.say(ty, "write `Vec<T>`, or `&[T]` as a parameter");
    }

    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        self.say(ty, "the wire must know the type; write one, such as `String` or `Vec<T>`");
    }

    fn visit_type_trait_object(&mut self, ty: &'ast TypeTraitObject) {
        let why = "the wire must know the type; write one, such as an enum or a struct with \
                   `#[derive(samebox::Data)]`";
        self.say(ty, why);
    }

    fn visit_type_array(&mut self, ty: &'ast TypeArray) {
        self.say(ty, "the peer may send any number of them; write `Vec<T>`");
    }

    fn visit_type_tuple(&mut self, ty: &'ast TypeTuple) {
        let why = "members have names on the wire; write a struct with `#[derive(samebox::Data)]`";
        self.say(ty, why);
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        self.say(lifetime, "what crosses a wire owns what it has; write a type without a lifetime");
    }
}
