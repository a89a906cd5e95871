//! The suite over this transport.

fn main() {
    samebox_conformance::main(&samebox_object::Object, |name| format!("object:{name}"));
}
