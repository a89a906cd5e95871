//! Drives the real program as its users do: arguments, pipes, signals, exit codes.

mod world;

mod calls;
mod codes;
mod facts;
mod habits;
mod messages;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod trouble;
