//! A type that does not say how it crosses.

struct Foreign;

#[samebox::contract]
trait Shop {
    fn sell(&self, what: Foreign) -> String;
}

fn main() {}
