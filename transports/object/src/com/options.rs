//! The settings of an endpoint.

use super::clsid::Identity;
use samebox_core::{CAPACITY, DEFAULT_MAX, Endpoint, MAX, Result, Setting, WAIT};
use std::time::Duration;

/// The largest `max`: text has two bytes a character on its way, and each side holds it several times.
pub(super) const LARGEST: usize = 64 << 20;

const DEFAULT_CAPACITY: usize = 64 << 20;
const LARGEST_CAPACITY: usize = 1 << 40;

/// `encoding`: what a payload is to other languages.
pub(super) const ENCODING: Setting = Setting {
    name: "encoding",
    values: "auto, text or bytes",
    default: "auto",
    help: "what payloads are to other languages; auto: text where they are UTF-8 without NUL",
};

/// What a payload is to other languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Text where it is UTF-8 without NUL, otherwise bytes.
    Auto,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
}

/// What an endpoint says.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) identity: Identity,
    pub(super) encoding: Encoding,
    pub(super) max: usize,
    pub(super) capacity: usize,
    pub(super) wait: Duration,
}

impl Options {
    pub(super) fn of(endpoint: &Endpoint) -> Result<Self> {
        let encodings =
            [("auto", Encoding::Auto), ("text", Encoding::Text), ("bytes", Encoding::Bytes)];
        super::typed::named(endpoint)?;
        Ok(Self {
            identity: Identity::of(endpoint)?,
            encoding: endpoint.choice(ENCODING, &encodings)?,
            max: endpoint.size(MAX, DEFAULT_MAX, LARGEST)?,
            capacity: endpoint.size(CAPACITY, DEFAULT_CAPACITY, LARGEST_CAPACITY)?,
            wait: endpoint.duration(WAIT, None)?.unwrap_or_default(),
        })
    }
}
