use samebox_core::{DynTransport, Endpoint, Error, ErrorKind, Loss, Operation, Result};
use samebox_data::Contract;

/// Refuses a contract that needs what the transport cannot do.
///
/// # Errors
/// `Unsupported`; `InvalidEndpoint` for a framing that cannot hold MessagePack.
pub(super) fn check(
    transport: &dyn DynTransport,
    endpoint: &Endpoint,
    contract: &Contract,
    doing: Operation,
) -> Result<()> {
    let can = transport.capabilities();
    let (scheme, name) = (endpoint.scheme(), &contract.name);
    if endpoint.setting("framing") == Some("line") {
        let why = "typed calls are bytes, which lines cannot hold";
        return Err(endpoint
            .error(ErrorKind::InvalidEndpoint, doing, why)
            .with_advice("leave `framing=line` out"));
    }
    if !can.duplex {
        return match contract.operations.iter().find(|one| !one.one_way) {
            Some(asks) => Err(no_answers(endpoint, contract, &asks.name, doing)),
            None if contract.callback.is_some() => {
                let why = format!("{scheme}: goes one way, and {name} calls its clients back");
                Err(unsupported(endpoint, doing, why))
            }
            None => Ok(()),
        };
    }
    if contract.callback.is_some() && can.loss != Loss::Never {
        let why = format!("{scheme}: can lose messages, and {name} calls its clients back");
        return Err(unsupported(endpoint, doing, why));
    }
    Ok(())
}

/// The error of a transport that gives no answers to a contract that needs them.
pub(super) fn no_answers(
    endpoint: &Endpoint,
    contract: &Contract,
    operation: &str,
    doing: Operation,
) -> Error {
    let (scheme, name) = (endpoint.scheme(), &contract.name);
    let why = format!("{scheme}: carries no answers, and {name}.{operation} gives one");
    unsupported(endpoint, doing, why)
}

fn unsupported(endpoint: &Endpoint, doing: Operation, why: String) -> Error {
    let advice = "use a transport that answers and loses nothing, such as pipe: or shm:";
    endpoint.error(ErrorKind::Unsupported, doing, why).with_advice(advice)
}
