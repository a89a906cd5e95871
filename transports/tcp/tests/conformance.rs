//! The suite over TCP, with each framing.

use samebox_conformance::{Suite, Variant, loopback};
use samebox_core::Capabilities;
use samebox_tcp::Tcp;

fn main() {
    let line = Variant::new("line", |_| format!("tcp:{}:0?framing=line", loopback()));
    let header = Variant::new("header", |_| format!("tcp:{}:0?framing=header", loopback()));
    Suite::new(&Tcp)
        .variant(Variant::new("length", |_| format!("tcp:{}:0", loopback())))
        .variant(line.without_bytes(b"\r\n").capabilities(without_faults))
        .variant(header.capabilities(without_faults))
        .over_sockets()
        .run();
}

/// Only the `length` framing can say that a call failed.
fn without_faults(can: &mut Capabilities) {
    can.faults = false;
}
