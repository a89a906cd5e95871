//! Other programs hear what samebox receives.

use crate::{ENDPOINT, MESSAGES, NAME};
use samebox_peers::{Bus, Program, Running, object_path};

/// Starts a listener, has samebox receive a text and bytes, and gives all that the listener needs.
fn receive(bus: &Bus) {
    bus.samebox(&["send", ENDPOINT, "zwölf"]).finish();
    let mut sender = bus.on(Program::samebox(&["send", ENDPOINT])).with_input().start();
    sender.write("\0\u{1}");
    sender.finish();
}

/// Skips lines until one holds all of the words.
fn line_with(listener: &mut Running, words: &[&str]) -> String {
    loop {
        let line = listener.line();
        if words.iter().all(|word| line.contains(word)) {
            return line;
        }
    }
}

#[test]
fn gdbus_hears_what_is_received() {
    let bus = Bus::new();
    let _server = bus.listen(&["listen", ENDPOINT]);
    let path = object_path(NAME);
    let words = ["monitor", "--session", "--dest", NAME, "--object-path", &path];
    let mut monitor = bus.on(Program::tool("gdbus", &words)).start();
    line_with(&mut monitor, &["is owned by :"]);
    receive(&bus);
    assert_eq!(monitor.line(), format!("{path}: {MESSAGES}.Received ('zwölf',)"));
    assert_eq!(monitor.line(), format!("{path}: {MESSAGES}.ReceivedBytes ([byte 0x00, 0x01],)"));
}

#[test]
fn busctl_hears_what_is_received() {
    let bus = Bus::new();
    let _server = bus.listen(&["listen", ENDPOINT]);
    let words = ["--user", "--json=short", "monitor", NAME];
    let mut monitor = bus.on(Program::tool("busctl", &words)).start();
    monitor.told("Monitoring bus message stream");
    receive(&bus);
    let signal = r#""type":"signal""#;
    let text = line_with(&mut monitor, &[signal, r#""member":"Received""#]);
    assert!(text.contains(r#""payload":{"type":"s","data":["zwölf"]}"#), "{text}");
    let bytes = line_with(&mut monitor, &[signal, r#""member":"ReceivedBytes""#]);
    assert!(bytes.contains(r#""payload":{"type":"ay","data":[[0,1]]}"#), "{bytes}");
}

#[test]
fn python_hears_what_is_received_by_several() {
    let bus = Bus::new();
    let _server = bus.listen(&["listen", ENDPOINT]);
    let listeners = [0; 2].map(|_| bus.serve(&["python", "bus", "listen", NAME, "2"]));
    receive(&bus);
    for listener in listeners {
        assert_eq!(listener.rest(), ["zwölf", "hex 0001"]);
    }
}

/// A listener that comes before the server hears it as soon as it is there.
#[test]
fn a_listener_may_come_first() {
    let bus = Bus::new();
    let listener = bus.serve(&["python", "bus", "listen", NAME, "2"]);
    let _server = bus.listen(&["listen", ENDPOINT]);
    receive(&bus);
    assert_eq!(listener.rest(), ["zwölf", "hex 0001"]);
}

#[test]
fn what_was_called_is_not_told_to_all() {
    let bus = Bus::new();
    let _server = bus.listen(&["reply", ENDPOINT, "--echo"]);
    let listener = bus.serve(&["python", "bus", "listen", NAME, "2"]);
    bus.samebox(&["call", ENDPOINT, "only mine"]).finish();
    receive(&bus);
    assert_eq!(listener.rest(), ["zwölf", "hex 0001"]);
}
