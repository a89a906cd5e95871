#[samebox::contract]
trait Notify {
    fn told(&self);
}

#[samebox::contract]
trait Lonely {
    fn watch(&self, #[callback] back: NotifyClient);
}

#[samebox::contract(callback = Notify)]
trait Greeter {
    fn both(&self, #[callback] #[peer] back: NotifyClient);
    fn named(&self, #[callback] #[wire(name = "back")] back: NotifyClient);
    fn changes(&self, #[callback] back: &mut NotifyClient);
    fn owns(&self, #[peer] peer: samebox::Peer);
}

fn main() {}
