use crate::File;
use crate::os::Rights;
use crate::place::Place;
use samebox_core::{DEFAULT_MAX, Endpoint, MAX, OVERFLOW, Overflow, Result, Setting, WAIT};
use std::time::Duration;

/// `overflow`, with the policies that one slot can honour.
pub(crate) const REJECTABLE: Setting = Setting { values: "block or reject", ..OVERFLOW };

/// `server`: whose server a client may write for.
pub const SERVER: Setting = Setting {
    name: "server",
    values: "auto or any",
    default: "auto",
    help: "any: write whether or not a samebox server runs; another program reads the file",
};

/// `overwrite`: when a client gives up on a reader that never empties the file.
pub const OVERWRITE: Setting = Setting {
    name: "overwrite",
    values: "a time, 0s or 5s, or never",
    default: "never",
    help: "overwrite what a reader that is not samebox has left standing for this long",
};

/// `existing`: what a server does with a file that was not its own and has content.
pub const EXISTING: Setting = Setting {
    name: "existing",
    values: "refuse or deliver",
    default: "refuse",
    help: "deliver: take the content of a file that no samebox server has used as a message",
};

/// `watch`: how a server notices a message.
pub const WATCH: Setting = Setting {
    name: "watch",
    values: "auto or poll",
    default: "auto",
    help: "poll: look every 50 ms, for file systems that announce nothing, such as network ones",
};

/// What an endpoint of this transport says.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) place: Place,
    pub(crate) max: usize,
    pub(crate) wait: Duration,
    pub(crate) rights: Rights,
    pub(crate) overflow: Overflow,
    pub(crate) any_server: bool,
    pub(crate) overwrite: Option<Duration>,
    pub(crate) deliver_existing: bool,
    pub(crate) poll_only: bool,
}

impl Options {
    pub(crate) fn of(endpoint: &Endpoint) -> Result<Self> {
        let place = Place::of(endpoint)?;
        let allow = endpoint.allow()?;
        if place.private && !allow.is_empty() {
            let why =
                "a plain name is a file in this user's own directory, where nobody else may go";
            let advice = "give a path in a directory that the allowed ones may enter";
            return Err(endpoint.invalid(why).with_advice(advice));
        }
        Ok(Self {
            place,
            max: endpoint.size(MAX, DEFAULT_MAX, File::LARGEST)?,
            wait: endpoint.duration(WAIT, None)?.unwrap_or_default(),
            rights: Rights::of(endpoint, &allow)?,
            overflow: endpoint.overflow(File::OVERFLOW)?,
            any_server: endpoint.choice(SERVER, &[("auto", false), ("any", true)])?,
            overwrite: endpoint.duration(OVERWRITE, None)?,
            deliver_existing: endpoint.choice(EXISTING, &[("refuse", false), ("deliver", true)])?,
            poll_only: endpoint.choice(WATCH, &[("auto", false), ("poll", true)])?,
        })
    }
}
