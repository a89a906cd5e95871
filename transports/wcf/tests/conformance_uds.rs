//! The suite over `net.uds`.

use samebox_conformance::folder;
use samebox_wcf::NetUds;

fn main() {
    samebox_conformance::main(&NetUds, |name| format!("net.uds:{}", folder().join(name).display()));
}
