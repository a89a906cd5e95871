//! The suite over this transport.
fn main() {
    samebox_conformance::main(&samebox_udp::Udp, |_| "udp:0".into());
}
