//! The suite over named pipes.
fn main() {
    samebox_conformance::main(&samebox_pipe::Pipe, |name| format!("pipe:{name}"));
}
