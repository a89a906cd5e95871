//! Drives programs that are not samebox, for the tests beside it.
//!
//! Whatever is started here ends with its test, and nothing waits longer than [`PATIENCE`]. A program
//! that is missing fails the test that wants it.

#![forbid(unsafe_code)]

mod bus;
mod class;
pub mod contracts;
mod display;
mod name;
mod program;
mod running;
mod wcf;
mod wcf_calls;

pub use bus::{Bus, object_path};
pub use class::ClassName;
pub use display::Display;
pub use name::PipeName;
pub use program::Program;
pub use running::Running;
pub use wcf::{Answers, WcfPeer, WcfServer};
pub use wcf_calls::WcfCall;

use samebox::{Deadline, Server};
use std::time::Duration;

/// How long anything may take; far more than it does on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Starts a peer server and waits until clients may come: `["dotnet", "pipe", "server", ..]`.
#[track_caller]
pub fn serve(peer: &[&str]) -> Running {
    let mut server = Program::peer(peer).start();
    server.wait_until_ready();
    server
}

/// Runs a peer client to its end and gives the lines that it printed.
#[track_caller]
pub fn run(peer: &[&str]) -> Vec<String> {
    Program::peer(peer).start().finish()
}

/// The next `count` messages of a samebox server, as text.
#[track_caller]
pub fn texts(server: &mut Server, count: usize) -> Vec<String> {
    let deadline = Deadline::after(PATIENCE);
    let mut texts = Vec::new();
    while texts.len() < count {
        match server.recv(deadline) {
            Ok(message) => texts.push(message.text().expect("the peers send text").to_owned()),
            Err(error) => panic!("after {texts:?}: {error}"),
        }
    }
    texts
}

/// Makes a test of each function for .NET Core and one for Mono; the function takes the runtime.
#[macro_export]
macro_rules! for_each_runtime {
    ($($(#[$note:meta])* fn $test:ident($runtime:ident: &str) $body:block)+) => {
        $($(#[$note])* fn $test($runtime: &str) $body)+
        mod dotnet {
            $(#[test] fn $test() { super::$test("dotnet"); })+
        }
        mod mono {
            $(#[test] fn $test() { super::$test("mono"); })+
        }
    };
}
