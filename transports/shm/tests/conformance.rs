//! The suite over shared memory.
fn main() {
    samebox_conformance::main(&samebox_shm::Shm, |name| format!("shm:{name}"));
}
