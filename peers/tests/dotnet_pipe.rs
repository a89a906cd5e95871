//! `pipe:` and the named pipes of .NET Core and Mono, on Unix.

#![cfg(unix)]

use samebox::{Deadline, ErrorKind, bind, connect};
use samebox_peers::{PATIENCE, PipeName, Program, for_each_runtime, run, serve, texts};
use std::thread;

for_each_runtime! {
    fn lines_that_a_stream_writer_wrote_arrive(runtime: &str) {
        let name = PipeName::new();
        let mut server = bind(&name.with("framing=line")).unwrap();
        run(&[runtime, "pipe", "client", name.as_str(), "Hello, Wörld!", "", "again"]);
        assert_eq!(texts(&mut server, 3), ["Hello, Wörld!", "", "again"]);
    }

    fn what_a_stream_writer_wrote_arrives_to_the_end(runtime: &str) {
        let name = PipeName::new();
        let mut server = bind(&name.with("framing=eof")).unwrap();
        run(&[runtime, "pipe", "client", name.as_str(), "two\nlines", "again"]);
        assert_eq!(texts(&mut server, 2), ["two\nlines\n", "again\n"]);
    }

    fn frames_of_a_binary_writer_arrive(runtime: &str) {
        let name = PipeName::new();
        let mut server = bind(&name.to_string()).unwrap();
        run(&[runtime, "pipe", "frames", name.as_str(), "one", "", "zwölf"]);
        assert_eq!(texts(&mut server, 3), ["one", "", "zwölf"]);
    }

    fn the_kernel_names_the_peer(runtime: &str) {
        let name = PipeName::new();
        let mut server = bind(&name.with("framing=line")).unwrap();
        let client = Program::peer(&[runtime, "pipe", "client", name.as_str(), "me"]).start();
        let message = server.recv(PATIENCE).unwrap();
        assert_eq!(message.peer().pid, Some(client.id()));
        client.finish();
    }

    fn read_to_end_gives_what_was_sent(runtime: &str) {
        let name = PipeName::new();
        let mut server = serve(&[runtime, "pipe", "server", name.as_str(), "1"]);
        let mut client = connect(&name.with("framing=eof")).unwrap();
        client.send("Hello, Wörld!").unwrap();
        assert_eq!(server.got(), "Hello, Wörld!");
        server.finish();
    }

    fn read_to_end_gives_a_large_message_whole(runtime: &str) {
        let name = PipeName::new();
        let server = serve(&[runtime, "pipe", "server", name.as_str(), "1"]);
        let large = "ö".repeat(1 << 20);
        connect(&name.with("framing=eof")).unwrap().send(&large).unwrap();
        assert!(server.rest() == [large]);
    }

    fn read_line_gives_every_line_of_one_connection(runtime: &str) {
        let name = PipeName::new();
        let server = serve(&[runtime, "pipe", "lines", name.as_str(), "1"]);
        let lines: Vec<_> = (0..1000).map(|n| format!("line {n}")).collect();
        let mut client = connect(&name.with("framing=line")).unwrap();
        client.send("first").unwrap();
        client.send_many(&lines).unwrap();
        drop(client);
        let got = server.rest();
        assert_eq!(got[0], "first");
        assert!(got[1..] == lines);
    }

    fn a_binary_reader_gives_every_frame(runtime: &str) {
        let name = PipeName::new();
        let server = serve(&[runtime, "pipe", "frame-server", name.as_str(), "1"]);
        let mut client = connect(&name.to_string()).unwrap();
        client.send("one").unwrap();
        client.send_many(["", "zwölf"]).unwrap();
        drop(client);
        assert_eq!(server.rest(), ["one", "", "zwölf"]);
    }

    /// Its listener is closed between two messages, and what was waiting there is dropped.
    fn three_quick_sends_arrive_at_a_server_of_one_message_per_instance(runtime: &str) {
        let name = PipeName::new();
        let server = serve(&[runtime, "pipe", "server", name.as_str(), "3"]);
        let mut client = connect(&name.with("framing=eof")).unwrap();
        for text in ["one", "two", "three"] {
            client.send(text).unwrap();
        }
        client.flush(PATIENCE).unwrap();
        assert_eq!(sorted(server.rest()), ["one", "three", "two"]);
    }

    fn three_quick_sends_arrive_when_their_client_is_dropped_at_once(runtime: &str) {
        let name = PipeName::new();
        let server = serve(&[runtime, "pipe", "server", name.as_str(), "3"]);
        let mut client = connect(&name.with("framing=eof")).unwrap();
        client.send_many(["one", "two", "three"]).unwrap();
        drop(client);
        assert_eq!(sorted(server.rest()), ["one", "three", "two"]);
    }

    fn three_programs_that_send_one_after_the_other_all_deliver(runtime: &str) {
        let name = PipeName::new();
        let server = serve(&[runtime, "pipe", "server", name.as_str(), "3"]);
        for text in ["one", "two", "three"] {
            Program::samebox(&["send", &name.with("framing=eof"), text]).start().finish();
        }
        assert_eq!(server.rest(), ["one", "two", "three"]);
    }

    fn three_programs_that_send_at_once_all_deliver(runtime: &str) {
        let name = PipeName::new();
        let server = serve(&[runtime, "pipe", "server", name.as_str(), "3"]);
        let endpoint = name.with("framing=eof&wait=10s");
        let senders = ["one", "two", "three"]
            .map(|text| Program::samebox(&["send", &endpoint, text]).start());
        senders.into_iter().for_each(|sender| drop(sender.finish()));
        assert_eq!(sorted(server.rest()), ["one", "three", "two"]);
    }

    fn calls_are_answered_by_lines(runtime: &str) {
        let name = PipeName::new();
        let server = serve(&[runtime, "pipe", "echo", name.as_str(), "1"]);
        let mut client = connect(&name.with("framing=line")).unwrap();
        assert_eq!(&client.call("one", PATIENCE).unwrap()[..], b"echo:one");
        assert_eq!(&client.call("zwei", PATIENCE).unwrap()[..], b"echo:zwei");
        drop(client);
        assert_eq!(server.rest(), ["one", "zwei"]);
    }

    fn the_program_calls_it_and_prints_the_answer(runtime: &str) {
        let name = PipeName::new();
        let server = serve(&[runtime, "pipe", "echo", name.as_str(), "1"]);
        let call = Program::samebox(&["call", &name.with("framing=line"), "zwölf"]).start();
        assert_eq!(call.finish(), ["echo:zwölf"]);
        assert_eq!(server.rest(), ["zwölf"]);
    }

    fn its_calls_get_answers(runtime: &str) {
        let name = PipeName::new();
        let server = bind(&name.with("framing=line")).unwrap();
        let server = server.start(|mut message| {
            let answer = format!("heard {}", message.text().unwrap());
            message.reply(answer).unwrap();
        });
        let answers = run(&[runtime, "pipe", "call", name.as_str(), "one", "zwölf"]);
        assert_eq!(answers, ["heard one", "heard zwölf"]);
        server.unwrap().stop().unwrap();
    }

    fn the_program_answers_its_calls(runtime: &str) {
        let name = PipeName::new();
        let reply = ["reply", &name.with("framing=line"), "--echo", "--count", "2"];
        let mut server = Program::samebox(&reply).start();
        server.listening();
        let answers = run(&[runtime, "pipe", "call", name.as_str(), "one", "two"]);
        assert_eq!(answers, ["one", "two"]);
        server.finish();
    }

    fn a_server_that_starts_later_is_waited_for(runtime: &str) {
        let name = PipeName::new();
        let endpoint = name.with("framing=eof&wait=20s");
        let client = thread::spawn(move || connect(&endpoint)?.send("early"));
        let mut server = serve(&[runtime, "pipe", "server", name.as_str(), "1"]);
        assert_eq!(server.got(), "early");
        client.join().unwrap().unwrap();
    }

    fn its_client_waits_for_a_server_that_starts_later(runtime: &str) {
        let name = PipeName::new();
        let client = Program::peer(&[runtime, "pipe", "client", name.as_str(), "early"]).start();
        let mut server = bind(&name.with("framing=line")).unwrap();
        assert_eq!(texts(&mut server, 1), ["early"]);
        client.finish();
    }

    fn a_killed_servers_name_is_usable_at_once(runtime: &str) {
        let name = PipeName::new();
        let mut killed = Program::samebox(&["listen", &name.with("framing=line")]).start();
        killed.listening();
        run(&[runtime, "pipe", "client", name.as_str(), "before"]);
        assert_eq!(killed.line(), "before");
        killed.kill();
        assert!(name.path().exists(), "a killed server cannot tidy up");
        let mut server = bind(&name.with("framing=line")).unwrap();
        run(&[runtime, "pipe", "client", name.as_str(), "after"]);
        assert_eq!(texts(&mut server, 1), ["after"]);
    }

    fn a_client_finds_the_successor_of_a_killed_server(runtime: &str) {
        let name = PipeName::new();
        let mut first = serve(&[runtime, "pipe", "lines", name.as_str(), "9"]);
        let mut client = connect(&name.with("framing=line&wait=20s")).unwrap();
        client.send("before").unwrap();
        assert_eq!(first.got(), "before");
        first.kill();
        let mut second = serve(&[runtime, "pipe", "lines", name.as_str(), "9"]);
        client.send("after").unwrap();
        assert_eq!(second.got(), "after");
    }

    fn a_killed_server_is_not_listening(runtime: &str) {
        let name = PipeName::new();
        serve(&[runtime, "pipe", "server", name.as_str(), "9"]).kill();
        let refused = connect(&name.to_string()).err().map(|error| error.kind());
        assert_eq!(refused, Some(ErrorKind::NotListening));
    }

    /// A look that it notices would be a message of nothing to it.
    fn a_live_servers_name_is_refused_and_it_notices_nothing(runtime: &str) {
        let name = PipeName::new();
        let server = serve(&[runtime, "pipe", "server", name.as_str(), "1"]);
        for _ in 0..3 {
            let refused = bind(&name.with("framing=eof")).err().map(|error| error.kind());
            assert_eq!(refused, Some(ErrorKind::AddressInUse));
        }
        connect(&name.with("framing=eof")).unwrap().send("still here").unwrap();
        assert_eq!(server.rest(), ["still here"]);
    }

    /// A .NET server takes any name, and removes it when it ends.
    fn a_name_that_it_took_and_gave_up_is_restored(runtime: &str) {
        let name = PipeName::new();
        let mut server = bind(&name.with("framing=line")).unwrap();
        let thief = serve(&[runtime, "pipe", "server", name.as_str(), "1"]);
        let deadline = Deadline::after(PATIENCE);
        let fault = loop {
            if let Some(fault) = server.take_fault() {
                break fault;
            }
            assert!(!deadline.has_passed(), "the server does not notice");
            let _ = server.recv(std::time::Duration::from_millis(100));
        };
        assert_eq!(fault.kind(), ErrorKind::AddressInUse);
        connect(&name.with("framing=eof")).unwrap().send("for the thief").unwrap();
        assert_eq!(thief.rest(), ["for the thief"]);
        let client = name.with("framing=line&wait=20s");
        let client = thread::spawn(move || connect(&client)?.send("for the owner"));
        assert_eq!(texts(&mut server, 1), ["for the owner"]);
        client.join().unwrap().unwrap();
    }

    fn a_rooted_name_is_a_path_to_both(runtime: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let path = path.to_str().unwrap();
        let mut server = bind(&format!("pipe:{path}?framing=line")).unwrap();
        run(&[runtime, "pipe", "client", path, "rooted"]);
        assert_eq!(texts(&mut server, 1), ["rooted"]);
    }

    fn both_follow_tmpdir(runtime: &str) {
        let folder = tempfile::tempdir().unwrap();
        let name = PipeName::new();
        let listen = ["listen", &name.with("framing=line"), "--count", "1"];
        let mut server = Program::samebox(&listen).env("TMPDIR", folder.path()).start();
        server.listening();
        let client = ["pipe", "client", name.as_str(), "elsewhere"];
        let client = [&[runtime], &client[..]].concat();
        Program::peer(&client).env("TMPDIR", folder.path()).start().finish();
        assert_eq!(server.finish(), ["elsewhere"]);
    }
}

#[test]
fn a_server_for_the_current_user_lets_us_in() {
    let name = PipeName::new();
    let server = serve(&["dotnet", "pipe", "current-user", name.as_str(), "1"]);
    connect(&name.with("framing=eof")).unwrap().send("mine").unwrap();
    assert_eq!(server.rest(), ["mine"]);
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}
