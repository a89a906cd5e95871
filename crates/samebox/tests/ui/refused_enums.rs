use samebox::Data;

#[derive(Data)]
enum Shape {
    Round { radius: f64 },
    Flat,
}

#[derive(Data)]
enum Wrapped {
    One(i32),
}

#[derive(Data)]
enum Never {}

#[derive(Data)]
enum Same {
    Red,
    #[data(name = "Red")]
    Crimson,
}

#[derive(Data)]
enum Ordered {
    #[data(order = 1)]
    First,
}

fn main() {}
