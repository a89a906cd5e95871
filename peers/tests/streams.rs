//! `pipe:`, `unix:` and `tcp:` with Python and socat.

#![cfg(target_os = "linux")]

use samebox::{Server, bind, connect};
use samebox_peers::{PATIENCE, PipeName, Program, Running, run, serve, texts};
use tempfile::TempDir;

/// Framings in which an answer needs no number.
const ANSWERED: [&str; 3] = ["line", "eof", "header"];
const FRAMINGS: [&str; 4] = ["length", "line", "eof", "header"];

#[derive(Clone, Copy)]
enum Kind {
    Pipe,
    Path,
    Abstract,
    Tcp,
}

/// Where one test's server is, in our words and in Python's.
struct Place {
    kind: Kind,
    name: PipeName,
    folder: TempDir,
}

impl Place {
    fn new(kind: Kind) -> Self {
        Self { kind, name: PipeName::new(), folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> String {
        self.folder.path().join("socket").to_str().unwrap().to_owned()
    }

    fn ours(&self, port: u16, framing: &str) -> String {
        match self.kind {
            Kind::Pipe => self.name.with(&format!("framing={framing}")),
            Kind::Path => format!("unix:{}?framing={framing}", self.path()),
            Kind::Abstract => format!("unix:@{}?framing={framing}", self.name.as_str()),
            Kind::Tcp => format!("tcp:127.0.0.1:{port}?framing={framing}"),
        }
    }

    fn theirs(&self, port: u16) -> String {
        match self.kind {
            Kind::Pipe => self.name.to_string(),
            Kind::Path => format!("unix:{}", self.path()),
            Kind::Abstract => format!("unix:@{}", self.name.as_str()),
            Kind::Tcp => format!("tcp:{port}"),
        }
    }

    /// A server of ours, and where Python finds it.
    fn bind(&self, framing: &str) -> (Server, String) {
        let server = bind(&self.ours(0, framing)).unwrap();
        let port = match self.kind {
            Kind::Tcp => server.endpoint().name().rsplit(':').next().unwrap().parse().unwrap(),
            _ => 0,
        };
        (server, self.theirs(port))
    }

    /// A server in Python for some connections, and where we find it.
    fn serve(&self, role: &str, framing: &str, connections: &str) -> (Running, String) {
        let server = serve(&["python", "stream", role, &self.theirs(0), framing, connections]);
        let port = if matches!(self.kind, Kind::Tcp) { server.port() } else { 0 };
        (server, self.ours(port, framing))
    }
}

/// Makes a test of each function for each kind of place, which it takes as an argument.
macro_rules! for_each_place {
    ($(fn $test:ident($kind:ident: Kind) $body:block)+) => {
        $(fn $test($kind: Kind) $body)+
        mod pipe {
            $(#[test] fn $test() { super::$test(super::Kind::Pipe); })+
        }
        mod path {
            $(#[test] fn $test() { super::$test(super::Kind::Path); })+
        }
        mod abstract_name {
            $(#[test] fn $test() { super::$test(super::Kind::Abstract); })+
        }
        mod tcp {
            $(#[test] fn $test() { super::$test(super::Kind::Tcp); })+
        }
    };
}

for_each_place! {
    fn python_receives_what_was_sent_in_each_framing(kind: Kind) {
        for framing in FRAMINGS {
            let place = Place::new(kind);
            // With `eof` each message is a connection.
            let connections = if framing == "eof" { "2" } else { "1" };
            let (server, endpoint) = place.serve("server", framing, connections);
            let mut client = connect(&endpoint).unwrap();
            client.send("Hello, Wörld!").unwrap();
            client.send("again").unwrap();
            drop(client);
            assert_eq!(server.rest(), ["Hello, Wörld!", "again"], "{framing}");
        }
    }

    fn what_python_sent_arrives_in_each_framing(kind: Kind) {
        for framing in FRAMINGS {
            let place = Place::new(kind);
            let (mut server, address) = place.bind(framing);
            run(&["python", "stream", "client", &address, framing, "Hello, Wörld!", "again"]);
            assert_eq!(texts(&mut server, 2), ["Hello, Wörld!", "again"], "{framing}");
        }
    }

    fn python_answers_calls(kind: Kind) {
        for framing in ANSWERED {
            let place = Place::new(kind);
            let connections = if framing == "eof" { "2" } else { "1" };
            let (server, endpoint) = place.serve("echo", framing, connections);
            let mut client = connect(&endpoint).unwrap();
            for text in ["wörd", "again"] {
                let answer = client.call(text, PATIENCE).unwrap();
                assert_eq!(answer, format!("echo:{text}"), "{framing}");
            }
            drop(client);
            assert_eq!(server.rest(), ["wörd", "again"], "{framing}");
        }
    }

    fn python_gets_answers(kind: Kind) {
        for framing in ANSWERED {
            let place = Place::new(kind);
            let (server, address) = place.bind(framing);
            let server = server.start(|mut message| {
                let answer = format!("heard {}", message.text().unwrap());
                message.reply(answer).unwrap();
            });
            let answers = run(&["python", "stream", "call", &address, framing, "wörd", "again"]);
            assert_eq!(answers, ["heard wörd", "heard again"], "{framing}");
            server.unwrap().stop().unwrap();
        }
    }

    fn a_large_message_passes_both_ways(kind: Kind) {
        let large = "ö".repeat(50_000);
        for framing in FRAMINGS {
            let place = Place::new(kind);
            let (mut server, address) = place.bind(framing);
            run(&["python", "stream", "client", &address, framing, &large]);
            assert!(texts(&mut server, 1) == [large.as_str()], "{framing}");
            let place = Place::new(kind);
            let (server, endpoint) = place.serve("server", framing, "1");
            connect(&endpoint).unwrap().send(large.repeat(20)).unwrap();
            assert!(server.rest() == [large.repeat(20)], "{framing}");
        }
    }
}

/// Runs socat with `input` on its stdin.
#[track_caller]
fn socat(arguments: &[&str], input: &str) -> Vec<String> {
    let mut socat = Program::tool("socat", arguments).with_input().start();
    socat.write(input);
    socat.finish()
}

#[test]
fn socat_is_a_client_of_lines() {
    let place = Place::new(Kind::Path);
    let (mut server, _) = place.bind("line");
    socat(&["-u", "-", &format!("UNIX-CONNECT:{}", place.path())], "one\ntwo\r\n\nfour\n");
    assert_eq!(texts(&mut server, 4), ["one", "two", "", "four"]);
}

#[test]
fn all_that_socat_sends_is_one_message_to_its_end() {
    let place = Place::new(Kind::Abstract);
    let (mut server, _) = place.bind("eof");
    let address = format!("ABSTRACT-CONNECT:{}", place.name.as_str());
    socat(&["-u", "-", &address], "one\ntwo\n");
    socat(&["-u", "-", &address], "again");
    assert_eq!(texts(&mut server, 2), ["one\ntwo\n", "again"]);
}

#[test]
fn socat_finds_a_pipe_where_dotnet_puts_it() {
    let place = Place::new(Kind::Pipe);
    let (mut server, _) = place.bind("line");
    socat(&["-u", "-", &format!("UNIX-CONNECT:{}", place.name.path().display())], "hello\n");
    assert_eq!(texts(&mut server, 1), ["hello"]);
}

#[test]
fn socat_gets_answers_over_tcp() {
    let place = Place::new(Kind::Tcp);
    let (server, address) = place.bind("line");
    let server = server.start(|mut message| {
        let answer = message.text().unwrap().to_uppercase();
        message.reply(answer).unwrap();
    });
    let address = address.replace("tcp:", "TCP-CONNECT:127.0.0.1:");
    assert_eq!(socat(&["-t", "20", "-", &address], "one\ntwo\n"), ["ONE", "TWO"]);
    server.unwrap().stop().unwrap();
}

#[test]
fn socat_receives_a_message_to_its_end() {
    let place = Place::new(Kind::Path);
    let listen = format!("UNIX-LISTEN:{}", place.path());
    let server = Program::tool("socat", &["-u", &listen, "-"]).start();
    let mut client = connect(&(place.ours(0, "eof") + "&wait=20s")).unwrap();
    client.send("one\ntwo").unwrap();
    client.flush(PATIENCE).unwrap();
    assert_eq!(server.finish(), ["one", "two"]);
}

#[test]
fn socat_receives_lines_over_tcp_with_pauses_between_them() {
    let listen = ["-d", "-d", "-u", "TCP-LISTEN:0,bind=127.0.0.1", "-"];
    let mut server = Program::tool("socat", &listen).start();
    let port = server.told("listening on AF=2 127.0.0.1:");
    let mut client = connect(&format!("tcp:127.0.0.1:{port}?framing=line")).unwrap();
    for text in ["one", "two", "three"] {
        client.send(text).unwrap();
        assert_eq!(server.line(), text);
    }
    drop(client);
    assert_eq!(server.finish(), [""; 0]);
}

#[test]
fn a_command_behind_socat_answers_a_call_at_its_end() {
    let place = Place::new(Kind::Abstract);
    let listen = format!("ABSTRACT-LISTEN:{},fork", place.name.as_str());
    let _server = Program::tool("socat", &["-t", "20", &listen, "EXEC:tr a-z A-Z"]).start();
    let mut client = connect(&(place.ours(0, "eof") + "&wait=20s")).unwrap();
    assert_eq!(client.call("shout", PATIENCE).unwrap(), "SHOUT");
    assert_eq!(client.call("louder", PATIENCE).unwrap(), "LOUDER");
}
