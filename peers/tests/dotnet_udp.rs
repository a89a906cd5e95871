//! `udp:` and `UdpClient` of .NET Core and Mono.

#![cfg(unix)]

use samebox::{ErrorKind, Server, bind, connect};
use samebox_peers::{PATIENCE, Program, for_each_runtime, run, serve, texts};

/// A server of ours on a free port of this machine, and the port.
fn bind_free() -> (Server, String) {
    let server = bind("udp:0").unwrap();
    let port = server.endpoint().name().rsplit(':').next().unwrap().to_owned();
    (server, port)
}

for_each_runtime! {
    fn datagrams_of_an_udp_client_arrive(runtime: &str) {
        let (mut server, port) = bind_free();
        run(&[runtime, "udp", "send", &port, "Hello, Wörld!", "again"]);
        assert_eq!(texts(&mut server, 2), ["Hello, Wörld!", "again"]);
    }

    fn a_burst_of_an_udp_client_arrives_one_by_one(runtime: &str) {
        let (mut server, port) = bind_free();
        let burst: Vec<_> = (100..200).map(|n| format!("number {n}")).collect();
        let sender = [runtime, "udp", "send", &port].into_iter();
        run(&sender.chain(burst.iter().map(String::as_str)).collect::<Vec<_>>());
        assert_eq!(texts(&mut server, 100), burst);
    }

    fn an_udp_client_receives_what_was_sent(runtime: &str) {
        let server = serve(&[runtime, "udp", "receive", "0", "2"]);
        let mut client = connect(&format!("udp:{}", server.port())).unwrap();
        client.send("Hello, Wörld!").unwrap();
        client.send("again").unwrap();
        assert_eq!(server.rest(), ["Hello, Wörld!", "again"]);
    }

    /// The kernel may carry a batch in one piece, and must cut it for a receiver that knows nothing
    /// of that.
    fn an_udp_client_receives_a_batch_one_by_one(runtime: &str) {
        let server = serve(&[runtime, "udp", "receive", "0", "101"]);
        let mut batch: Vec<_> = (100..200).map(|n| format!("number {n}")).collect();
        batch.push("a shorter".into());
        let mut client = connect(&format!("udp:{}", server.port())).unwrap();
        assert_eq!(client.send_many(&batch).unwrap(), 101);
        assert_eq!(server.rest(), batch);
    }

    fn the_largest_datagram_arrives_whole_both_ways(runtime: &str) {
        let largest = "x".repeat(65_507);
        let (mut server, port) = bind_free();
        run(&[runtime, "udp", "send", &port, &largest]);
        assert!(texts(&mut server, 1) == [largest.as_str()]);
        let server = serve(&[runtime, "udp", "receive", "0", "1"]);
        connect(&format!("udp:{}", server.port())).unwrap().send(&largest).unwrap();
        assert!(server.rest() == [largest]);
    }

    fn it_answers_calls(runtime: &str) {
        let server = serve(&[runtime, "udp", "echo", "0", "2"]);
        let mut client = connect(&format!("udp:{}", server.port())).unwrap();
        for text in ["one", "zwölf"] {
            assert_eq!(client.call(text, PATIENCE).unwrap(), format!("echo:{text}"));
        }
        assert_eq!(server.rest(), ["one", "zwölf"]);
    }

    fn its_calls_get_answers(runtime: &str) {
        let (server, port) = bind_free();
        let server = server.start(|mut message| {
            let answer = format!("heard {}", message.text().unwrap());
            message.reply(answer).unwrap();
        });
        let answers = run(&[runtime, "udp", "call", &port, "one", "zwölf"]);
        assert_eq!(answers, ["heard one", "heard zwölf"]);
        server.unwrap().stop().unwrap();
    }

    fn a_port_that_it_has_is_refused_and_it_goes_on(runtime: &str) {
        let server = serve(&[runtime, "udp", "receive", "0", "1"]);
        let endpoint = format!("udp:{}", server.port());
        let refused = bind(&endpoint).err().map(|error| error.kind());
        assert_eq!(refused, Some(ErrorKind::AddressInUse));
        connect(&endpoint).unwrap().send("still here").unwrap();
        assert_eq!(server.rest(), ["still here"]);
    }

    fn a_port_of_ours_is_not_taken_by_it(runtime: &str) {
        let (mut server, port) = bind_free();
        let thief = Program::peer(&[runtime, "udp", "receive", &port, "1"]).start();
        let refused = thief.fail(1);
        assert!(refused.contains("SocketException"), "{refused}");
        connect(&format!("udp:{port}")).unwrap().send("still here").unwrap();
        assert_eq!(texts(&mut server, 1), ["still here"]);
    }

    fn the_program_sends_and_listens(runtime: &str) {
        let mut listener = Program::samebox(&["listen", "udp:0", "--count", "1"]).start();
        let endpoint = listener.listening();
        let port = endpoint.rsplit(':').next().unwrap();
        run(&[runtime, "udp", "send", port, "in"]);
        assert_eq!(listener.finish(), ["in"]);
        let server = serve(&[runtime, "udp", "receive", "0", "1"]);
        let endpoint = format!("udp:{}", server.port());
        Program::samebox(&["send", &endpoint, "out"]).start().finish();
        assert_eq!(server.rest(), ["out"]);
    }
}

/// Mono never sends one.
#[test]
fn empty_datagrams_arrive_both_ways() {
    let (mut server, port) = bind_free();
    run(&["dotnet", "udp", "send", &port, "", "end"]);
    assert_eq!(texts(&mut server, 2), ["", "end"]);
    let server = serve(&["dotnet", "udp", "receive", "0", "2"]);
    let mut client = connect(&format!("udp:{}", server.port())).unwrap();
    client.send("").unwrap();
    client.send("end").unwrap();
    assert_eq!(server.rest(), ["", "end"]);
}
