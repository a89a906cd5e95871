use crate::ShapeOf;
use std::borrow::Cow;

/// The namespace of a .NET service contract that sets none.
pub const DEFAULT_NAMESPACE: &str = "http://tempuri.org/";

/// What a service offers: its names, operations, parameters and types.
///
/// The `contract` attribute makes one as static data from a trait; a program that learns of a
/// service at run time can make one as well.
#[derive(Clone, Debug)]
pub struct Contract {
    /// Its name on the wire; a .NET interface keeps its `I`.
    pub name: Cow<'static, str>,
    /// Its XML namespace.
    pub namespace: Cow<'static, str>,
    /// Which version of it this is; both sides must have the same one.
    pub version: Cow<'static, str>,
    /// What can be called.
    pub operations: Cow<'static, [Operation]>,
    /// What the service can call at its client.
    pub callback: Option<&'static Contract>,
}

/// One operation of a [`Contract`].
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its name on the wire.
    pub name: Cow<'static, str>,
    /// Nothing comes back, not even that it was done.
    pub one_way: bool,
    /// What it takes, in order.
    pub parameters: Cow<'static, [Parameter]>,
    /// What it gives.
    pub result: ShapeOf,
    /// The detail of its typed fault, if it has one.
    pub fault: Option<ShapeOf>,
}

/// One parameter of an [`Operation`].
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name on the wire.
    pub name: Cow<'static, str>,
    /// What it takes.
    pub shape: ShapeOf,
}

impl Contract {
    /// The operation of that name, and its index.
    pub fn operation(&self, name: &str) -> Option<(usize, &Operation)> {
        self.operations.iter().enumerate().find(|(_, operation)| operation.name == name)
    }
}
