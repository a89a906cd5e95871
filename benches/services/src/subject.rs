//! What is measured: ways to ask one server to echo a text.

use crate::tonic::Threads;
use crate::{samebox, tonic};
use std::path::Path;

/// The result of anything here; errors end the program with their words.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A client of an echo.
pub(crate) trait Echo {
    /// One call and its answer.
    fn echo(&mut self, text: &str) -> Outcome<String>;

    /// One call without an answer, where there is one.
    fn tell(&mut self, _: &str) -> Outcome<bool> {
        Ok(false)
    }
}

/// One way to ask, in a process of its own for the server.
#[derive(Clone, Copy)]
pub(crate) struct Subject {
    /// What the table calls it.
    pub(crate) name: &'static str,
    /// Serves at a path until the process ends; calls the closure when clients may come.
    pub(crate) serve: fn(&Path, &mut dyn FnMut()) -> Outcome<()>,
    /// Connects to it.
    pub(crate) connect: fn(&Path) -> Outcome<Box<dyn Echo>>,
}

/// The floor: a message and its answer over the same kind of socket.
pub(crate) const FLOOR: &str = "unix: call";

/// Every way, the floor first.
pub(crate) const SUBJECTS: &[Subject] = &[
    Subject { name: FLOOR, serve: samebox::serve_plain, connect: samebox::connect_plain },
    Subject {
        name: "unix: contract",
        serve: |path, ready| samebox::serve_contract(&samebox::unix(path), ready),
        connect: |path| samebox::connect_contract(&samebox::unix(path)),
    },
    Subject {
        name: "net.uds: contract",
        serve: |path, ready| samebox::serve_contract(&samebox::net_uds(path), ready),
        connect: |path| samebox::connect_contract(&samebox::net_uds(path)),
    },
    Subject {
        name: "tonic",
        serve: |path, ready| tonic::serve(path, Threads::Many, ready),
        connect: |path| Ok(Box::new(tonic::Client::connect(path, Threads::Many)?)),
    },
    Subject {
        name: "tonic, one thread at each end",
        serve: |path, ready| tonic::serve(path, Threads::One, ready),
        connect: |path| Ok(Box::new(tonic::Client::connect(path, Threads::One)?)),
    },
];
