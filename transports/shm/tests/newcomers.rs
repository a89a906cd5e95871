//! Clients that come one after the other and ask at once, on a core that others use too: nobody's question,
//! and nobody's answer, is slept through.

#![cfg(target_os = "linux")]

mod support;

use samebox_core::Endpoint;
use samebox_sys::unix::processor::stay_on;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support::another::{self, Another};
use support::chance::spin_until;
use support::{ask, bind, connect, endpoint, serve_until};

const NEWCOMERS: u32 = 1000;

#[test]
fn another_process() {
    another::play(&[("newcomers", come_and_ask)]);
}

fn come_and_ask(_: &str, endpoint: &Endpoint) {
    // Where there is a second core.
    let _ = stay_on(1);
    for number in 0..NEWCOMERS {
        let question = number.to_le_bytes();
        assert_eq!(ask(&mut connect(endpoint), &question).as_deref(), Ok(&question[..]));
    }
}

/// Tells the others that it is over, even if it ends badly.
struct AtTheEnd<'a>(&'a AtomicBool);

impl Drop for AtTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn who_comes_and_asks_is_answered_however_late_the_server_gets_to_it() {
    stay_on(0).unwrap();
    let endpoint = endpoint("newcomers", "");
    let mut server = bind(&endpoint);
    let is_over = AtomicBool::new(false);
    let (is_over, server) = (&is_over, &mut server);
    std::thread::scope(|scope| {
        // They take the core from the server at any moment, for longer than a client looks at its bell.
        for _ in 0..2 {
            scope.spawn(move || while !is_over.load(Ordering::Relaxed) {});
        }
        let _end = AtTheEnd(is_over);
        let mut newcomers = Another::start("newcomers", &endpoint);
        let mut end = None;
        serve_until(server, || {
            // So that it is its turn to be taken off.
            spin_until(Instant::now() + Duration::from_micros(500));
            end = newcomers.ended();
            end.is_some()
        });
        assert!(end.is_some_and(|end| end.success()), "{end:?}");
    });
}
