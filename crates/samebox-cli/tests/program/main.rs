//! Drives the real program as its users do: arguments, pipes, signals, exit codes.

mod world;

mod bench;
#[cfg(unix)]
mod bus;
mod calls;
mod codes;
#[cfg(windows)]
mod com;
mod facts;
mod habits;
mod messages;
mod named;
#[cfg(unix)]
mod object;
#[cfg(unix)]
mod second;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod terminal;
mod tour;
#[cfg(unix)]
mod trouble;
#[cfg(unix)]
mod window;
