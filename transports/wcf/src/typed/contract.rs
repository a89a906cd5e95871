use samebox_data::{Contract, Operation, Shape};
use samebox_wcf_wire::soap;

/// A contract, and the actions of its operations.
#[derive(Debug)]
pub(super) struct Wire {
    contract: Contract,
    /// The namespace of the elements in bodies.
    namespace: String,
    actions: Vec<Actions>,
}

/// The actions of one operation.
#[derive(Debug)]
pub(super) struct Actions {
    pub(super) request: String,
    pub(super) reply: String,
    /// Of the fault with a detail, where there is one.
    pub(super) fault: Option<String>,
}

impl Wire {
    /// A service's contract.
    pub(super) fn new(contract: &Contract) -> Self {
        Self::named(contract, &contract.namespace, &contract.name)
    }

    /// What the service of a contract can call at its clients, if anything: under its own names.
    pub(super) fn callback(contract: &Contract) -> Option<Self> {
        let callback = contract.callback?;
        Some(Self::named(callback, &contract.namespace, &contract.name))
    }

    fn named(contract: &Contract, namespace: &str, name: &str) -> Self {
        let actions = contract.operations.iter().map(|operation| Actions {
            request: soap::action(namespace, name, &operation.name),
            reply: soap::reply_action(namespace, name, &operation.name),
            fault: operation
                .fault
                .map(|fault| soap::fault_action(namespace, name, &operation.name, class(fault()))),
        });
        let actions = actions.collect();
        Self { contract: contract.clone(), namespace: namespace.into(), actions }
    }

    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The operation of that place, and its actions.
    pub(super) fn operation(&self, place: usize) -> Option<(&Operation, &Actions)> {
        self.contract.operations.get(place).zip(self.actions.get(place))
    }

    /// The place of the operation that has that action.
    pub(super) fn find(&self, action: &str) -> Option<usize> {
        self.actions.iter().position(|actions| actions.request == action)
    }
}

/// What .NET calls the class of such values.
fn class(shape: &Shape) -> &str {
    match shape {
        Shape::Struct(of) => of.name,
        Shape::Enum(of) => of.name,
        Shape::Option(of) => class(of()),
        Shape::Bool => "Boolean",
        Shape::I8 => "SByte",
        Shape::U8 => "Byte",
        Shape::I16 => "Int16",
        Shape::U16 => "UInt16",
        Shape::I32 => "Int32",
        Shape::U32 => "UInt32",
        Shape::I64 => "Int64",
        Shape::U64 => "UInt64",
        Shape::F32 => "Single",
        Shape::F64 => "Double",
        Shape::Char => "Char",
        Shape::Timestamp => "DateTime",
        Shape::TimeSpan => "TimeSpan",
        Shape::Guid => "Guid",
        Shape::Decimal => "Decimal",
        Shape::Bytes => "Byte[]",
        Shape::String | Shape::Unit => "String",
        Shape::List(_) => "List`1",
        Shape::Map(..) => "Dictionary`2",
    }
}
