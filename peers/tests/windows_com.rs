//! `object:` of the program for Windows with scripts and with COM in C, all under Wine.

#![cfg(unix)]

use samebox_peers::{ClassName, Program, Running, run, serve};

/// Starts the program for an object with that name.
fn start(command: &str, class: &ClassName, rest: &[&str]) -> Running {
    Program::samebox_of_windows(&[&[command, &class.endpoint()], rest].concat()).start()
}

/// Starts the program as a server and waits until clients may come.
fn listen(command: &str, class: &ClassName, rest: &[&str]) -> Running {
    let mut server = start(command, class, rest);
    server.listening();
    server
}

/// Starts a peer that fails, and gives what it printed and complained of.
#[track_caller]
fn fails(peer: &[&str]) -> String {
    let (code, printed, complaints) = Program::peer(peer).start().end_as();
    assert_eq!(code, Some(1), "{printed:?} {complaints}");
    format!("{} {complaints}", printed.concat())
}

const SCRIPTS: [&str; 2] = ["com.js", "com.vbs"];

/// A class without a server, for tests in which one runs.
fn installed() -> ClassName {
    let mut class = ClassName::new();
    let endpoint = class.endpoint();
    class.install(&["reply", &endpoint, "--text", "started by COM", "--count", "1"]);
    class
}

#[test]
fn what_scripts_send_arrives_at_the_server_that_runs() {
    let class = installed();
    let mut server = listen("listen", &class, &[]);
    for script in SCRIPTS {
        run(&["script", script, "send", class.as_str(), "Hello, World!", "zwölf"]);
        assert_eq!([server.line(), server.line()], ["Hello, World!", "zwölf"], "{script}");
    }
}

#[test]
fn scripts_have_their_answers() {
    let class = installed();
    let _server = listen("reply", &class, &["--echo"]);
    for script in SCRIPTS {
        assert_eq!(run(&["script", script, "call", class.as_str(), "one", "two"]), ["one", "two"]);
    }
    assert_eq!(run(&["script", "com.js", "number", class.as_str()]), ["42"]);
}

#[test]
fn scripts_are_told_what_failed() {
    let class = installed();
    let _server = listen("reply", &class, &["--exec", "echo no such word 1>&2 & exit 1"]);
    let told = fails(&["script", "com.js", "call", class.as_str(), "x"]);
    assert!(told.contains("no such word"), "{told}");
    let told = fails(&["wine", "com", "call", class.as_str(), "x"]);
    assert!(told.contains("no such word"), "{told}");
}

#[test]
fn com_starts_the_server_for_scripts_and_programs() {
    let clients: [&[&str]; 4] = [
        &["script", "com.js", "call"],
        &["script", "com.vbs", "call"],
        &["wine", "com", "call"],
        &["wine", "com", "early-call"],
    ];
    for client in clients {
        let class = installed();
        let words = [client, &[class.as_str(), "anyone?"]].concat();
        assert_eq!(run(&words), ["started by COM"], "{client:?}");
    }
    let class = installed();
    assert_eq!(start("call", &class, &["anyone?"]).finish(), ["started by COM"]);
}

#[test]
fn c_with_late_binding_sends_and_calls() {
    let class = installed();
    let mut server = listen("listen", &class, &[]);
    run(&["wine", "com", "send", class.as_str(), "Hello, Wörld!", "again"]);
    assert_eq!([server.line(), server.line()], ["Hello, Wörld!", "again"]);
    let class = installed();
    let _server = listen("reply", &class, &["--echo"]);
    assert_eq!(run(&["wine", "com", "call", class.as_str(), "zwölf"]), ["zwölf"]);
    assert_eq!(run(&["wine", "com", "bytes", class.as_str(), "00ff0a"]), ["00ff0a"]);
}

#[test]
fn c_with_early_binding_sends_and_calls() {
    let class = installed();
    let mut server = listen("listen", &class, &[]);
    run(&["wine", "com", "early-send", class.as_str(), "Hello, Wörld!", "again"]);
    assert_eq!([server.line(), server.line()], ["Hello, Wörld!", "again"]);
    let class = installed();
    let _server = listen("reply", &class, &["--echo"]);
    assert_eq!(run(&["wine", "com", "early-call", class.as_str(), "zwölf"]), ["zwölf"]);
}

#[test]
fn c_hears_what_is_received() {
    let class = installed();
    let _server = listen("listen", &class, &[]);
    let listeners = [0; 2].map(|_| serve(&["wine", "com", "listen", class.as_str(), "2"]));
    start("send", &class, &["zwölf"]).finish();
    run(&["script", "com.js", "send", class.as_str(), "from a script"]);
    for listener in listeners {
        assert_eq!(listener.rest(), ["zwölf", "from a script"]);
    }
}

#[test]
fn a_listener_that_was_killed_holds_nobody_up() {
    let class = installed();
    let mut server = listen("listen", &class, &[]);
    serve(&["wine", "com", "listen", class.as_str(), "1"]).kill();
    let listener = serve(&["wine", "com", "listen", class.as_str(), "1"]);
    start("send", &class, &["still here"]).finish();
    assert_eq!(server.line(), "still here");
    assert_eq!(listener.rest(), ["still here"]);
}

#[test]
fn a_c_server_gets_what_is_sent() {
    let class = ClassName::new();
    let server = serve(&["wine", "com", "server", class.as_str(), "3"]);
    start("send", &class, &["Hello, Wörld!"]).finish();
    let words = ["send", &class.endpoint(), "--split", "line"];
    let mut sender = Program::samebox_of_windows(&words).with_input().start();
    sender.write("one\nzwölf\n");
    sender.finish();
    assert_eq!(server.rest(), ["Hello, Wörld!", "one", "zwölf"]);
}

#[test]
fn a_c_server_answers() {
    let class = ClassName::new();
    let server = serve(&["wine", "com", "server", class.as_str(), "1"]);
    assert_eq!(start("call", &class, &["wörd"]).finish(), ["echo:wörd"]);
    assert_eq!(server.rest(), ["wörd"]);
    assert_eq!(class.traces(&[]), Vec::<String>::new());
}

#[test]
fn a_client_killed_in_a_call_disturbs_nobody() {
    let class = installed();
    let _server = listen("reply", &class, &["--echo"]);
    for _ in 0..3 {
        let mut client = Program::peer(&["wine", "com", "again", class.as_str(), "busy"]).start();
        assert_eq!(client.line(), "busy");
        client.kill();
        assert_eq!(run(&["wine", "com", "call", class.as_str(), "after"]), ["after"]);
    }
    assert_eq!(start("call", &class, &["still here"]).finish(), ["still here"]);
}

#[test]
fn a_live_servers_name_is_refused_and_it_notices_nothing() {
    let class = installed();
    let mut server = listen("listen", &class, &[]);
    let told = start("listen", &class, &[]).fail(11);
    assert!(told.contains(class.as_str()), "{told}");
    run(&["wine", "com", "send", class.as_str(), "still here"]);
    assert_eq!(server.line(), "still here");
}

/// By the table of running objects: Wine tells others of the killed server's class for ever.
#[test]
fn a_killed_servers_name_is_usable_at_once() {
    let class = ClassName::new();
    listen("listen", &class, &[]).kill();
    let mut server = listen("listen", &class, &[]);
    start("send", &class, &["after"]).finish();
    assert_eq!(server.line(), "after");
}

#[test]
fn nothing_is_left_of_a_class_that_is_uninstalled() {
    let mut class = installed();
    let identities = class.identities();
    let [class_id, library, interface, events, file] = identities.as_slice() else {
        panic!("{identities:?}")
    };
    let traces = class.traces(&identities).join("\n");
    for one in [class_id, library, interface, events, file] {
        assert!(traces.contains(one), "{one} is not in {traces}");
    }
    class.uninstall();
    assert_eq!(class.traces(&identities), Vec::<String>::new());
    let told = fails(&["script", "com.js", "send", class.as_str(), "nobody"]);
    assert!(told.contains("can't create object"), "{told}");
}
