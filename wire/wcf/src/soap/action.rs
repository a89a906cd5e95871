/// The namespace of a contract that names none.
pub const DEFAULT_NAMESPACE: &str = "http://tempuri.org/";

/// The action of an operation's request, as .NET makes it from names.
///
/// ```
/// use samebox_wcf_wire::soap::{DEFAULT_NAMESPACE, action};
///
/// assert_eq!(action(DEFAULT_NAMESPACE, "IPeer", "Echo"), "http://tempuri.org/IPeer/Echo");
/// assert_eq!(action("urn:x", "IPeer", "Echo"), "urn:x/IPeer/Echo");
/// assert_eq!(action("", "IPeer", "Echo"), "urn:IPeer/Echo");
/// ```
pub fn action(namespace: &str, contract: &str, operation: &str) -> String {
    let (namespace, slash) = match namespace {
        "" => ("urn:", ""),
        _ if namespace.ends_with('/') => (namespace, ""),
        _ => (namespace, "/"),
    };
    [namespace, slash, contract, "/", operation].concat()
}

/// The action of an operation's reply.
pub fn reply_action(namespace: &str, contract: &str, operation: &str) -> String {
    action(namespace, contract, operation) + "Response"
}

/// The action of a declared fault with a detail of the class `detail`.
pub fn fault_action(namespace: &str, contract: &str, operation: &str, detail: &str) -> String {
    [&action(namespace, contract, operation), detail, "Fault"].concat()
}
