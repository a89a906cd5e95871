#[samebox::contract]
trait Greeter {
    fn changes(&mut self);
    fn ends(self);
    fn shares(self: std::sync::Arc<Self>);
    fn stands_alone(name: String);
    fn lives<'a>(&'a self);
}

fn main() {}
