#[samebox::contract]
trait Inner {
    fn told(&self);
}

#[samebox::contract(callback = Inner)]
trait Notify {
    fn told(&self);
}

#[samebox::contract(callback = Notify)]
trait Greeter {
    fn greet(&self);
}

fn main() {}
