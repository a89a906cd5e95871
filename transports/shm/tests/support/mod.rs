//! What the fault tests of this transport share: endpoints, other processes, what a process holds.

#![allow(dead_code, reason = "each test program uses its part of it")]

pub(crate) mod another;
pub(crate) mod chance;
pub(crate) mod holdings;
pub(crate) mod raw;
pub(crate) mod told;

use samebox_core::{
    Bytes, Call, Deadline, Endpoint, Error, ErrorKind, Inbox, Message, Outbox, Transport,
};
use samebox_shm::{Shm, ShmInbox, ShmOutbox};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Long enough for anything that is going to happen.
pub(crate) fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

/// Keeps the tests of one program from each other: they count what the process holds.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An endpoint of that name, unique to this process, with settings, `a=1&b=2`.
pub(crate) fn endpoint(name: &str, settings: &str) -> Endpoint {
    let text = format!("shm:{name}-{}?{settings}", std::process::id());
    text.trim_end_matches('?').parse().unwrap()
}

pub(crate) fn bind(endpoint: &Endpoint) -> ShmInbox {
    Shm.bind(endpoint).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn connect(endpoint: &Endpoint) -> ShmOutbox {
    Shm.connect(endpoint, soon()).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn send(client: &mut ShmOutbox, payload: &[u8]) -> Result<(), ErrorKind> {
    client.send(payload.into(), soon()).map_err(|error| error.kind())
}

pub(crate) fn ask(client: &mut ShmOutbox, payload: &[u8]) -> Result<Bytes, ErrorKind> {
    let call = client.request(payload.into(), soon()).map_err(|error| error.kind())?;
    client.response(call, soon()).map_err(|error| error.kind())
}

/// The next message, if it comes within that time.
pub(crate) fn recv_within(server: &mut ShmInbox, patience: Duration) -> Option<Message> {
    match server.recv(Deadline::after(patience)) {
        Ok(message) => Some(message),
        Err(error) if error.kind() == ErrorKind::TimedOut => None,
        Err(error) => panic!("{error}"),
    }
}

/// The next message, which is certain to come.
pub(crate) fn recv(server: &mut ShmInbox) -> Message {
    server.recv(soon()).unwrap_or_else(|error| panic!("{error}"))
}

/// One message from a client just connected to a server just bound.
pub(crate) fn assert_usable(endpoint: &Endpoint) {
    let (mut server, mut client) = (bind(endpoint), connect(endpoint));
    assert_eq!(send(&mut client, b"through"), Ok(()));
    assert_eq!(recv(&mut server).payload(), b"through");
}

/// Serves, answering each question with its own words, until that holds.
#[track_caller]
pub(crate) fn serve_until(server: &mut ShmInbox, mut is_over: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_over() {
        assert!(Instant::now() < deadline, "it takes too long");
        if let Some(mut message) = recv_within(server, Duration::from_millis(2))
            && message.can_reply()
        {
            let payload = message.payload().to_vec();
            // Who asked may be gone.
            let _ = message.reply(payload);
        }
    }
}

/// As [`serve_until`], looking at every other message where it lies.
#[track_caller]
pub(crate) fn look_until(server: &mut ShmInbox, mut is_over: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut turn = 0;
    while !is_over() {
        assert!(Instant::now() < deadline, "it takes too long");
        turn += 1;
        let mut is_served = turn % 2 == 0;
        serve_until(server, || std::mem::replace(&mut is_served, true));
        let look = server.as_look().unwrap();
        match look.look(Deadline::after(Duration::from_millis(2))) {
            Ok(()) => {
                let mut payload = vec![0; look.payload().len()];
                assert!(look.payload().copy_to(0, &mut payload));
                // It may not be asked, or gone; and now and then it is not given back at once.
                let _ = look.reply(&payload);
                (turn % 3 == 0).then(|| look.done());
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}"),
        }
    }
}

/// All faults that a server has noted and nobody has taken.
pub(crate) fn faults(server: &mut ShmInbox) -> Vec<Error> {
    std::iter::from_fn(|| server.take_fault()).collect()
}

/// An honest client: so many calls, each of which must be answered.
pub(crate) fn call_often(count: &str, endpoint: &Endpoint) {
    let mut client = connect(endpoint);
    for number in 0..count.parse::<u64>().unwrap() {
        let question = number.to_le_bytes();
        assert_eq!(ask(&mut client, &question).as_deref(), Ok(&question[..]));
    }
}
