//! Shows that a Rust program that needs random numbers runs in a new Wine prefix.
use std::collections::HashMap;

fn main() {
    let map = HashMap::from([("key", "seeded")]);
    println!("{}", map["key"]);
}
