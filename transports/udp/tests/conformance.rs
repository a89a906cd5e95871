//! The suite over this transport, whose clients cannot see whether a server is there.
use samebox_conformance::{Suite, Variant};

fn main() {
    Suite::new(&samebox_udp::Udp)
        .variant(Variant::new("", |_| "udp:0".into()))
        .variant(Variant::new("single", |_| "udp:0?offload=off".into()))
        .except("naming::connecting_to_nobody_fails_at_once", "a datagram needs no connection")
        .except("naming::a_client_may_start_before_its_server", "nothing tells when it starts")
        .except("calls::a_call_ends_when_its_server_goes", "nothing tells that it went")
        .except("crash::a_call_ends_when_its_server_is_killed", "nothing tells that it went")
        .over_sockets()
        .run();
}
