//! The suite over `net.pipe`.

use samebox_wcf::NetPipe;

fn main() {
    samebox_conformance::main(&NetPipe, |name| format!("net.pipe://localhost/{name}"));
}
