//! A process at the limit of what it may open, and two that do nothing.

#![cfg(target_os = "linux")]

mod support;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use samebox_core::{Deadline, Endpoint, ErrorKind, Inbox, Transport};
use samebox_shm::{Shm, ShmInbox};
use std::fs::{read_dir, read_to_string};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use support::another::{self, Another};
use support::holdings::Holdings;
use support::{ask, assert_usable, bind, connect, endpoint, faults, recv, send, soon};

#[test]
fn another_process() {
    another::play(&[("poor", serve_in_poverty), ("idle", be_idle), ("asking", ask_in_vain)]);
}

/// Clients beyond the first one that a poor server has descriptors for.
const SPARE: u64 = 3;

/// A server that may open little, and tells of its faults when asked.
fn serve_in_poverty(odd: &str, endpoint: &Endpoint) {
    let mut server = bind(endpoint);
    let mut told = String::new();
    let held = Holdings::now().descriptors as u64 - 1;
    let limit = held + 2 * (SPARE + 1) + odd.parse::<u64>().unwrap();
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: Some(limit), maximum }).unwrap();
    another::ready();
    loop {
        let mut message = recv(&mut server);
        faults(&mut server).iter().for_each(|fault| told.push_str(&fault.to_string()));
        let answer = match message.payload() {
            b"faults" => told.clone().into_bytes(),
            b"cut" => server.counters().cut.to_string().into_bytes(),
            other => other.to_vec(),
        };
        let _ = message.reply(answer);
    }
}

#[test]
fn a_server_out_of_descriptors_keeps_its_clients_and_takes_more_when_some_have_gone() {
    // One descriptor more lets more of a client in before there is none left.
    for odd in ["0", "1", "2", "3"] {
        let endpoint = endpoint(&format!("poor-{odd}"), "");
        let server = Another::ready(&format!("poor {odd}"), &endpoint);
        let mut first = connect(&endpoint);
        assert_eq!(ask(&mut first, b"first").as_deref(), Ok(&b"first"[..]));
        // Some of them wait, some are sent away at once.
        let mut more: Vec<_> = (0..8).map(|_| Shm.connect(&endpoint, Deadline::now())).collect();
        for client in more.iter_mut().flatten() {
            let _ = send(client, b"more");
        }
        let deadline = Instant::now() + Duration::from_secs(20);
        let noted = loop {
            let told = ask(&mut first, b"faults").unwrap();
            if !told.is_empty() {
                break String::from_utf8(told.to_vec()).unwrap();
            }
            assert!(Instant::now() < deadline, "nothing is noted");
        };
        assert!(noted.contains("no more clients can come in for now"), "{noted}");
        drop(more);
        let is_in = || {
            let late = Shm.connect(&endpoint, soon());
            late.is_ok_and(|mut late| ask(&mut late, b"late").as_deref() == Ok(b"late"))
        };
        while !is_in() {
            assert!(Instant::now() < deadline, "nobody comes in");
        }
        let noted = ask(&mut first, b"faults").unwrap();
        assert!(!String::from_utf8_lossy(&noted).contains("more descriptors"), "{noted:?}");
        assert_eq!(ask(&mut first, b"cut").as_deref(), Ok(&b"0"[..]), "nobody did wrong");
        server.kill();
        assert_usable(&endpoint);
    }
}

/// What a process has used so far: ticks of processors, and how often its threads went to sleep.
fn used(process: u32) -> (u64, u64) {
    let stat = read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The second field is a name, which may contain anything, and ends with a bracket.
    let fields: Vec<_> = stat[stat.rfind(')').unwrap() + 2..].split(' ').collect();
    let ticks = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    let mut sleeps = 0;
    for task in read_dir(format!("/proc/{process}/task")).unwrap() {
        let status = read_to_string(task.unwrap().path().join("status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches"));
        sleeps += line.unwrap().rsplit('\t').next().unwrap().parse::<u64>().unwrap();
    }
    (ticks, sleeps)
}

/// Waits until a process has come to rest.
fn settle(process: u32) {
    const MOMENT: Duration = Duration::from_millis(100);
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut before = used(process);
    loop {
        std::thread::sleep(MOMENT);
        let now = used(process);
        if now == before {
            return;
        }
        assert!(Instant::now() < deadline, "it does not come to rest");
        before = now;
    }
}

/// A server that keeps a question, until its stopper ends it.
fn be_idle(_: &str, endpoint: &Endpoint) {
    let mut server = bind(endpoint);
    let stopper = server.stopper();
    let (asks, asked) = mpsc::channel();
    let serving = std::thread::spawn(move || receive_all(&mut server, &asks));
    assert_eq!(asked.recv().unwrap(), b"question");
    another::ready();
    assert_eq!(asked.recv().unwrap(), b"stop");
    stopper.stop();
    assert_eq!(serving.join().unwrap(), ErrorKind::Stopped);
}

fn receive_all(server: &mut ShmInbox, asks: &mpsc::Sender<Vec<u8>>) -> ErrorKind {
    let mut kept = Vec::new();
    loop {
        match server.recv(Deadline::NEVER) {
            Ok(message) => {
                asks.send(message.payload().to_vec()).unwrap();
                kept.push(message);
            }
            Err(error) => return error.kind(),
        }
    }
}

/// A client that waits for an answer until its server goes.
fn ask_in_vain(_: &str, endpoint: &Endpoint) {
    let kind = ask(&mut connect(endpoint), b"question").unwrap_err();
    assert!(matches!(kind, ErrorKind::Disconnected | ErrorKind::Fault), "{kind}");
}

#[test]
fn a_server_and_a_client_that_wait_use_no_processor_and_can_be_stopped() {
    let endpoint = endpoint("idle", "");
    let asking = Another::start("asking", &endpoint);
    let server = Another::ready("idle", &endpoint);
    for process in [server.id(), asking.id()] {
        settle(process);
    }
    let before = [server.id(), asking.id()].map(used);
    std::thread::sleep(Duration::from_secs(2));
    let after = [server.id(), asking.id()].map(used);
    for (before, after) in before.into_iter().zip(after) {
        assert!(after.0 - before.0 <= 1, "{} ticks", after.0 - before.0);
        assert!(after.1 - before.1 < 10, "{} sleeps", after.1 - before.1);
    }
    assert_eq!(send(&mut connect(&endpoint), b"stop"), Ok(()));
    server.finish();
    asking.finish();
}
