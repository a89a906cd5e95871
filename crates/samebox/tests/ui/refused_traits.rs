#[samebox::contract]
trait Generic<T> {
    fn put(&self, value: T);
}

#[samebox::contract]
trait Parts {
    type Item;
    const LIMIT: usize;
    fn count(&self) -> i32;
}

#[samebox::contract]
trait Empty {}

#[samebox::contract]
struct Greeter;

fn main() {}
