#[samebox::contract]
trait Greeter {
    fn say_hello(&self);
    #[operation(name = "SayHello")]
    fn greet(&self);
    fn add(&self, order_id: i32, #[wire(name = "orderId")] other: i32);
    #[operation(name = "")]
    fn empty(&self);
    #[operation(action = "Go")]
    fn act(&self);
}

#[samebox::contract(title = "Greeter")]
trait Titled {
    fn greet(&self);
}

fn main() {}
