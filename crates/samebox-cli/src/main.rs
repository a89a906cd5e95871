//! The `samebox` program.

fn main() {}
