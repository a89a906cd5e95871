use super::calling::{Way, call};
use crate::com::options::Options;
use crate::com::value::{from_value, to_value};
use samebox_core::typed::{Failure, NamedAnswer, NamedCall};
use samebox_core::{Deadline, Endpoint, Error, ErrorKind, Operation, Result, Setting};
use samebox_data::Value;

/// `operation`: the method to call, where no contract says it.
pub(crate) const OPERATION: Setting = Setting {
    name: "operation",
    values: "the name of a method",
    default: "none: plain messages",
    help: "the method that `samebox call` calls with arguments",
};

/// The method that the endpoint names, if it does.
///
/// # Errors
/// `InvalidEndpoint` for a name that no method has.
pub(crate) fn named(endpoint: &Endpoint) -> Result<Option<&str>> {
    let Some(name) = endpoint.setting(OPERATION.name) else { return Ok(None) };
    let is_usual = |c: char| c.is_alphanumeric() || c == '_';
    let begins = name.starts_with(|first: char| is_usual(first) && !first.is_numeric());
    if begins && name.chars().all(is_usual) {
        return Ok(Some(name));
    }
    let error = endpoint.invalid(format!("{}={name} is no name of a method", OPERATION.name));
    Err(error.with_advice("names are letters, digits and _, the first no digit"))
}

/// Calls the operation that the endpoint's settings name, whose contract nobody has.
///
/// # Errors
/// As for plain messages; a fault is no error.
pub(crate) fn call_by_name(
    endpoint: &Endpoint,
    by_name: &NamedCall,
    deadline: Deadline,
) -> Result<NamedAnswer> {
    let Some(operation) = named(endpoint)? else {
        let error = endpoint.invalid("it does not say which method to call");
        return Err(error.with_advice("add ?operation=NAME"));
    };
    let way = Way::new(endpoint, &Options::of(endpoint)?, operation);
    way.find(way.patience(deadline), |_, _, _| Ok(()))?;
    let arguments: Vec<_> =
        by_name.arguments.iter().map(|(_, value)| Some(from_value(value))).collect();
    let operation = operation.to_owned();
    let patience = way.patience(deadline);
    let called = way.run(deadline, move |finding, apartment| {
        let value = call(finding, apartment, &operation, &arguments, patience)?;
        Ok(to_value(apartment, value))
    });
    match called {
        Ok(_) if by_name.one_way => Ok(NamedAnswer::Result(Value::Null)),
        Ok(Ok(value)) => Ok(NamedAnswer::Result(value)),
        Ok(Err(error)) => {
            let why = format!("the answer cannot be read: {error}");
            Err(endpoint.error(ErrorKind::Malformed, Operation::Call, why))
        }
        Err(Failure::Fault(fault)) => Ok(NamedAnswer::Fault(fault, None)),
        Err(Failure::Error(error)) => Err::<_, Error>(error),
    }
}
