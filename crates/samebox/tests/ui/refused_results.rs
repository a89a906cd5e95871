use samebox::Fault;

#[samebox::contract]
trait Greeter {
    #[one_way]
    fn told(&self) -> i32;
    #[one_way(true)]
    fn shouted(&self);
    fn fails(&self) -> Result<i32, String>;
    fn vague(&self) -> std::io::Result<i32>;
    fn borrowed(&self) -> &str;
    fn anything(&self) -> impl Iterator<Item = i32>;
    fn pair(&self) -> Result<(i32, i32), Fault>;
    fn detailed(&self) -> Result<i32, Fault<&'static str>>;
}

fn main() {}
