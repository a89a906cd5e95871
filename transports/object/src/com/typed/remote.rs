use super::calling::{Way, call};
use super::operations::{CONTRACT, check, described};
use crate::com::options::Options;
use crate::com::value::{Node, NodeReader, NodeWriter, Resolve};
use samebox_core::typed::{AnswerPart, Dispatch, Failure, Invocation, Invoke};
use samebox_core::{Deadline, Endpoint, Error, ErrorKind, Operation, Peer, Result};
use samebox_data::{self as data, Contract, Shape};
use samebox_sys::windows::com::{self, Apartment, Variant};
use std::sync::Arc;

/// A client of a service.
struct Remote {
    way: Way,
    /// How many bytes the arguments of a call may have, and its answer.
    max: usize,
    contract: Contract,
}

/// Becomes a client of the service at `endpoint`.
///
/// # Errors
/// As for plain messages; `Mismatch` for an object without the contract's operations.
pub(crate) fn connect(
    endpoint: &Endpoint,
    contract: &Contract,
    _: Option<Arc<dyn Dispatch>>,
    deadline: Deadline,
) -> Result<Arc<dyn Invoke>> {
    check(endpoint, contract, Operation::Connect)?;
    let options = Options::of(endpoint)?;
    let way = Way::new(endpoint, &options, &contract.operations[0].name);
    let wanted = described(contract);
    way.find(deadline, move |endpoint, apartment, object| {
        meet(endpoint, apartment, object, &wanted)
    })
    .map_err(|error| error.during(Operation::Connect))?;
    Ok(Arc::new(Remote { way, max: options.max, contract: contract.clone() }))
}

/// Refuses an object that says that it serves another contract, or another version.
fn meet(
    endpoint: &Endpoint,
    apartment: &Apartment,
    object: &com::Remote,
    wanted: &str,
) -> Result<()> {
    // Objects of other programs do not say it.
    let Ok(member) = object.member(apartment, CONTRACT) else { return Ok(()) };
    match object.invoke(apartment, member, &[]) {
        Ok(Variant::Text(found)) if found != wanted => {
            let why = format!("the service has the contract {found} and this client {wanted}");
            let error = endpoint.error(ErrorKind::Mismatch, Operation::Connect, why);
            Err(error.with_advice("build both from the same contract"))
        }
        _ => Ok(()),
    }
}

impl Remote {
    fn fits(&self, what: &str, size: usize) -> Result<()> {
        if size <= self.max {
            return Ok(());
        }
        let why = format!("the {what} has {size} bytes, more than ?max= allows");
        Err(self.way.endpoint().error(ErrorKind::TooLarge, Operation::Call, why))
    }

    fn broken(&self, operation: &str, what: &str, error: &data::Error) -> Error {
        let why = format!("the {what} of {operation}: {error}");
        let error = self.way.endpoint().error(ErrorKind::Malformed, Operation::Call, why);
        error.with_advice("check that both sides have the same contract")
    }
}

impl Invoke for Remote {
    fn invoke(&self, of: Invocation<'_>, deadline: Deadline) -> Result<(), Failure> {
        let Some(operation) = self.contract.operations.get(of.operation) else {
            let why = format!("its contract has no operation {}", of.operation);
            let endpoint = self.way.endpoint();
            return Err(endpoint.error(ErrorKind::Mismatch, Operation::Call, why).into());
        };
        let name = operation.name.as_ref();
        let mut writer = NodeWriter::new(operation.parameters.len());
        (of.arguments)(&mut writer).map_err(|error| self.broken(name, "arguments", &error))?;
        let (arguments, called) = (writer.finish(), name.to_owned());
        self.fits("call", arguments.iter().flatten().map(Node::size).sum())?;
        let shape = (operation.result)();
        let patience = self.way.patience(deadline);
        let read = self.way.run(deadline, move |finding, apartment| {
            let value = call(finding, apartment, &called, &arguments, patience)?;
            // Nothing is a value where a value may be nothing.
            let gives = !matches!(shape, Shape::Unit);
            Ok(gives.then(|| Resolve::new(apartment).value(value, shape)))
        })?;
        if operation.one_way {
            return Ok(());
        }
        let broken = |error| Failure::Error(self.broken(name, "result", &error));
        let result = read.transpose().map_err(broken)?;
        self.fits("answer", result.as_ref().map_or(0, Node::size))?;
        let parts = result.map(|node| (0, node));
        let mut reader = NodeReader::new(parts.into_iter().collect());
        (of.answer)(AnswerPart::Result, &mut reader).map_err(broken)
    }

    fn peer(&self) -> Option<Peer> {
        None
    }
}
