//! Round trips of a typed call beside those of a plain one, over the same transports.
//!
//! Both sides are threads of one process. `cargo bench -p samebox-contract`; an argument is the
//! number of calls per row.

#[path = "../tests/greeter/mod.rs"]
mod greeter;

use greeter::{GREETER, Greeter, Place};
use samebox_contract::Host;
use samebox_core::{Deadline, Outbox};
use std::sync::Arc;
use std::time::Instant;

const TEXT: &str = "0123456789abcdef0123456789abcdef";

fn main() {
    let calls = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(20_000);
    let pid = std::process::id();
    let socket = std::env::temp_dir().join(format!("samebox-contract-bench-{pid}.sock"));
    let shm = || Place::of(&samebox_shm::Shm, &format!("shm:samebox-contract-bench-{pid}"));
    let unix = || Place::of(&samebox_unix::Unix, &format!("unix:{}", socket.display()));
    println!("{:<6} {:<24} {:>9} {:>9}", "", "round trip, ns", "p50", "p99");
    for (name, place) in [("shm", &shm as &dyn Fn() -> Place), ("unix", &unix)] {
        row(name, "plain call", plain(place(), calls));
        row(name, "typed call, 1 thread", typed(place(), 1, calls));
        row(name, "typed call, 4 threads", typed(place(), 4, calls));
    }
}

fn row(name: &str, what: &str, mut times: Vec<u64>) {
    times.sort_unstable();
    let at = |part: usize| times[times.len() * part / 100];
    println!("{name:<6} {what:<24} {:>9} {:>9}", at(50), at(99));
}

/// Times calls after a tenth of them that is not counted.
fn time(calls: usize, mut call: impl FnMut()) -> Vec<u64> {
    (0..calls / 10).for_each(|_| call());
    let timed = |_| {
        let begun = Instant::now();
        call();
        begun.elapsed().as_nanos() as u64
    };
    (0..calls).map(timed).collect()
}

fn plain(place: Place, calls: usize) -> Vec<u64> {
    let mut inbox = place.transport.bind(&place.endpoint).unwrap();
    let stopper = inbox.stopper();
    let server = std::thread::spawn(move || {
        while let Ok(mut message) = inbox.recv(Deadline::NEVER) {
            let payload = message.payload().to_vec();
            message.reply(payload).unwrap();
        }
    });
    let mut outbox = place.transport.connect(&place.endpoint, Deadline::NEVER).unwrap();
    let times = time(calls, || {
        let answer = ask(&mut *outbox);
        assert_eq!(answer, TEXT.len());
    });
    stopper.stop();
    server.join().unwrap();
    times
}

fn ask(outbox: &mut dyn Outbox) -> usize {
    let calls = outbox.as_call().unwrap();
    let call = calls.request(TEXT.as_bytes().into(), Deadline::NEVER).unwrap();
    calls.response(call, Deadline::NEVER).unwrap().len()
}

fn typed(mut place: Place, threads: usize, calls: usize) -> Vec<u64> {
    let host = Host::shared(&GREETER, Arc::<Greeter>::default()).with_threads(threads);
    let _serving = place.host(host);
    let client = place.connect();
    time(calls, || {
        let answer = client.echo(TEXT.as_bytes()).unwrap();
        assert_eq!(answer.len(), TEXT.len());
    })
}
