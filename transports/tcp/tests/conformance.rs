//! The suite over TCP, with each framing.

use samebox_conformance::{Suite, Variant, loopback, under_wine};
use samebox_core::Capabilities;
use samebox_tcp::Tcp;

fn main() {
    let line = Variant::new("line", |_| format!("tcp:{}:0?framing=line", loopback()));
    let header = Variant::new("header", |_| format!("tcp:{}:0?framing=header", loopback()));
    let suite = Suite::new(&Tcp)
        .variant(Variant::new("length", |_| format!("tcp:{}:0", loopback())))
        .variant(line.without_bytes(b"\r\n").capabilities(without_faults))
        .variant(header.capabilities(without_faults));
    if under_wine() {
        let why = "Wine now and then keeps the connections of a killed process open";
        return suite.except("crash::a_client_of_a_killed_server_is_told_and_heals", why).run();
    }
    suite.run();
}

/// Only the `length` framing can say that a call failed.
fn without_faults(can: &mut Capabilities) {
    can.faults = false;
}
