use samebox_core::{ALLOW, CAPACITY, MAX, OVERFLOW, Overflow, Setting, WAIT};

/// What a name may be.
pub(crate) const NAMES: &str =
    "1 to 100 of A-Z a-z 0-9 . _ -, or on Linux an absolute path for the rendezvous";

/// The largest `max`.
pub(crate) const LARGEST: usize = 1 << 30;

/// What may be done when a ring is full.
pub(crate) const OVERFLOWS: &[Overflow] = &[Overflow::Block, Overflow::Reject, Overflow::DropNew];

/// `layout`: what the memory looks like.
pub const LAYOUT: Setting = Setting {
    name: "layout",
    values: "rings, or mmf on Windows",
    default: "rings",
    help: "mmf: one slot of named memory and an event, as .NET programs have them",
};

/// `event`: what the event of `layout=mmf` is called.
pub const EVENT: Setting = Setting {
    name: "event",
    values: "a name",
    default: "the endpoint's name",
    help: "with layout=mmf, the event that says that a message is there",
};

pub(crate) const SETTINGS: &[Setting] = &[
    MAX,
    WAIT,
    Setting {
        default: "4MiB",
        help: "bytes of each client that may wait before overflow applies; small messages have a 16th of it",
        ..CAPACITY
    },
    Setting { values: "block, reject or drop-new", ..OVERFLOW },
    ALLOW,
    LAYOUT,
    EVENT,
];
