//! What the macros make causes no warning, which trybuild would not show.

#[path = "ui/accepted.rs"]
mod accepted;

#[test]
fn generated_code_is_free_of_warnings_and_of_clashes() {
    accepted::main();
}
