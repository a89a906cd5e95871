//! The same contract in Rust and in Python, and the tools as callers of Rust.

use samebox::serve;
use samebox_peers::contracts::call_every_depot_operation;
use samebox_peers::contracts::depot::{DepotClient, DepotHost, Shelves};
use samebox_peers::{Bus, Program, object_path};
use std::time::{Duration, Instant};

const NAME: &str = "org.example.Depot";
const INTERFACE: &str = "org.example.Depot1";

/// This process has no session bus, so the endpoint names one.
fn endpoint(bus: &Bus) -> String {
    format!("object:{NAME}?bus={}", bus.address())
}

#[test]
fn rust_calls_rust() {
    let bus = Bus::new();
    let shelves = Shelves::default();
    let _serving = serve(&endpoint(&bus), DepotHost::shared(shelves.clone())).unwrap();
    call_every_depot_operation(&DepotClient::connect(&endpoint(&bus)).unwrap());
    assert_eq!(shelves.notes(), ["the door is open"]);
}

#[test]
fn rust_calls_python() {
    let bus = Bus::new();
    let server = bus.serve(&["python", "bus", "depot", NAME, "11"]);
    call_every_depot_operation(&DepotClient::connect(&endpoint(&bus)).unwrap());
    let got = server.rest();
    assert_eq!(got[0], "Note the door is open");
    assert_eq!(got.len(), 11, "{got:?}");
}

#[test]
fn python_calls_rust() {
    let bus = Bus::new();
    let shelves = Shelves::default();
    let _serving = serve(&endpoint(&bus), DepotHost::shared(shelves.clone())).unwrap();
    let call = |method: &str, arguments: &[&str]| {
        let words = [&["python", "bus", "invoke", NAME, method], arguments].concat();
        bus.on(Program::peer(&words)).start().finish().concat()
    };
    assert_eq!(call("Note", &[r#""zwölf""#]), "result: null");
    assert_eq!(call("Add", &["2", "40"]), "result: 42");
    assert_eq!(call("Sum", &["[1099511627776, -1]"]), "result: 1099511627775");
    assert_eq!(call("Reverse", &["[0, 255, 7]"]), "result: [7, 255, 0]");
    assert_eq!(call("Store", &[r#"["Nägel", 0.25, 7]"#]), r#"result: ["Nägel", 0.25, 8]"#);
    let items = r#"result: [["a", 0.5, 1], ["bcd", 0.5, 3]]"#;
    assert_eq!(call("Items", &[r#"["a", "bcd"]"#]), items);
    assert_eq!(call("Double", &[r#"{"a": 1, "b": -2}"#]), r#"result: {"a": 2, "b": -4}"#);
    assert_eq!(call("Toggle", &["true"]), "result: 0");
    assert_eq!(call("Reserve", &[r#""nail""#, "10"]), "result: 10");
    let told = call("Reserve", &[r#""nail""#, "11"]);
    assert!(told.starts_with("error: org.samebox.Error.Fault: "), "{told}");
    assert!(told.ends_with("too few of nail"), "{told}");
    wait_for_note(&shelves, "zwölf");
}

#[test]
fn busctl_calls_rust() {
    let bus = Bus::new();
    let shelves = Shelves::default();
    let _serving = serve(&endpoint(&bus), DepotHost::shared(shelves.clone())).unwrap();
    let path = object_path(NAME);
    let call = |words: &[&str]| {
        let words = [&["--user", "--", "call", NAME, &path, INTERFACE], words].concat();
        bus.run("busctl", &words).concat()
    };
    assert_eq!(call(&["Add", "ii", "2", "40"]), "i 42");
    assert_eq!(call(&["Sum", "ax", "2", "1099511627776", "-1"]), "x 1099511627775");
    assert_eq!(call(&["Reverse", "ay", "3", "0", "255", "7"]), "ay 3 7 255 0");
    assert_eq!(call(&["Store", "(sdi)", "nail", "0.25", "7"]), r#"(sdi) "nail" 0.25 8"#);
    let items = r#"a(sdi) 2 "a" 0.5 1 "bcd" 0.5 3"#;
    assert_eq!(call(&["Items", "as", "2", "a", "bcd"]), items);
    assert_eq!(call(&["Double", "a{si}", "2", "a", "1", "b", "2"]), r#"a{si} 2 "a" 2 "b" 4"#);
    assert_eq!(call(&["Toggle", "b", "true"]), "b false");
    call(&["Note", "s", "from busctl"]);
    wait_for_note(&shelves, "from busctl");
}

#[test]
fn gdbus_calls_rust() {
    let bus = Bus::new();
    let _serving = serve(&endpoint(&bus), DepotHost::shared(Shelves::default())).unwrap();
    let path = object_path(NAME);
    let call = |name: &str, arguments: &[&str]| {
        let method = format!("{INTERFACE}.{name}");
        let words = ["call", "--session", "-d", NAME, "-o", &path, "-m", &method];
        bus.run("gdbus", &[&words, arguments].concat()).concat()
    };
    assert_eq!(call("Add", &["2", "40"]), "(42,)");
    assert_eq!(call("Store", &["('nail', 0.25, 7)"]), "(('nail', 0.25, 8),)");
    assert_eq!(call("Double", &["{'a': 1, 'b': 2}"]), "({'a': 2, 'b': 4},)");
    assert_eq!(call("Items", &["['a', 'bcd']"]), "([('a', 0.5, 1), ('bcd', 0.5, 3)],)");
}

#[test]
fn dbus_send_calls_rust() {
    let bus = Bus::new();
    let _serving = serve(&endpoint(&bus), DepotHost::shared(Shelves::default())).unwrap();
    let dest = format!("--dest={NAME}");
    let call = |name: &str, arguments: &[&str]| {
        let method = format!("{INTERFACE}.{name}");
        let words = ["--session", "--print-reply=literal", &dest, &object_path(NAME), &method];
        let lines = bus.run("dbus-send", &[&words, arguments].concat());
        lines.concat().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(call("Add", &["int32:2", "int32:40"]), "int32 42");
    let double = call("Double", &["dict:string:int32:a,1,b,2"]);
    assert_eq!(double, "array [ dict entry( a int32 2 ) dict entry( b int32 4 ) ]");
}

#[test]
fn samebox_calls_rust_by_names() {
    let bus = Bus::new();
    let _serving = serve(&endpoint(&bus), DepotHost::shared(Shelves::default())).unwrap();
    let endpoint = format!("object:{NAME}?operation=Add&interface={INTERFACE}");
    assert_eq!(bus.samebox(&["call", &endpoint, "b=40", "a=2"]).finish(), ["42"]);
}

#[test]
fn busctl_shows_names_and_signatures() {
    let bus = Bus::new();
    let _serving = serve(&endpoint(&bus), DepotHost::shared(Shelves::default())).unwrap();
    let words = ["--user", "introspect", NAME, &object_path(NAME), INTERFACE];
    let shown = bus.run("busctl", &words);
    let rows: Vec<Vec<_>> = shown.iter().map(|row| row.split_whitespace().collect()).collect();
    let expected = [
        [".Add", "method", "ii", "i"],
        [".Double", "method", "a{si}", "a{si}"],
        [".Items", "method", "as", "a(sdi)"],
        [".Note", "method", "s", "-"],
        [".Reserve", "method", "si", "i"],
        [".Reverse", "method", "ay", "ay"],
        [".Store", "method", "(sdi)", "(sdi)"],
        [".Sum", "method", "ax", "x"],
        [".Toggle", "method", "b", "b"],
    ];
    for row in expected {
        assert!(rows.iter().any(|found| found.starts_with(&row)), "no {row:?} in {shown:#?}");
    }
    assert_eq!(rows.len(), expected.len() + 1, "{shown:#?}");
}

/// Nobody tells when an operation without an answer is done.
#[track_caller]
fn wait_for_note(shelves: &Shelves, note: &str) {
    let give_up = Instant::now() + samebox_peers::PATIENCE;
    while !shelves.notes().iter().any(|found| found == note) {
        assert!(Instant::now() < give_up, "no {note:?} in {:?}", shelves.notes());
        std::thread::sleep(Duration::from_millis(5));
    }
}
