//! Plain messages as calls: a one-way operation for what is sent, one with a result for questions.

mod answer;
mod inbox;
mod outbox;
mod payload;

pub use inbox::WcfInbox;
pub use outbox::WcfOutbox;

use crate::settings::PlainNames;
use samebox_wcf_wire::soap;

/// The names of the contract that plain messages belong to, as they stand in messages.
#[derive(Debug)]
struct Names {
    namespace: String,
    parameter: String,
    send: Operation,
    call: Operation,
}

/// One operation's names.
#[derive(Debug)]
struct Operation {
    name: String,
    action: String,
    reply_action: String,
    response: String,
    result: String,
}

impl Names {
    fn new(names: &PlainNames) -> Self {
        let PlainNames { contract, namespace, send, call, parameter } = names;
        let operation = |name: &str| Operation {
            name: name.into(),
            action: soap::action(namespace, contract, name),
            reply_action: soap::reply_action(namespace, contract, name),
            response: format!("{name}Response"),
            result: format!("{name}Result"),
        };
        Self {
            namespace: namespace.clone(),
            parameter: parameter.clone(),
            send: operation(send),
            call: operation(call),
        }
    }
}
