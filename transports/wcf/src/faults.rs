//! What went wrong, in words for people: faults of the framing, and connections that end.

use crate::session::{Ended, NoRecord, Side};
use samebox_core::{Endpoint, Error, ErrorKind, Operation};
use samebox_wcf_wire as wire;
use samebox_wcf_wire::Limited;
use samebox_wcf_wire::framing::Fault;

/// What both sides must do to speak without a security that this one lacks.
const NO_SECURITY: &str = "set the other side's binding to no security: \
     new NetTcpBinding(SecurityMode.None), \
     new NetNamedPipeBinding(NetNamedPipeSecurityMode.None) or \
     new UnixDomainSocketBinding(UnixDomainSocketSecurityMode.None)";

fn ended_as(kind: ErrorKind, why: impl Into<String>) -> Ended {
    Ended { kind, why: why.into(), advice: None, in_order: false, is_farewell: false }
}

/// The other side has ended its direction.
pub(crate) fn ended(side: Side) -> Ended {
    let why = match side {
        Side::Client => "the service has ended the session",
        Side::Server => "the client has ended the session",
    };
    Ended { in_order: true, is_farewell: true, ..ended_as(ErrorKind::Disconnected, why) }
}

/// This side has ended it.
pub(crate) fn ended_here() -> Ended {
    Ended { in_order: true, ..ended_as(ErrorKind::Disconnected, "the session was ended here") }
}

/// Nothing came for as long as a session may be silent.
pub(crate) fn idle() -> Ended {
    let why = "nothing came for as long as a session may be silent";
    let advice = Some("send something now and then, or raise ?idle=".into());
    Ended { advice, in_order: true, ..ended_as(ErrorKind::TimedOut, why) }
}

/// This side has ended it because something went wrong here.
pub(crate) fn given_up(why: impl Into<String>) -> Ended {
    ended_as(ErrorKind::Disconnected, why)
}

/// A write failed, and nothing tells why.
pub(crate) fn lost() -> Ended {
    ended_as(ErrorKind::Disconnected, "the connection was lost")
}

/// Why nothing comes any more.
pub(crate) fn without_record(none: NoRecord, side: Side) -> Ended {
    let other = match side {
        Side::Client => "service",
        Side::Server => "client",
    };
    match none {
        NoRecord::Late => idle(),
        NoRecord::Stalled => {
            let why = format!("the {other} left a message half sent for too long");
            let advice = Some("check whether it hangs, or raise ?stall=".into());
            Ended { advice, ..ended_as(ErrorKind::TimedOut, why) }
        }
        // Some never say that they end a session: they close the connection.
        NoRecord::Closed => Ended {
            in_order: true,
            ..ended_as(ErrorKind::Disconnected, format!("the {other} has closed the connection"))
        },
        NoRecord::Cut => {
            ended_as(ErrorKind::Disconnected, format!("the {other} went away within a message"))
        }
        NoRecord::Failed(cause) => {
            ended_as(ErrorKind::Disconnected, format!("the connection was lost ({cause})"))
        }
        NoRecord::Wrong(error @ wire::Error::TooLarge { what: Limited::Message, .. }) => {
            let why = format!("a message of the {other} is too large: {error}");
            Ended { advice: None, ..ended_as(ErrorKind::TooLarge, why) }
        }
        NoRecord::Wrong(error) => {
            let why = format!("the {other} does not keep to WCF's wire: {error}");
            let advice = Some("check which protocol and binding it uses".into());
            Ended { advice, ..ended_as(ErrorKind::Malformed, why) }
        }
    }
}

/// A fault that came in the place of a message.
pub(crate) fn of_session(uri: &str) -> Ended {
    let (kind, why, advice) = words(uri);
    Ended { advice, ..ended_as(kind, why) }
}

/// A fault that came in the place of the server's consent.
pub(crate) fn of_opening(uri: &str, endpoint: &Endpoint) -> Error {
    let (kind, why, advice) = words(uri);
    let error = endpoint.error(kind, Operation::Connect, why);
    match advice {
        Some(advice) => error.with_advice(advice),
        None => error,
    }
}

fn words(uri: &str) -> (ErrorKind, String, Option<String>) {
    let Some(fault) = Fault::from_uri(uri) else {
        let shown: String = uri.chars().take(200).collect();
        return (ErrorKind::Fault, format!("the service refuses the session: {shown}"), None);
    };
    let (kind, why, advice) = match fault {
        Fault::EndpointNotFound => (
            ErrorKind::NotListening,
            "a server is there, but no service at this address",
            "compare the path with the one that the service is offered at",
        ),
        Fault::EndpointUnavailable | Fault::ServiceActivationFailed => (
            ErrorKind::NotListening,
            "the service is there, but does not run",
            "look at the service's own log",
        ),
        Fault::ServerTooBusy => (
            ErrorKind::Full,
            "the service has as many clients as it takes",
            "try again later, or raise ?sessions= (.NET: ServiceThrottlingBehavior)",
        ),
        Fault::ConnectionDispatchFailed => (
            ErrorKind::Disconnected,
            "the server could not hand the connection to the service",
            "look at the server's own log",
        ),
        Fault::MaxMessageSizeExceeded => (
            ErrorKind::TooLarge,
            "a message was larger than the service takes",
            "send less at once, or raise ?max= there (.NET: MaxReceivedMessageSize, 65536 unless set)",
        ),
        Fault::UpgradeInvalid => {
            (ErrorKind::Mismatch, "the two sides do not agree on security", NO_SECURITY)
        }
        Fault::UnsupportedVersion | Fault::UnsupportedMode => (
            ErrorKind::Mismatch,
            "the service does not take sessions of messages",
            "set its binding to TransferMode.Buffered, the default",
        ),
        Fault::ContentTypeInvalid | Fault::ContentTypeTooLong => (
            ErrorKind::Mismatch,
            "the service reads another encoding",
            "set its binding to the binary encoding without compression, the default",
        ),
        Fault::ViaTooLong => (
            ErrorKind::InvalidEndpoint,
            "the service does not take such long addresses",
            "use a shorter address",
        ),
    };
    (kind, why.into(), Some(advice.into()))
}

/// The server closed the connection instead of answering.
pub(crate) fn aborted(endpoint: &Endpoint) -> Error {
    let why = "the server closed the connection when it heard what is wanted; it may demand a \
               security that this side does not have";
    endpoint.error(ErrorKind::Disconnected, Operation::Connect, why).with_advice(NO_SECURITY)
}

/// The server answered with bytes that are none of the protocol, or too slowly.
pub(crate) fn not_opened(none: NoRecord, endpoint: &Endpoint) -> Error {
    let error = |kind, why: &str| endpoint.error(kind, Operation::Connect, why);
    match none {
        NoRecord::Late | NoRecord::Stalled => {
            error(ErrorKind::TimedOut, "the server there does not answer")
        }
        NoRecord::Closed | NoRecord::Cut => aborted(endpoint),
        NoRecord::Failed(cause) => {
            error(ErrorKind::Disconnected, "the server went away").with_source(cause)
        }
        NoRecord::Wrong(cause) => {
            error(ErrorKind::Mismatch, "what listens there does not speak WCF's framing")
                .with_advice("check the port, and the binding of the service")
                .with_source(cause)
        }
    }
}
