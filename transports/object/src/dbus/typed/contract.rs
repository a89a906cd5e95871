//! A contract as D-Bus has it: its interface, and the types of what its operations take and give.

use super::version::VERSION;
use crate::dbus::names::Names;
use crate::dbus::server::{Argument, Interface, Method};
use crate::dbus::value::{Types, of_shape, of_shapes};
use samebox_core::{Endpoint, Error, ErrorKind, Operation as Doing};
use samebox_data::{Contract, Operation, Shape};
use zbus::names::MemberName;

/// A contract, and the types of its operations.
pub(super) struct Wire {
    pub(super) contract: Contract,
    /// The name of its interface.
    pub(super) interface: String,
    /// The object that has it.
    pub(super) path: String,
    /// As many as the contract has operations.
    operations: Vec<Wired>,
}

/// The types of one operation.
pub(super) struct Wired {
    pub(super) inputs: Types,
    pub(super) output: Types,
    /// The reason of a fault alone, and with the detail behind it where it has one.
    pub(super) reason: Types,
    pub(super) fault: Option<Types>,
}

impl Wire {
    /// The contract of an endpoint's service.
    ///
    /// # Errors
    /// `Unsupported` for a contract with types or names that D-Bus does not have.
    pub(super) fn new(
        endpoint: &Endpoint,
        names: &Names,
        contract: &Contract,
        doing: Doing,
    ) -> Result<Self, Error> {
        let interface = names.interface(endpoint, &contract.name)?;
        let wired = contract.operations.iter().map(|operation| {
            wired(operation).map_err(|why| {
                let why = format!("D-Bus cannot carry {}.{}: {why}", contract.name, operation.name);
                endpoint
                    .error(ErrorKind::Unsupported, doing, why)
                    .with_advice("change the contract, or use a transport such as pipe: or unix:")
            })
        });
        let operations = wired.collect::<Result<_, _>>()?;
        Ok(Self { contract: contract.clone(), interface, path: names.path.clone(), operations })
    }

    /// What the contract's service can call at its clients, if anything.
    ///
    /// # Errors
    /// As [`Wire::new`].
    pub(super) fn callback(
        endpoint: &Endpoint,
        names: &Names,
        contract: &Contract,
        doing: Doing,
    ) -> Result<Option<Self>, Error> {
        contract.callback.map(|back| Self::new(endpoint, names, back, doing)).transpose()
    }

    /// The operation of that place, and its types.
    pub(super) fn operation(&self, place: usize) -> Option<(&Operation, &Wired)> {
        self.contract.operations.get(place).zip(self.operations.get(place))
    }

    /// The operation of a place that has been found to be there.
    pub(super) fn known(&self, place: usize) -> (&Operation, &Wired) {
        (&self.contract.operations[place], &self.operations[place])
    }

    /// The interface as the object describes it.
    pub(super) fn describe(&self) -> Interface {
        let operations = self.contract.operations.iter().zip(&self.operations);
        let methods = operations.map(|(operation, wired)| Method {
            name: operation.name.to_string(),
            inputs: operation
                .parameters
                .iter()
                .map(|one| Argument::new(&one.name, &of_shape((one.shape)()).unwrap_or_default()))
                .collect(),
            outputs: match wired.output.as_str() {
                "" => Vec::new(),
                signature => vec![Argument::new("result", signature)],
            },
            is_one_way: operation.one_way,
        });
        let methods = methods.collect();
        let version = (VERSION.to_owned(), self.contract.version.to_string());
        let annotations = if version.1.is_empty() { Vec::new() } else { vec![version] };
        Interface { name: self.interface.clone(), methods, annotations, ..Interface::default() }
    }
}

fn wired(operation: &Operation) -> Result<Wired, String> {
    if MemberName::try_from(operation.name.as_ref()).is_err() {
        return Err("its name is not one of letters, digits and `_`".into());
    }
    let mut inputs = String::new();
    for parameter in operation.parameters.iter() {
        let signature = of_shape((parameter.shape)());
        inputs += &signature.map_err(|why| format!("`{}`: {why}", parameter.name))?;
    }
    let fault = operation.fault.map(|shape| shape()).filter(|shape| !matches!(shape, Shape::Unit));
    let fault = fault.map(|shape| of_shapes([&Shape::String, shape]));
    let too_long = || "the types of its arguments are too many".to_owned();
    let types = |signature: &str| Types::new(signature).ok_or_else(too_long);
    Ok(Wired {
        inputs: types(&inputs)?,
        output: types(
            &of_shape((operation.result)()).map_err(|why| format!("its result: {why}"))?,
        )?,
        reason: types("s")?,
        fault: fault
            .transpose()
            .map_err(|why| format!("the detail of its fault: {why}"))?
            .map(|signature| types(&signature))
            .transpose()?,
    })
}

/// Whether a lone value of a shape is a structure, which a message does not tell from its members.
pub(super) fn is_structure(shape: &Shape) -> bool {
    matches!(shape, Shape::Struct(_))
}
