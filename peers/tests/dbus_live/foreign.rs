//! samebox calls what other programs offer.

use crate::{ENDPOINT, NAME};
use samebox_peers::{Bus, Program};

#[test]
fn python_gets_what_is_sent() {
    let bus = Bus::new();
    let server = bus.serve(&["python", "bus", "server", NAME, "2"]);
    bus.samebox(&["send", ENDPOINT, "Hello, Wörld!"]).finish();
    let mut sender = bus.on(Program::samebox(&["send", ENDPOINT])).with_input().start();
    sender.write("a\0b");
    sender.finish();
    assert_eq!(server.rest(), ["Hello, Wörld!", "hex 610062"]);
}

#[test]
fn a_thousand_lines_reach_python_in_their_order() {
    let bus = Bus::new();
    let server = bus.serve(&["python", "bus", "server", NAME, "1000"]);
    let words = ["send", ENDPOINT, "--split", "line"];
    let mut sender = bus.on(Program::samebox(&words)).with_input().start();
    let lines: Vec<_> = (0..1000).map(|number| format!("line {number}")).collect();
    sender.write(&(lines.join("\n") + "\n"));
    sender.finish();
    assert_eq!(server.rest(), lines);
}

#[test]
fn python_answers() {
    let bus = Bus::new();
    let server = bus.serve(&["python", "bus", "server", NAME, "2"]);
    let answer = bus.samebox(&["call", ENDPOINT, "zwölf"]).finish();
    assert_eq!(answer, ["echo:zwölf"]);
    let mut caller = bus.on(Program::samebox(&["call", ENDPOINT, "--hex"])).with_input().start();
    caller.write("\0");
    assert_eq!(caller.finish(), ["6563686f3a00"]);
    assert_eq!(server.rest(), ["zwölf", "hex 00"]);
}

#[test]
fn an_error_of_python_is_a_fault() {
    let bus = Bus::new();
    let _server = bus.serve(&["python", "bus", "server", NAME, "2"]);
    let told = bus.samebox(&["call", ENDPOINT, "fail"]).fail(64);
    assert!(told.contains("nothing of that kind"), "{told}");
    assert_eq!(bus.samebox(&["call", ENDPOINT, "again"]).finish(), ["echo:again"]);
}

#[test]
fn a_python_server_that_starts_later_is_waited_for() {
    let bus = Bus::new();
    let sender = bus.samebox(&["send", &format!("{ENDPOINT}?wait=20s"), "early"]);
    let server = bus.serve(&["python", "bus", "server", NAME, "1"]);
    assert_eq!(server.rest(), ["early"]);
    sender.finish();
}

#[test]
fn without_a_server_it_says_so() {
    let bus = Bus::new();
    let told = bus.samebox(&["send", ENDPOINT, "nobody"]).fail(3);
    assert!(told.contains(NAME), "{told}");
}

/// The endpoint of an operation of another program.
fn operation(name: &str, interface: &str, operation: &str) -> String {
    format!("object:{name}?operation={operation}&interface={interface}")
}

#[test]
fn operations_of_python_are_called_by_their_names() {
    let bus = Bus::new();
    let server = bus.serve(&["python", "bus", "depot", "org.example.Depot", "7"]);
    let call = |name: &str, arguments: &[&str]| {
        let endpoint = operation("org.example.Depot", "org.example.Depot1", name);
        let words = [&["call", endpoint.as_str()], arguments].concat();
        bus.samebox(&words).finish().concat()
    };
    assert_eq!(call("Add", &["a=2", "b=40"]), "42");
    assert_eq!(call("Add", &["a:=2", "b:=40"]), "42");
    assert_eq!(call("Sum", &["values:=[1099511627776,-1]"]), "1099511627775");
    assert_eq!(call("Store", &[r#"item:=["Nägel",0.25,7]"#]), r#"["Nägel",0.25,8]"#);
    assert_eq!(call("Double", &[r#"stock:={"a":1,"b":-2}"#]), r#"{"a":2,"b":-4}"#);
    assert_eq!(call("Toggle", &["open:=true"]), "false");
    assert_eq!(call("Items", &[r#"names:=["a","bcd"]"#]), r#"[["a",0.5,1],["bcd",0.5,3]]"#);
    assert_eq!(server.rest().len(), 7);
}

#[test]
fn the_fault_of_an_operation_is_told() {
    let bus = Bus::new();
    let _server = bus.serve(&["python", "bus", "depot", "org.example.Depot", "7"]);
    let endpoint = operation("org.example.Depot", "org.example.Depot1", "Reserve");
    let told = bus.samebox(&["call", &endpoint, "name=nail", "quantity:=11"]).fail(64);
    assert!(told.contains("too few of nail"), "{told}");
}

#[test]
fn the_bus_itself_is_asked() {
    let bus = Bus::new();
    let _server = bus.serve(&["python", "bus", "server", NAME, "1"]);
    let ask = |name: &str| operation("org.freedesktop.DBus", "org.freedesktop.DBus", name);
    let names = bus.samebox(&["call", &ask("ListNames")]).finish().concat();
    assert!(names.contains(&format!("{NAME:?}")), "{names}");
    let owned = bus.samebox(&["call", &ask("NameHasOwner"), &format!("arg_0={NAME}")]).finish();
    assert_eq!(owned, ["true"]);
}
