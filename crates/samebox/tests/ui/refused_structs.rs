use samebox::Data;

#[derive(Data)]
struct Pair(i32, i32);

#[derive(Data)]
struct Generic<T> {
    value: T,
}

#[derive(Data)]
union Either {
    int: i32,
    float: f32,
}

#[derive(Data)]
struct Same {
    late_fee: i32,
    #[data(name = "LateFee")]
    fee: i32,
}

#[derive(Data)]
struct Derived {
    #[data(base)]
    base: Same,
    more: i32,
}

#[derive(Data)]
#[data(clr = "My.App", namespace = "urn:app")]
struct Twice {}

#[derive(Data)]
#[data(title = "x")]
struct Titled {
    #[data(skip)]
    field: i32,
}

#[derive(Data)]
struct Misspelt {
    #[data(ordre = 1)]
    field: i32,
    #[data(order = "first")]
    other: i32,
}

fn main() {}
