//! Errors as D-Bus has them, with names: what faults become, and what errors mean.

use crate::dbus::server::errors;
use samebox_core::typed::{Failure, Fault, FaultCode, Origin};
use samebox_core::{Endpoint, ErrorKind, Operation};
use zbus::names::ErrorName;

/// A fault of the caller's making, and one of the service's own; a code may follow behind a dot.
const OF_SENDER: &str = "org.samebox.Error.Fault";
const OF_RECEIVER: &str = "org.samebox.Error.ServiceFault";

/// An answer that is larger than what the service may send.
pub(super) const TOO_LARGE: &str = "org.samebox.Error.TooLarge";

/// An answer that D-Bus cannot carry.
pub(super) const UNSUPPORTED: &str = "org.samebox.Error.Unsupported";

/// What begins the names of the errors of D-Bus itself.
const OF_DBUS: &str = "org.freedesktop.DBus.Error.";

/// The name of the error that a fault becomes: its code where that is such a name.
pub(super) fn error_name(fault: &Fault) -> String {
    let base = match fault.origin {
        Origin::Sender => OF_SENDER,
        Origin::Receiver => OF_RECEIVER,
    };
    let Some(code) = fault.code.as_ref().map(|code| code.name.as_str()) else {
        return base.into();
    };
    if ErrorName::try_from(code).is_ok() {
        return code.into();
    }
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let code: String = code.chars().map(plain).collect();
    let name = match code.chars().next() {
        Some(first) if first.is_ascii_digit() => format!("{base}._{code}"),
        Some(_) => format!("{base}.{code}"),
        None => base.into(),
    };
    if ErrorName::try_from(name.as_str()).is_ok() { name } else { base.into() }
}

/// What an error that came means: a fault of the service, or that the call did not cross.
pub(super) fn failure(endpoint: &Endpoint, name: &str, text: &str, what: &str) -> Failure {
    if let Some(fault) = as_fault(name, text) {
        return Failure::Fault(fault);
    }
    let failed = |kind, why: String| endpoint.error(kind, Operation::Call, why);
    let error = match name {
        errors::UNKNOWN_METHOD
        | errors::UNKNOWN_INTERFACE
        | errors::UNKNOWN_OBJECT
        | errors::INVALID_ARGS => {
            failed(ErrorKind::Mismatch, format!("the service does not have {what} so: {text}"))
                .with_advice("check that both sides have the same contract and the same name")
        }
        errors::SERVICE_UNKNOWN | errors::NAME_HAS_NO_OWNER => {
            failed(ErrorKind::NotListening, format!("no server has the name: {text}"))
        }
        errors::NO_REPLY | errors::DISCONNECTED => {
            let why = format!("the server went away before it answered: {text}");
            failed(ErrorKind::Disconnected, why)
        }
        errors::ACCESS_DENIED => failed(ErrorKind::Denied, format!("it is not allowed: {text}")),
        errors::LIMITS_EXCEEDED => {
            failed(ErrorKind::Full, format!("the other side has too much to do: {text}"))
                .with_advice("slow down, or use fewer clients")
        }
        TOO_LARGE => failed(ErrorKind::TooLarge, text.into()),
        UNSUPPORTED => failed(ErrorKind::Unsupported, text.into()),
        _ => failed(ErrorKind::TimedOut, format!("no answer came in time: {text}")),
    };
    Failure::Error(error)
}

/// A fault, unless the error is one of those that say what became of the call itself.
fn as_fault(name: &str, text: &str) -> Option<Fault> {
    let fault = |origin, code: Option<&str>| {
        let code = code.map(|name| FaultCode { namespace: String::new(), name: name.into() });
        Some(Fault { origin, code: code.map(Box::new), reason: text.into() })
    };
    for (base, origin) in [(OF_SENDER, Origin::Sender), (OF_RECEIVER, Origin::Receiver)] {
        match name.strip_prefix(base) {
            Some("") => return fault(origin, None),
            Some(rest) if rest.starts_with('.') => return fault(origin, Some(&rest[1..])),
            _ => {}
        }
    }
    let Some(short) = name.strip_prefix(OF_DBUS) else {
        let is_own = [TOO_LARGE, UNSUPPORTED].contains(&name);
        return if is_own { None } else { fault(Origin::Sender, Some(name)) };
    };
    let known = [
        "UnknownMethod",
        "UnknownInterface",
        "UnknownObject",
        "InvalidArgs",
        "ServiceUnknown",
        "NameHasNoOwner",
        "NoReply",
        "Disconnected",
        "AccessDenied",
        "LimitsExceeded",
        "Timeout",
        "TimedOut",
    ];
    if known.contains(&short) { None } else { fault(Origin::Receiver, Some(name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coded(origin: Origin, code: &str) -> Fault {
        let code = FaultCode { namespace: String::new(), name: code.into() };
        Fault { origin, code: Some(Box::new(code)), reason: "words".into() }
    }

    #[test]
    fn faults_come_back_from_the_names_that_they_become() {
        let plain = |origin| Fault { origin, code: None, reason: "words".into() };
        for (fault, name) in [
            (plain(Origin::Sender), OF_SENDER),
            (plain(Origin::Receiver), OF_RECEIVER),
            (coded(Origin::Sender, "Failed"), "org.samebox.Error.Fault.Failed"),
            (coded(Origin::Receiver, "Failed"), "org.samebox.Error.ServiceFault.Failed"),
            (coded(Origin::Sender, "com.example.Empty"), "com.example.Empty"),
        ] {
            assert_eq!(error_name(&fault), name);
            assert_eq!(as_fault(name, "words"), Some(fault));
        }
    }

    #[test]
    fn codes_that_are_no_names_become_some() {
        let name = |code: &str| error_name(&coded(Origin::Sender, code));
        assert_eq!(name("no-such thing"), "org.samebox.Error.Fault.no_such_thing");
        assert_eq!(name("404"), "org.samebox.Error.Fault._404");
        assert_eq!(name(""), OF_SENDER);
        assert_eq!(name(&"x".repeat(300)), OF_SENDER);
    }

    #[test]
    fn errors_of_dbus_itself_tell_what_became_of_the_call() {
        let endpoint = "object:x".parse().unwrap();
        for (name, kind) in [
            ("org.freedesktop.DBus.Error.UnknownMethod", ErrorKind::Mismatch),
            ("org.freedesktop.DBus.Error.InvalidArgs", ErrorKind::Mismatch),
            ("org.freedesktop.DBus.Error.ServiceUnknown", ErrorKind::NotListening),
            ("org.freedesktop.DBus.Error.NoReply", ErrorKind::Disconnected),
            ("org.freedesktop.DBus.Error.LimitsExceeded", ErrorKind::Full),
            ("org.freedesktop.DBus.Error.Timeout", ErrorKind::TimedOut),
            (TOO_LARGE, ErrorKind::TooLarge),
        ] {
            match failure(&endpoint, name, "words", "Desk.Sign") {
                Failure::Error(error) => assert_eq!(error.kind(), kind, "{name}"),
                Failure::Fault(fault) => panic!("{name} is a fault: {fault}"),
            }
        }
        let failed = failure(&endpoint, "org.freedesktop.DBus.Error.Failed", "words", "x");
        assert!(matches!(failed, Failure::Fault(Fault { origin: Origin::Receiver, .. })));
    }
}
