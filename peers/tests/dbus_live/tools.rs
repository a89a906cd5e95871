//! The tools call samebox.

use crate::tool::{TOOLS, Tool};
use crate::{ENDPOINT, NAME};
use samebox_peers::{Bus, object_path};

#[test]
fn what_each_tool_sends_arrives() {
    let bus = Bus::new();
    let count = TOOLS.len().to_string();
    let mut server = bus.listen(&["listen", ENDPOINT, "--count", &count]);
    for tool in TOOLS {
        let text = format!("Hello, Wörld, says {tool:?}!");
        let printed = tool.with_text(&bus, NAME, "Send", &text).finish();
        assert_eq!(printed.concat().trim(), tool.shows_nothing(), "{tool:?}");
        assert_eq!(server.line(), text);
    }
    server.finish();
}

#[test]
fn each_tool_has_its_answer() {
    let bus = Bus::new();
    let _server = bus.listen(&["reply", ENDPOINT, "--echo"]);
    for tool in TOOLS {
        let printed = tool.with_text(&bus, NAME, "Call", "zwölf").finish();
        assert_eq!(printed, tool.shows_text("zwölf"), "{tool:?}");
        let large = "x".repeat(100_000);
        let printed = tool.with_text(&bus, NAME, "Call", &large).finish();
        assert!(printed == tool.shows_text(&large), "{tool:?}: {}", printed[0].len());
    }
}

#[test]
fn bytes_of_each_tool_arrive() {
    let bus = Bus::new();
    let mut server = bus.listen(&["listen", ENDPOINT, "--hex"]);
    for tool in TOOLS {
        tool.with_bytes(&bus, NAME, "SendBytes", &[255, 0, 10]).finish();
        assert_eq!(server.line(), "ff000a", "{tool:?}");
    }
}

#[test]
fn each_tool_has_bytes_for_bytes() {
    let bus = Bus::new();
    let _server = bus.listen(&["reply", ENDPOINT, "--echo"]);
    for tool in TOOLS {
        let printed = tool.with_bytes(&bus, NAME, "CallBytes", &[255, 0, 10]).finish();
        assert_eq!(printed, tool.shows_bytes(&[255, 0, 10]), "{tool:?}");
    }
}

/// An answer travels as the question does: whoever asks with text can read text only.
#[test]
fn text_that_is_asked_as_bytes_is_answered_as_bytes() {
    let bus = Bus::new();
    let _server = bus.listen(&["reply", ENDPOINT, "--text", "pöng"]);
    for tool in TOOLS {
        let printed = tool.with_bytes(&bus, NAME, "CallBytes", b"ping").finish();
        assert_eq!(printed, tool.shows_bytes("pöng".as_bytes()), "{tool:?}");
    }
}

#[test]
fn each_tool_is_told_what_failed() {
    let bus = Bus::new();
    let failing = "echo no such word >&2; exit 1";
    let _server = bus.listen(&["reply", ENDPOINT, "--exec", failing]);
    for tool in TOOLS {
        let (code, _, told) = tool.with_text(&bus, NAME, "Call", "x").end_as();
        assert_ne!(code, Some(0), "{tool:?}");
        assert!(told.contains("no such word"), "{tool:?} was told {told}");
        // busctl shows no names of errors.
        let is_named = told.contains("org.samebox.Error.Fault");
        assert!(is_named || tool == Tool::Busctl, "{tool:?} was told {told}");
    }
}

#[test]
fn the_operations_are_there_to_be_looked_up() {
    let bus = Bus::new();
    let _server = bus.listen(&["listen", ENDPOINT]);
    let path = object_path(NAME);
    let shown = bus.run("busctl", &["--user", "introspect", NAME, &path, crate::MESSAGES]);
    let rows: Vec<Vec<_>> = shown.iter().map(|row| row.split_whitespace().collect()).collect();
    let expected = [
        [".Call", "method", "s", "s"],
        [".CallBytes", "method", "ay", "ay"],
        [".Send", "method", "s", "-"],
        [".SendBytes", "method", "ay", "-"],
        [".Received", "signal", "s", "-"],
        [".ReceivedBytes", "signal", "ay", "-"],
    ];
    for row in expected {
        assert!(rows.iter().any(|found| found.starts_with(&row)), "no {row:?} in {shown:#?}");
    }
    assert_eq!(rows.len(), expected.len() + 1, "{shown:#?}");
    let shown = bus.run("gdbus", &["introspect", "--session", "-d", NAME, "-o", &path]).join("\n");
    for interface in ["Introspectable", "Peer", "Properties"] {
        assert!(
            shown.contains(&format!("interface org.freedesktop.DBus.{interface} {{")),
            "{shown}"
        );
    }
    assert!(shown.contains("Call(in  s data,\n           out s answer);"), "{shown}");
}

#[test]
fn the_owner_of_the_name_is_told_to_the_server() {
    let bus = Bus::new();
    let mut server = bus.listen(&["listen", ENDPOINT, "--json"]);
    let sender = Tool::Python.with_text(&bus, NAME, "Send", "who am I");
    let pid = format!("\"pid\":{}", sender.id());
    sender.finish();
    let line = server.line();
    assert!(line.contains(&pid), "{line} has no {pid}");
}
