//! `object:` on Linux with the tools of D-Bus and with Python, each test on a bus of its own.

#![cfg(target_os = "linux")]

mod activation;
mod contracts;
mod faults;
mod foreign;
mod listeners;
mod private;
mod tool;
mod tools;

/// The interface of plain messages.
const MESSAGES: &str = "org.samebox.Messages1";

/// The name of the object that a test has on its bus.
const NAME: &str = "org.example.Box";

/// Its endpoint.
const ENDPOINT: &str = "object:org.example.Box";
