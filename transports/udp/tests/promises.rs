//! What only this transport promises; all that it shares with others is in the conformance suite.

use samebox_core::{
    Deadline, Error, ErrorKind, Inbox, Message, Outbox, Outgoing, Result, Transport,
};
use samebox_udp::{Udp, UdpInbox, UdpOutbox};
use std::net::UdpSocket;
use std::time::Duration;

fn server(endpoint: &str) -> UdpInbox {
    Udp.bind(&endpoint.parse().unwrap()).unwrap()
}

fn client_of(server: &UdpInbox) -> UdpOutbox {
    client(&format!("udp:{}", server.endpoint().name())).unwrap()
}

fn client(endpoint: &str) -> Result<UdpOutbox> {
    Udp.connect(&endpoint.parse()?, Deadline::now())
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(10))
}

fn send(client: &mut UdpOutbox, payload: &[u8]) -> Result<()> {
    client.send(payload.into(), Deadline::now())
}

fn send_many(client: &mut UdpOutbox, payloads: &[Vec<u8>]) -> Result<()> {
    let batch: Vec<Outgoing<'_>> = payloads.iter().map(|payload| payload[..].into()).collect();
    client.send_many(&batch, soon())
}

fn waiting(server: &mut UdpInbox) -> Vec<Vec<u8>> {
    let next = || server.recv(Deadline::now()).ok().map(|message| message.payload().to_vec());
    std::iter::from_fn(next).collect()
}

/// A socket that is not samebox's, with a port and patience of its own.
fn stranger() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    socket
}

fn client_of_stranger(stranger: &UdpSocket, settings: &str) -> UdpOutbox {
    client(&format!("udp:{}{settings}", stranger.local_addr().unwrap())).unwrap()
}

#[test]
fn the_system_chooses_a_port_and_the_endpoint_tells_it() {
    let server = server("udp:0?max=1000");
    let port = server.endpoint().name().strip_prefix("127.0.0.1:").unwrap();
    assert_ne!(port.parse::<u16>().unwrap(), 0);
    assert_eq!(server.endpoint().setting("max"), Some("1000"));
}

#[test]
fn both_families_of_addresses_work() {
    for endpoint in ["udp:0", "udp:localhost:0", "udp:[::1]:0"] {
        let mut server = server(endpoint);
        send(&mut client_of(&server), b"hello").unwrap();
        let message = server.recv(soon()).unwrap();
        assert_eq!(message.payload(), b"hello");
        assert!(message.peer().address.is_some() && message.peer().user.is_none());
    }
}

#[test]
fn a_stranger_sees_the_payload_verbatim_and_its_datagrams_are_messages() {
    let (stranger, mut server) = (stranger(), server("udp:0"));
    send(&mut client_of_stranger(&stranger, ""), b"plain\0text\n").unwrap();
    let mut buffer = [0; 64];
    assert_eq!(stranger.recv(&mut buffer).unwrap(), 11);
    assert_eq!(&buffer[..11], b"plain\0text\n");

    stranger.send_to(b"", server.endpoint().name()).unwrap();
    stranger.send_to(b"question", server.endpoint().name()).unwrap();
    assert_eq!(server.recv(soon()).unwrap().payload(), b"");
    let mut message = server.recv(soon()).unwrap();
    assert_eq!(message.peer().address, Some(stranger.local_addr().unwrap().to_string()));
    message.reply("answer").unwrap();
    assert_eq!(stranger.recv(&mut buffer).unwrap(), 6);
}

#[test]
fn the_largest_datagram_arrives_and_a_larger_one_never_leaves() {
    let mut server = server("udp:0");
    let mut client = client_of(&server);
    let largest = vec![7; Udp.capabilities().largest];
    send(&mut client, &largest).unwrap();
    assert_eq!(server.recv(soon()).unwrap().payload(), largest);
    let error = send(&mut client, &[0; 65_508]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(waiting(&mut server).is_empty());
}

#[test]
fn settings_that_udp_cannot_keep_are_refused() {
    for wrong in ["udp:1?max=65508", "udp:1?overflow=block", "udp:1?offload=yes", "udp:1?wait=5"] {
        let endpoint = wrong.parse().unwrap();
        let error = Udp.connect(&endpoint, Deadline::now()).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidEndpoint, "{wrong}");
    }
    let error = client("udp:0").map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidEndpoint);
    client("udp:1?wait=5s&overflow=drop-new&capacity=1MiB").unwrap();
}

#[test]
fn a_port_has_one_server() {
    let first = server("udp:0");
    let error = Udp.bind(first.endpoint()).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddressInUse);
    let endpoint = first.endpoint().clone();
    drop(first);
    Udp.bind(&endpoint).unwrap();
}

/// Lengths that make whole runs, cut runs, lone and empty messages.
fn mixed_batch() -> Vec<Vec<u8>> {
    let lengths = [5; 200].into_iter().chain([3, 0, 0, 5, 9, 2000, 2000, 1999, 1, 1]);
    lengths.enumerate().map(|(at, length)| vec![at as u8; length]).collect()
}

#[test]
fn batches_arrive_whole_and_in_order_with_and_without_offload() {
    for (from, to) in [("on", "on"), ("on", "off"), ("off", "on"), ("off", "off")] {
        let mut server = server(&format!("udp:0?offload={from}"));
        let endpoint = server.endpoint().with_setting("offload", to);
        let mut client = Udp.connect(&endpoint, Deadline::now()).unwrap();
        send_many(&mut client, &mixed_batch()).unwrap();
        assert_eq!(waiting(&mut server), mixed_batch(), "{from} {to}");
        assert_eq!(server.counters().received, mixed_batch().len() as u64);
    }
}

#[test]
fn a_batch_with_a_message_too_large_stops_before_it() {
    let mut server = server("udp:0?max=10");
    let mut client = Udp.connect(server.endpoint(), Deadline::now()).unwrap();
    let batch = [vec![1; 10], vec![2; 10], vec![3; 11], vec![4; 1]];
    let error = send_many(&mut client, &batch).unwrap_err();
    assert_eq!((error.kind(), error.completed()), (ErrorKind::TooLarge, 2));
    assert_eq!(waiting(&mut server), &batch[..2]);
}

#[test]
fn what_the_server_has_no_room_for_is_dropped_and_the_rest_arrives() {
    let mut server = server("udp:0?capacity=8KiB");
    let mut client = client_of(&server);
    let sent = 500_u64;
    (0..sent).for_each(|at| send(&mut client, &at.to_le_bytes()).unwrap());
    // What had no room is the end of it: the kernel drops what comes new.
    let arrived = waiting(&mut server);
    let expected: Vec<_> = (0..arrived.len() as u64).map(|at| at.to_le_bytes().to_vec()).collect();
    assert_eq!(arrived, expected);
    assert!(arrived.len() < sent as usize);

    send(&mut client, b"after").unwrap();
    assert_eq!(server.recv(soon()).unwrap().payload(), b"after");
}

#[cfg(target_os = "linux")]
#[test]
fn every_message_is_received_or_counted_as_lost() {
    let mut server = server("udp:0?capacity=8KiB");
    let mut client = client_of(&server);
    let sent = 500;
    (0..sent).for_each(|_| send(&mut client, b"message").unwrap());
    let arrived = waiting(&mut server).len() as u64;
    assert_eq!((server.counters().received, server.counters().lost), (arrived, sent - arrived));

    send(&mut client, b"after").unwrap();
    server.recv(soon()).unwrap();
    assert_eq!((server.counters().received, server.counters().lost), (arrived + 1, sent - arrived));
}

#[cfg(target_os = "linux")]
#[test]
fn batches_without_room_are_counted_message_by_message() {
    for offload in ["on", "off"] {
        let mut server = server(&format!("udp:0?capacity=64KiB&offload={offload}"));
        let mut client = client_of(&server);
        let batch = vec![vec![1; 64]; 64 * 100];
        send_many(&mut client, &batch).unwrap();
        let arrived = waiting(&mut server).len();
        assert!(arrived < batch.len());
        assert_eq!(arrived as u64 + server.counters().lost, batch.len() as u64, "{offload}");
    }
}

#[test]
fn messages_above_the_servers_limit_are_noted_and_the_rest_arrives() {
    let mut server = server("udp:0?max=4");
    let mut client = client_of(&server);
    send_many(&mut client, &[b"abcd".to_vec(), b"abcde".to_vec(), b"efgh".to_vec()]).unwrap();
    send_many(&mut client, &vec![vec![0; 5]; 20]).unwrap();
    send(&mut client, b"last").unwrap();
    assert_eq!(waiting(&mut server), [b"abcd", b"efgh", b"last"]);
    let counters = server.counters();
    assert_eq!((counters.received, counters.cut), (3, 21));
    let fault = server.take_fault().unwrap();
    assert_eq!(fault.kind(), ErrorKind::TooLarge);
    assert!(fault.to_string().contains("127.0.0.1:"), "{fault}");
}

#[test]
fn a_stopped_server_receives_nothing_more() {
    let mut server = server("udp:0");
    let mut client = client_of(&server);
    let stopper = server.stopper();
    let blocked = std::thread::spawn(move || {
        let outcome = server.recv(Deadline::NEVER).map_err(|error| error.kind());
        (server, outcome.map(drop))
    });
    stopper.stop();
    let (mut server, outcome) = blocked.join().unwrap();
    assert_eq!(outcome, Err(ErrorKind::Stopped));
    send(&mut client, b"late").unwrap();
    let again = server.recv(soon()).map(drop).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Stopped);
}

#[test]
fn what_outlives_a_server_does_not_keep_its_port() {
    let mut server = server("udp:0");
    send(&mut client_of(&server), b"question").unwrap();
    let (mut message, stopper) = (server.recv(soon()).unwrap(), server.stopper());
    let endpoint = server.endpoint().clone();
    drop(server);
    let mut next = Udp.bind(&endpoint).unwrap();
    stopper.stop();
    assert_eq!(kind(message.reply("late")), Err(ErrorKind::Disconnected));
    assert_eq!(kind(next.recv(Deadline::now())), Err(ErrorKind::TimedOut));
}

fn kind(outcome: Result<impl Sized>) -> Result<(), ErrorKind> {
    outcome.map(drop).map_err(|error: Error| error.kind())
}

fn call(client: &mut UdpOutbox, payload: &[u8], deadline: Deadline) -> Result<Vec<u8>> {
    let calls = client.as_call().unwrap();
    let call = calls.request(payload.into(), deadline)?;
    calls.response(call, deadline).map(|answer| answer.to_vec())
}

#[test]
fn answers_in_any_order_reach_their_calls() {
    let mut server = server("udp:0");
    let mut client = client_of(&server);
    let calls = client.as_call().unwrap();
    let ids = [b"a", b"b", b"c"].map(|text| calls.request(text[..].into(), soon()).unwrap());
    let mut questions: Vec<Message> = (0..3).map(|_| server.recv(soon()).unwrap()).collect();
    for question in questions.iter_mut().rev() {
        question.reply(question.payload().to_ascii_uppercase()).unwrap();
    }
    for (id, answer) in ids.into_iter().zip([b"A", b"B", b"C"]) {
        assert_eq!(&calls.response(id, soon()).unwrap()[..], answer);
        assert_eq!(kind(calls.response(id, soon())), Err(ErrorKind::TimedOut));
    }
}

#[test]
fn a_late_answer_reaches_no_other_call() {
    let mut server = server("udp:0");
    let mut client = client_of(&server);
    let gave_up = call(&mut client, b"slow", Deadline::after(Duration::from_millis(20)));
    assert_eq!(kind(gave_up), Err(ErrorKind::TimedOut));
    let mut slow = server.recv(soon()).unwrap();
    slow.reply("late").unwrap();
    let echo = std::thread::spawn(move || {
        let mut question = server.recv(soon()).unwrap();
        question.reply("prompt").unwrap();
    });
    assert_eq!(call(&mut client, b"quick", soon()).unwrap(), b"prompt");
    echo.join().unwrap();
}

#[test]
fn a_second_answer_to_one_call_answers_no_later_call() {
    let stranger = stranger();
    let mut client = client_of_stranger(&stranger, "");
    let twice = std::thread::spawn(move || {
        let (_, from) = stranger.recv_from(&mut [0; 8]).unwrap();
        stranger.send_to(b"first", from).unwrap();
        stranger.send_to(b"again", from).unwrap();
        (stranger, from)
    });
    assert_eq!(call(&mut client, b"1", soon()).unwrap(), b"first");
    let (stranger, from) = twice.join().unwrap();
    // The promise holds once the answers had a moment to come.
    std::thread::sleep(Duration::from_millis(2));
    let once = std::thread::spawn(move || {
        let (_, again) = stranger.recv_from(&mut [0; 8]).unwrap();
        assert_eq!(again, from);
        stranger.send_to(b"second", again).unwrap();
    });
    assert_eq!(call(&mut client, b"2", soon()).unwrap(), b"second");
    once.join().unwrap();
}

#[test]
fn answers_to_plain_messages_reach_no_call() {
    let mut server = server("udp:0");
    let mut client = client_of(&server);
    send(&mut client, b"one way").unwrap();
    server.recv(soon()).unwrap().reply("unasked").unwrap();
    let echo = std::thread::spawn(move || server.recv(soon()).unwrap().reply("asked").unwrap());
    assert_eq!(call(&mut client, b"?", soon()).unwrap(), b"asked");
    echo.join().unwrap();
}

#[test]
fn outstanding_calls_are_bounded_and_giving_up_makes_room() {
    let server = server("udp:0");
    let mut client = client_of(&server);
    let calls = client.as_call().unwrap();
    let mut ids: Vec<_> =
        (0..64).map(|_| calls.request(b"?"[..].into(), soon()).unwrap()).collect();
    assert_eq!(kind(calls.request(b"?"[..].into(), soon())), Err(ErrorKind::Full));
    let given_up = calls.response(ids.pop().unwrap(), Deadline::now());
    assert_eq!(kind(given_up), Err(ErrorKind::TimedOut));
    calls.request(b"?"[..].into(), soon()).unwrap();
}

#[test]
fn limits_and_missing_faults_hold_for_answers_too() {
    let mut server = server("udp:0?max=4");
    let mut client = Udp.connect(server.endpoint(), Deadline::now()).unwrap();
    let calls = client.as_call().unwrap();
    let mut ask = |payload: &[u8]| calls.request(payload.into(), soon());
    assert_eq!(kind(ask(b"12345")), Err(ErrorKind::TooLarge));
    ask(b"1").unwrap();
    ask(b"2").unwrap();
    let (mut first, mut second) = (server.recv(soon()).unwrap(), server.recv(soon()).unwrap());
    assert_eq!(kind(first.reply("12345")), Err(ErrorKind::TooLarge));
    assert_eq!(kind(second.fault("no")), Err(ErrorKind::Unsupported));
}

#[test]
fn an_answer_above_the_clients_limit_is_refused() {
    let mut server = server("udp:0");
    let endpoint = server.endpoint().with_setting("max", "4");
    let mut client = Udp.connect(&endpoint, Deadline::now()).unwrap();
    let calls = client.as_call().unwrap();
    let id = calls.request(b"?"[..].into(), soon()).unwrap();
    server.recv(soon()).unwrap().reply("12345").unwrap();
    assert_eq!(kind(calls.response(id, soon())), Err(ErrorKind::TooLarge));
}

/// Windows tells of a dead port only to a receive, and Wine not even then.
#[cfg(unix)]
mod on_a_dead_port {
    use super::*;
    use samebox_core::Endpoint;
    use std::net::SocketAddr;

    /// An endpoint on which nobody listens, at an address that no other test uses.
    fn nobody() -> Endpoint {
        let [.., high, low] = std::process::id().to_be_bytes();
        let socket = UdpSocket::bind(SocketAddr::from(([127, 8, high, low], 0))).unwrap();
        format!("udp:{}", socket.local_addr().unwrap()).parse().unwrap()
    }

    #[test]
    fn the_next_send_tells_it_and_is_not_sent() {
        let endpoint = nobody();
        let mut client = Udp.connect(&endpoint, Deadline::now()).unwrap();
        send(&mut client, b"lost").unwrap();
        let mut server = Udp.bind(&endpoint).unwrap();
        assert_eq!(kind(send(&mut client, b"refused")), Err(ErrorKind::NotListening));
        send(&mut client, b"delivered").unwrap();
        assert_eq!(waiting(&mut server), [b"delivered"]);
    }

    #[test]
    fn flush_tells_it_once() {
        let mut client = Udp.connect(&nobody(), Deadline::now()).unwrap();
        client.flush(soon()).unwrap();
        send(&mut client, b"lost").unwrap();
        assert_eq!(kind(client.flush(soon())), Err(ErrorKind::NotListening));
        client.flush(soon()).unwrap();
    }

    #[test]
    fn a_batch_tells_how_much_of_it_went_out() {
        let mut client = Udp.connect(&nobody(), Deadline::now()).unwrap();
        let error = send_many(&mut client, &vec![vec![0; 5]; 130]).unwrap_err();
        assert_eq!((error.kind(), error.completed()), (ErrorKind::NotListening, 64));
    }

    #[test]
    fn a_call_fails_at_once() {
        let mut client = Udp.connect(&nobody(), Deadline::now()).unwrap();
        assert_eq!(kind(call(&mut client, b"?", Deadline::NEVER)), Err(ErrorKind::NotListening));
    }
}
