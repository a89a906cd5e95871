use super::Complaints;
use super::options::{flag, wire_name};
use super::parameter::{self, Parameter};
use super::types::Given;
use crate::case::pascal;
use syn::{
    Attribute, Error, FnArg, Generics, Ident, ItemTrait, Receiver, Result, ReturnType, Signature,
    TraitItem, TraitItemFn,
};

/// The attributes that methods have.
const ATTRIBUTES: [&str; 2] = ["one_way", "operation"];

/// Functions that every client has besides the operations.
const TAKEN: [&str; 5] = ["connect", "connect_by", "with_timeout", "from_channel", "contract"];

/// A method of the trait.
pub(super) struct Operation {
    pub(super) ident: Ident,
    /// Its name on the wire.
    pub(super) name: String,
    pub(super) one_way: bool,
    pub(super) parameters: Vec<Parameter>,
    /// Its result, as it is written.
    pub(super) output: ReturnType,
    pub(super) given: Given,
    /// Its docs, for the client's method.
    pub(super) attributes: Vec<Attribute>,
}

impl Operation {
    pub(super) fn parse(method: &TraitItemFn, has_callback: bool) -> Result<Self> {
        let mut complaints = Complaints::default();
        check_attributes(&method.attrs, &mut complaints);
        check_signature(&method.sig, &mut complaints);
        check_receiver(&method.sig, &mut complaints);
        if let Some(body) = &method.default {
            let why = "every operation is the service's own; end it with `;` and put the body into \
                       the `impl`";
            complaints.say(body, why);
        }
        let one_way = complaints.take(flag(&method.attrs, "one_way"));
        let name = complaints.take(wire_name(&method.attrs, "operation"));
        let parameters = parameters(&method.sig, has_callback, &mut complaints);
        let given = match (one_way, &method.sig.output) {
            (Some(true), output @ ReturnType::Type(..)) => {
                let why = "nothing comes back from a one-way operation; leave the result out, or \
                           the `#[one_way]`";
                complaints.say(output, why);
                None
            }
            (_, output) => complaints.take(Given::of(output)),
        };
        complaints.finish(())?;
        let ident = method.sig.ident.clone();
        Ok(Self {
            name: name.flatten().unwrap_or_else(|| pascal(&ident.to_string())),
            ident,
            one_way: one_way.unwrap_or_default(),
            parameters,
            output: method.sig.output.clone(),
            given: given.unwrap_or(Given { result: None, faults: false, detail: None }),
            attributes: method
                .attrs
                .iter()
                .filter(|attribute| is_for_client(attribute))
                .cloned()
                .collect(),
        })
    }

    /// The parameters that cross the wire, with their names and types there.
    pub(super) fn arguments(&self) -> impl Iterator<Item = (&Ident, &str, &super::types::Taken)> {
        self.parameters.iter().filter_map(|parameter| {
            parameter.argument().map(|(name, ty)| (&parameter.ident, name, ty))
        })
    }
}

fn is_for_client(attribute: &Attribute) -> bool {
    ["doc", "deprecated"].iter().any(|name| attribute.path().is_ident(name))
}

fn check_attributes(attributes: &[Attribute], complaints: &mut Complaints) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")) {
        let why = "both sides must have the same operations; put the `cfg` on the whole trait";
        complaints.say(attribute, why);
    }
}

fn check_signature(signature: &Signature, complaints: &mut Complaints) {
    if let Some(token) = signature.asyncness {
        let why = "an operation is a plain `fn`: the host calls it on a thread where it may wait; \
                   leave `async` out";
        complaints.say(token, why);
    }
    if let Some(token) = signature.unsafety {
        complaints.say(token, "a peer cannot keep a promise to the compiler; leave `unsafe` out");
    }
    if let Some(abi) = &signature.abi {
        complaints.say(abi, "an operation is a plain `fn`; leave the ABI out");
    }
    if let Some(variadic) = &signature.variadic {
        complaints.say(variadic, "the wire must know every parameter; take a `Vec<T>`");
    }
    check_generics(&signature.generics, complaints);
    if TAKEN.iter().any(|taken| signature.ident == taken) {
        let ident = &signature.ident;
        let name = pascal(&ident.to_string());
        let why = format!(
            "the client has a function `{ident}` of its own; call the method something else, with \
             `#[operation(name = \"{name}\")]` to keep the name on the wire"
        );
        complaints.say(ident, why);
    }
}

fn check_generics(generics: &Generics, complaints: &mut Complaints) {
    if !generics.params.is_empty() {
        let why = "the wire must know every type; write an operation for each type, and leave \
                   lifetimes out";
        complaints.say(generics, why);
    } else if let Some(clause) = &generics.where_clause {
        complaints.say(clause, "an operation has no parameters to say this of; leave it out");
    }
}

fn check_receiver(signature: &Signature, complaints: &mut Complaints) {
    let plain = |receiver: &Receiver| {
        receiver.mutability.is_none()
            && receiver.colon_token.is_none()
            && matches!(receiver.reference, Some((_, None)))
    };
    match signature.receiver() {
        Some(receiver) if plain(receiver) => {}
        Some(receiver) => {
            let why = "many clients call at once; write `&self`, and keep what changes in a `Mutex` \
                       or an atomic";
            complaints.say(receiver, why);
        }
        None => {
            let why = "an operation is called at a service; write `&self` first";
            complaints.add(Error::new(signature.paren_token.span.join(), why));
        }
    }
}

fn parameters(
    signature: &Signature,
    has_callback: bool,
    complaints: &mut Complaints,
) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::new();
    for input in &signature.inputs {
        let FnArg::Typed(input) = input else { continue };
        let Some(parameter) = complaints.take(Parameter::parse(input, has_callback)) else {
            continue;
        };
        let name = parameter.argument().map(|(name, _)| name);
        let same = |other: &&Parameter| other.argument().map(|(name, _)| name) == name;
        if let (Some(name), Some(_)) = (name, parameters.iter().find(same)) {
            let why = format!(
                "two parameters are called `{name}` on the wire; give one of them another name \
                 with `#[wire(name = \"..\")]`"
            );
            complaints.say(&parameter.ident, why);
        }
        parameters.push(parameter);
    }
    parameters
}

/// Takes the attributes that are this macro's own out of the trait.
pub(super) fn strip_attributes(item: &mut ItemTrait) {
    for item in &mut item.items {
        let TraitItem::Fn(method) = item else { continue };
        strip(&mut method.attrs, &ATTRIBUTES);
        for input in &mut method.sig.inputs {
            if let FnArg::Typed(input) = input {
                strip(&mut input.attrs, &parameter::ATTRIBUTES);
            }
        }
    }
}

fn strip(attributes: &mut Vec<Attribute>, ours: &[&str]) {
    attributes.retain(|attribute| !ours.iter().any(|name| attribute.path().is_ident(name)));
}
