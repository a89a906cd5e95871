//! The suite over TCP, with each framing.

use samebox_conformance::{Suite, Variant};
use samebox_core::Capabilities;
use samebox_tcp::Tcp;

fn main() {
    let line = Variant::new("line", |_| "tcp:127.0.0.1:0?framing=line".into());
    let header = Variant::new("header", |_| "tcp:127.0.0.1:0?framing=header".into());
    Suite::new(&Tcp)
        .variant(Variant::new("length", |_| "tcp:127.0.0.1:0".into()))
        .variant(line.without_bytes(b"\r\n").capabilities(without_faults))
        .variant(header.capabilities(without_faults))
        .run();
}

/// Only the `length` framing can say that a call failed.
fn without_faults(can: &mut Capabilities) {
    can.faults = false;
}
