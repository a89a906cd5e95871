//! The settings of WCF endpoints.

use samebox_core::{
    ALLOW, Allow, CAPACITY, DEFAULT_MAX, Deadline, Endpoint, MAX, Result, STALL, Setting, WAIT,
};
use std::time::Duration;

/// `idle`: how long a session may be without a message.
const IDLE: Setting = Setting {
    name: "idle",
    values: "a time, 30s or 10m, or never",
    default: "10m",
    help: "how long a client may be silent before its server ends the session",
};

/// `sessions`: how many clients a service has at once.
const SESSIONS: Setting = Setting {
    name: "sessions",
    values: "a number from 1 to 100000",
    default: "1000",
    help: "clients at once, each with a thread; the next one is told that the server is busy",
};

/// `upgrade`: what a client of a Unix socket asks for before its session.
const UPGRADE: Setting = Setting {
    name: "upgrade",
    values: "none or unixposix",
    default: "none",
    help: "what a client asks for first; unixposix is .NET's PosixIdentity credential",
};

/// `contract`: the name of the service contract in plain use.
const CONTRACT: Setting = Setting {
    name: "contract",
    values: "a name such as IIpcClient",
    default: "IIpcClient",
    help: "the service contract that plain messages belong to",
};

/// `namespace`: the namespace of the service contract in plain use.
const NAMESPACE: Setting = Setting {
    name: "namespace",
    values: "a URI such as http://tempuri.org/",
    default: "http://tempuri.org/",
    help: "the XML namespace of that contract",
};

/// `operation`: the one-way operation that carries plain messages.
const OPERATION: Setting = Setting {
    name: "operation",
    values: "a name such as Send",
    default: "Send",
    help: "the one-way operation that a message is",
};

/// `call`: the operation that carries plain questions.
const CALL: Setting = Setting {
    name: "call",
    values: "a name such as Call",
    default: "Call",
    help: "the operation that a question is; its result is the answer",
};

/// `parameter`: the one parameter of both.
const PARAMETER: Setting = Setting {
    name: "parameter",
    values: "a name such as data",
    default: "data",
    help: "the parameter of both operations that has the payload",
};

macro_rules! settings {
    ($($more:ident),*) => {
        &[
            MAX, WAIT, CAPACITY, STALL, IDLE, SESSIONS, CONTRACT, NAMESPACE, OPERATION, CALL,
            PARAMETER, $($more),*
        ]
    };
}

/// Those of `net.tcp`.
pub(crate) const TCP: &[Setting] = settings![];
/// Those of `net.uds`.
pub(crate) const UDS: &[Setting] = settings![ALLOW, UPGRADE];
/// Those of `net.pipe`.
pub(crate) const PIPE: &[Setting] = settings![ALLOW];

/// The settings of one endpoint, read.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Largest envelope in bytes.
    pub(crate) max: usize,
    /// How long a client waits for a server that went away.
    pub(crate) wait: Duration,
    /// Bytes of plain messages that wait to be received.
    pub(crate) capacity: usize,
    /// How long a preamble, or half a message, may take to become whole.
    pub(crate) stall: Option<Duration>,
    /// How long a session may be without a message.
    pub(crate) idle: Option<Duration>,
    /// How many sessions a service has at once.
    pub(crate) sessions: usize,
    /// Who may be at the other end beside this user.
    pub(crate) allow: Allow,
    /// Whether a client asks for the identity of its socket's other end.
    pub(crate) unix_posix: bool,
    pub(crate) plain: PlainNames,
}

/// The names of the contract that plain messages belong to.
#[derive(Clone, Debug)]
pub(crate) struct PlainNames {
    pub(crate) contract: String,
    pub(crate) namespace: String,
    pub(crate) send: String,
    pub(crate) call: String,
    pub(crate) parameter: String,
}

/// The largest payload of a plain message: lengths of the framing end at 2 GiB, and an envelope has
/// more in it than the payload.
pub(crate) const LARGEST: usize = (1 << 31) - (1 << 20);

/// What an envelope may have around the payload of a plain message.
const AROUND: usize = 16 << 10;

/// How large the envelope of a plain message with a payload of `max` bytes may be.
///
/// At worst the payload is text of bytes in base64.
pub(crate) fn largest_envelope(max: usize) -> usize {
    (max / 3 * 4).saturating_add(AROUND).min((1 << 31) - 1)
}

impl Options {
    /// Reads them from `endpoint`.
    pub(crate) fn read(endpoint: &Endpoint) -> Result<Self> {
        let max = endpoint.size(MAX, DEFAULT_MAX, LARGEST)?;
        let choices = [("none", false), ("unixposix", true)];
        Ok(Self {
            max,
            wait: endpoint.duration(WAIT, None)?.unwrap_or_default(),
            capacity: endpoint.size(CAPACITY, 64 << 20, usize::MAX / 2)?,
            stall: endpoint.duration(STALL, Some(Duration::from_secs(30)))?,
            idle: endpoint.duration(IDLE, Some(Duration::from_secs(600)))?,
            sessions: count(endpoint, SESSIONS, 1000)?,
            allow: endpoint.allow()?,
            unix_posix: endpoint.choice(UPGRADE, &choices)?,
            plain: PlainNames::read(endpoint)?,
        })
    }

    /// The moment until which a client waits for its server to come back, if it starts now.
    pub(crate) fn return_deadline(&self) -> Deadline {
        if self.wait.is_zero() { Deadline::now() } else { Deadline::after(self.wait) }
    }
}

impl PlainNames {
    fn read(endpoint: &Endpoint) -> Result<Self> {
        Ok(Self {
            contract: name(endpoint, CONTRACT)?,
            namespace: namespace(endpoint)?,
            send: name(endpoint, OPERATION)?,
            call: name(endpoint, CALL)?,
            parameter: name(endpoint, PARAMETER)?,
        })
    }
}

/// A setting that is the name of an XML element.
fn name(endpoint: &Endpoint, setting: Setting) -> Result<String> {
    let Some(text) = endpoint.setting(setting.name) else { return Ok(setting.default.into()) };
    let starts = |c: char| c.is_alphabetic() || c == '_';
    let goes_on = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    if text.starts_with(starts) && text.chars().all(goes_on) && text.len() <= 256 {
        return Ok(text.into());
    }
    Err(endpoint
        .invalid(format!("`{}={text}` is not a name", setting.name))
        .with_advice(format!("write ?{}= and {}", setting.name, setting.values)))
}

fn namespace(endpoint: &Endpoint) -> Result<String> {
    let Some(text) = endpoint.setting(NAMESPACE.name) else {
        return Ok(NAMESPACE.default.into());
    };
    // An absolute URI, or none at all.
    let scheme = text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && !scheme.contains(['?', '/'])
    });
    if text.is_empty() || scheme && text.len() <= 1024 {
        return Ok(text.into());
    }
    Err(endpoint
        .invalid(format!("`namespace={text}` is not an absolute URI"))
        .with_advice("write ?namespace= and a URI such as http://tempuri.org/, or nothing"))
}

fn count(endpoint: &Endpoint, setting: Setting, default: usize) -> Result<usize> {
    let Some(text) = endpoint.setting(setting.name) else { return Ok(default) };
    text.parse().ok().filter(|count| (1..=100_000).contains(count)).ok_or_else(|| {
        endpoint
            .invalid(format!("`{}={text}` is not {}", setting.name, setting.values))
            .with_advice(format!("write ?{}= and {}", setting.name, setting.values))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_usual_service_unless_told_otherwise() {
        let read = |text: &str| Options::read(&text.parse().unwrap());
        let plain = read("net.tcp://localhost/x").unwrap().plain;
        assert_eq!((plain.contract.as_str(), plain.send.as_str()), ("IIpcClient", "Send"));
        let own = read("net.tcp://localhost/x?contract=IOwn&namespace=urn:own&operation=Tell");
        let own = own.unwrap().plain;
        assert_eq!((own.contract.as_str(), own.namespace.as_str()), ("IOwn", "urn:own"));
        for wrong in ["contract=1x", "operation=a b", "namespace=own", "sessions=0", "idle=5"] {
            assert!(read(&format!("net.tcp://localhost/x?{wrong}")).is_err(), "{wrong}");
        }
    }
}
