//! The suite over `net.tcp`.

use samebox_conformance::loopback;
use samebox_wcf::NetTcp;

fn main() {
    samebox_conformance::main(&NetTcp, |name| format!("net.tcp://{}:0/{name}", loopback()));
}
