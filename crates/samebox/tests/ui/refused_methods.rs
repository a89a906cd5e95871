#[samebox::contract]
trait Greeter {
    async fn later(&self);
    fn any<T: Into<String>>(&self, value: T);
    fn given(&self) -> i32 {
        1
    }
    extern "C" fn foreign(&self);
    fn bounded(&self)
    where
        Self: Sized;
    #[cfg(unix)]
    fn sometimes(&self);
    fn connect(&self, to: String);
}

fn main() {}
