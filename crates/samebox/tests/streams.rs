//! The stream transports as a program uses them, with every framing.

use samebox::{ErrorKind, bind, connect};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(5);

/// One endpoint of each stream transport that this system has, unlike any other.
fn endpoints() -> Vec<String> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let unique = format!("streams-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let schemes: &[&str] = if cfg!(windows) { &["pipe:"] } else { &["unix:@", "unix:", "pipe:"] };
    let named = schemes.iter().map(|scheme| format!("{scheme}{unique}"));
    named.chain(["tcp:0".into()]).collect()
}

/// A pipe of Windows cannot end in one direction, which ends a question in `eof` framing.
fn can_call(endpoint: &str, framing: &str) -> bool {
    !(cfg!(windows) && endpoint.starts_with("pipe:") && framing == "eof")
}

#[test]
fn messages_arrive_in_order_with_each_framing() {
    for (base, framing) in with_framings(&["length", "line", "eof", "header"]) {
        let mut server = bind(&format!("{base}?framing={framing}")).unwrap();
        let at = server.endpoint().to_string();
        let mut client = connect(&at).unwrap();
        for text in ["one", "two", "three"] {
            client.send(text).unwrap();
        }
        for text in ["one", "two", "three"] {
            assert_eq!(server.recv(SOON).unwrap().text().unwrap(), text, "{at}");
        }
    }
}

#[test]
fn a_batch_arrives_whole_and_in_order() {
    for (base, framing) in with_framings(&["length", "line", "header"]) {
        let mut server = bind(&format!("{base}?framing={framing}")).unwrap();
        let at = server.endpoint().to_string();
        let mut client = connect(&at).unwrap();
        assert_eq!(client.send_many((0..2000).map(|n| format!("n{n}"))).unwrap(), 2000);
        for n in 0..2000 {
            assert_eq!(server.recv(SOON).unwrap().text().unwrap(), format!("n{n}"), "{at}");
        }
    }
}

#[test]
fn answers_of_every_size_come_back_whole() {
    for (base, framing) in with_framings(&["length", "header", "eof"]) {
        if !can_call(&base, framing) {
            continue;
        }
        let server = bind(&format!("{base}?framing={framing}")).unwrap();
        let at = server.endpoint().to_string();
        let running = server.start(|mut message| {
            let payload = message.payload().to_vec();
            message.reply(payload).unwrap();
        });
        let running = running.unwrap();
        let mut client = connect(&at).unwrap();
        for size in [1usize, 100, 5000, 70_000, 1 << 20, 16 << 20] {
            let payload: Vec<u8> = (0..size).map(|at| at as u8).collect();
            let answer =
                client.call(&payload, SOON).unwrap_or_else(|e| panic!("{at} {size}: {e:?}"));
            assert!(answer[..] == payload[..], "{at} {size}");
        }
        let error = client.call(vec![0; (16 << 20) + 1], SOON).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        running.stop().unwrap();
    }
}

fn with_framings(framings: &[&'static str]) -> Vec<(String, &'static str)> {
    framings
        .iter()
        .flat_map(|framing| endpoints().into_iter().map(move |at| (at, *framing)))
        .collect()
}

#[test]
fn clients_may_become_many_and_few_again() {
    for base in endpoints() {
        let mut server = bind(&base).unwrap();
        let at = server.endpoint().to_string();
        let mut clients = Vec::new();
        // Up over what is waited for one by one, down to a single one, and up again.
        for wanted in [1, 40, 1, 20] {
            clients.truncate(wanted);
            while clients.len() < wanted {
                clients.push(connect(&at).unwrap());
            }
            for (number, client) in clients.iter_mut().enumerate() {
                client.send(number.to_string()).unwrap();
            }
            let mut received: Vec<usize> = (0..wanted)
                .map(|_| server.recv(SOON).unwrap().text().unwrap().parse().unwrap())
                .collect();
            received.sort_unstable();
            assert_eq!(received, (0..wanted).collect::<Vec<_>>(), "{at}");
        }
    }
}
