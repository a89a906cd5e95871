//! The settings of D-Bus objects.

use samebox_core::{CAPACITY, DEFAULT_MAX, Endpoint, MAX, Result, Setting, WAIT};
use std::time::Duration;
use zbus::names::{InterfaceName, MemberName};
use zbus::{Address, ObjectPath};

/// `bus`: which bus an object is on.
const BUS: Setting = Setting {
    name: "bus",
    values: "auto, session, none, or an address such as unix:path=/run/x/bus",
    default: "auto",
    help: "which bus it is on; none is a socket of its own, which auto takes where there is no bus",
};

/// `encoding`: whether payloads travel as text or as bytes.
const ENCODING: Setting = Setting {
    name: "encoding",
    values: "auto, text or bytes",
    default: "auto",
    help: "how payloads travel; auto sends what is text without NUL as text",
};

/// `operation`: what to call by name.
pub(crate) const OPERATION: Setting = Setting {
    name: "operation",
    values: "the name of a method",
    default: "plain messages",
    help: "what `samebox call` calls, with arguments by name",
};

/// `interface`: whose method it is.
pub(crate) const INTERFACE: Setting = Setting {
    name: "interface",
    values: "the name of an interface, with its dots",
    default: "the one that has such a method",
    help: "which interface's method ?operation= names, where several have one",
};

/// `path`: which object.
pub(crate) const PATH: Setting = Setting {
    name: "path",
    values: "the path of an object, /org/example/Orders",
    default: "the name, with a slash for each dot",
    help: "which object ?operation= is called of",
};

/// What `object:` endpoints take on this system.
pub(crate) const SETTINGS: &[Setting] =
    &[MAX, WAIT, CAPACITY, BUS, ENCODING, OPERATION, INTERFACE, PATH];

/// The largest payload: a message of D-Bus ends at 128 MiB, an array in it at 64 MiB.
pub(crate) const LARGEST: usize = (64 << 20) - (64 << 10);

/// Which bus an object is on.
#[derive(Clone, Debug)]
pub(crate) enum Bus {
    /// The session bus where there is one, and a socket of its own elsewhere.
    Auto,
    /// The session bus.
    Session,
    /// No bus: a socket of its own.
    None,
    /// The bus at that address.
    At(Address),
}

/// How payloads travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As text where they are text that D-Bus can carry, otherwise as bytes.
    Auto,
    /// As text; others are refused.
    Text,
    /// As bytes.
    Bytes,
}

/// The settings that are names of D-Bus, and whether text is such a name.
const NAMES: [(Setting, IsName); 3] = [
    (OPERATION, |text| MemberName::try_from(text).is_ok()),
    (INTERFACE, |text| InterfaceName::try_from(text).is_ok()),
    (PATH, |text| ObjectPath::try_from(text).is_ok()),
];

/// Whether text is a name of some kind.
type IsName = fn(&str) -> bool;

/// The settings of one endpoint, read.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Largest payload in bytes.
    pub(crate) max: usize,
    /// How long a client waits for a server that went away.
    pub(crate) wait: Duration,
    /// Bytes of plain messages that wait to be received.
    pub(crate) capacity: usize,
    pub(crate) bus: Bus,
    pub(crate) encoding: Encoding,
}

impl Options {
    /// Reads them from `endpoint`.
    ///
    /// # Errors
    /// `InvalidEndpoint`.
    pub(crate) fn read(endpoint: &Endpoint) -> Result<Self> {
        let encodings =
            [("auto", Encoding::Auto), ("text", Encoding::Text), ("bytes", Encoding::Bytes)];
        for (setting, is_valid) in NAMES {
            if let Some(text) = endpoint.setting(setting.name).filter(|text| !is_valid(text)) {
                let why = format!("`{}={text}` is not {}", setting.name, setting.values);
                let advice = format!("write ?{}= and {}", setting.name, setting.values);
                return Err(endpoint.invalid(why).with_advice(advice));
            }
        }
        Ok(Self {
            max: endpoint.size(MAX, DEFAULT_MAX, LARGEST)?,
            wait: endpoint.duration(WAIT, None)?.unwrap_or_default(),
            capacity: endpoint.size(CAPACITY, 64 << 20, usize::MAX / 2)?,
            bus: bus(endpoint)?,
            encoding: endpoint.choice(ENCODING, &encodings)?,
        })
    }
}

fn bus(endpoint: &Endpoint) -> Result<Bus> {
    Ok(match endpoint.setting(BUS.name) {
        None | Some("auto") => Bus::Auto,
        Some("session") => Bus::Session,
        Some("none") => Bus::None,
        Some(text) => match text.parse() {
            Ok(address) => Bus::At(address),
            Err(why) => {
                let why = format!("`bus={text}` is not a bus: {why}");
                let advice = format!("write ?bus= and {}", BUS.values);
                return Err(endpoint.invalid(why).with_advice(advice));
            }
        },
    })
}
