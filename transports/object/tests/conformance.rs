//! The suite over this transport.

#[cfg(unix)]
mod support;

#[cfg(unix)]
fn main() {
    use samebox_conformance::{Suite, Variant, folder};
    use samebox_object::Object;
    use std::sync::Mutex;
    use support::Bus;

    static BUS: Mutex<Option<Bus>> = Mutex::new(None);
    let address = || {
        let mut bus = BUS.lock().unwrap();
        bus.get_or_insert_with(|| Bus::start(folder(), "conformance")).address.clone()
    };
    Suite::new(&Object)
        .variant(Variant::new("bus", move |name| format!("object:{name}?bus={}", address())))
        .variant(Variant::new("private", |name| format!("object:{name}?bus=none")))
        .run();
    drop(BUS.lock().unwrap().take());
}

#[cfg(windows)]
fn main() {
    samebox_conformance::main(&samebox_object::Object, |name| format!("object:{name}"));
}
