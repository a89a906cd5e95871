//! The suite over this transport.

fn main() {
    samebox_conformance::main(&samebox_window::Window, |name| format!("window:{name}"));
}
