#[samebox::contract]
trait Greeter {
    fn changes(&self, text: &mut String);
    fn anything(&self, value: impl Into<String>);
    fn dynamic(&self, value: &dyn std::fmt::Display);
    fn boxed(&self, value: Box<dyn std::fmt::Display>);
    fn inner(&self, value: Option<&str>);
    fn pairs(&self, value: Vec<(i32, String)>);
    fn lasting(&self, text: &'static str);
    fn nameless(&self, _: i32);
    fn counted(&self, values: [u8; 4]);
    fn wordless(&self, #[wire] value: i32);
    fn misspelt(&self, #[wire(nmae = "x")] value: i32);
}

fn main() {}
