//! Typed calls over transports that carry messages only.
//!
//! Every message stands for itself, so a server that was started again needs no new greeting.
//! Numbers are big-endian; bodies are MessagePack as `samebox-msgpack` documents it.
//!
//! What a client sends:
//!
//! ```text
//! byte  0      1     2            10        26         28
//!       format kind  fingerprint  session   operation  body
//! ```
//!
//! `format` is 1. `fingerprint` is FNV-1a-64 of the contract's canonical text: see `fingerprint`.
//! `session` is 16 bytes that the client chose at random. `operation` is the index of the operation
//! in the contract, 0 for messages that are no calls, or what is said of `listen` below.
//!
//! | kind | message | body | answered by |
//! |---|---|---|---|
//! | 1 | hello | array: name, namespace and version of the client's contract | welcome, mismatch |
//! | 2 | call | array of the arguments | result, fault, mismatch, refused |
//! | 3 | one-way call | array of the arguments | nothing |
//! | 4 | listen | 8 bytes: number of the last callback taken, 0 before the first; then the answer to it, empty for a one-way one | callback, probe, mismatch, refused, ended; when there is something to say |
//! | 5 | bye | nothing | nothing |
//!
//! What a server answers: `format`, `kind`, body.
//!
//! | kind | answer | body |
//! |---|---|---|
//! | 16 | welcome | nothing |
//! | 17 | result | array of the result; of nil where there is none |
//! | 18 | fault | array: origin (0 sender, 1 receiver), code's namespace or nil, code's name or nil, reason, detail if there is one |
//! | 19 | mismatch | array: name, namespace and version of the server's contract |
//! | 20 | refused | array: why (0 malformed, 1 full, 2 too large, 3 unsupported), words |
//! | 21 | callback | 8 bytes number, 2 bytes operation, array of the arguments |
//! | 22 | one-way callback | as 21 |
//! | 23 | ended | nothing: the session has ended |
//! | 24 | probe | nothing: are you there? |
//!
//! A session begins with the first call or listen that names it. It ends with bye, after ten minutes
//! without a message, or when the server has 10,000 and its peer the most of them. A
//! client of a contract with callbacks has a second connection, on which two `listen`s are always
//! outstanding, renewed every four minutes. The first after a pause has operation 0: the server
//! forgets those before, and sends again what that one does not name as taken. Those that follow have
//! operation 1. Callbacks come one at a time: the next is sent when a `listen` names the last. A server
//! that has waited for that for a second answers the spare `listen` by a probe, since a connection that
//! has ended may take its first bytes without a word.

mod answer;
mod back;
mod client;
mod fingerprint;
mod header;
mod lane;
mod listener;
mod needs;
mod pool;
mod respond;
mod server;
mod service;
mod session;
mod sessions;

pub(crate) use client::connect;
pub(crate) use server::bind;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a panic elsewhere: no lock here is held over code that leaves things half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
