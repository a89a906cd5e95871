//! The suite over Unix sockets: each kind of place, each framing.

use samebox_conformance::{Suite, Variant, folder};
use samebox_core::Capabilities;
use samebox_unix::Unix;

fn main() {
    let line = Variant::new("line", |name| at(name) + "?framing=line");
    let header = Variant::new("header", |name| at(name) + "?framing=header");
    Suite::new(&Unix)
        .variant(Variant::new("path", at))
        .variant(Variant::new("abstract", |name| format!("unix:@{name}")))
        .variant(line.without_bytes(b"\r\n").capabilities(without_faults))
        .variant(header.capabilities(without_faults))
        .run();
}

fn at(name: &str) -> String {
    format!("unix:{}", folder().join(name).display())
}

/// Only the `length` framing can say that a call failed.
fn without_faults(can: &mut Capabilities) {
    can.faults = false;
}
