//! What the macros refuse, and the words that say what to write instead.
#![cfg(target_os = "linux")]

#[test]
fn the_macros_say_what_to_write_instead() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/accepted.rs");
    cases.compile_fail("tests/ui/refused_*.rs");
}
