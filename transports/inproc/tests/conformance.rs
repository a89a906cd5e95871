//! The suite over this transport.
fn main() {
    samebox_conformance::main(&samebox_inproc::Inproc, |name| format!("inproc:{name}"));
}
