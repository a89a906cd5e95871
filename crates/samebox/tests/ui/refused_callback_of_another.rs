#[samebox::contract]
trait Notify {
    fn told(&self);
}

#[samebox::contract]
trait Other {
    fn told(&self);
}

#[samebox::contract(callback = Notify)]
trait Greeter {
    fn greet(&self, #[callback] back: OtherClient);
}

fn main() {}
