//! The suite over `net.tcp`.

use samebox_conformance::{Suite, Variant, loopback};
use samebox_wcf::NetTcp;

fn main() {
    Suite::new(&NetTcp)
        .variant(Variant::new("", |name| format!("net.tcp://{}:0/{name}", loopback())))
        .over_sockets()
        .run();
}
