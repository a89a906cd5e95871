//! The floor of each mechanism: the bare system calls, without samebox, between the same two ends.

mod datagram;
mod file;
mod memory;
mod ring;
mod stream;

use crate::commands::peer::{Attempt, Done, Far, Near};
use crate::rings;
use crate::system::floor as own;
use crate::system::local;
use samebox::Endpoint;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// A mechanism that the program can use bare.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mechanism {
    /// A queue under a lock, between two threads.
    Memory,
    /// The system's own way between local processes: a Unix socket.
    Local,
    /// TCP over loopback, without delay.
    Tcp,
    /// UDP over loopback.
    Udp,
    /// Locked files.
    File,
    /// A ring in shared memory, between two cores.
    Ring,
    /// A ring in shared memory, on one core.
    SleepingRing,
    /// Calls of an object, by the library or the system that has them, on this bus for one.
    Object(String),
    /// Messages to a window, on this display for one.
    Window(String),
}

impl Mechanism {
    /// What a transport is built on, as far as this system lets the program use it bare.
    pub(crate) fn of(endpoint: &Endpoint, on_one_core: bool) -> Option<Self> {
        Some(match endpoint.scheme() {
            "inproc" => Self::Memory,
            "unix" | "pipe" | "net.uds" | "net.pipe" if local::IS_THERE => Self::Local,
            "tcp" | "net.tcp" => Self::Tcp,
            "udp" => Self::Udp,
            "file" => Self::File,
            "shm" if rings::IS_THERE && on_one_core => Self::SleepingRing,
            "shm" if rings::IS_THERE => Self::Ring,
            "object" => Self::Object(own::object::place(endpoint)?),
            "window" => Self::Window(own::window::place(endpoint)?),
            _ => return None,
        })
    }
}

/// What waits for the client, until it is told that none comes any more.
pub(crate) type Waiting = Box<dyn FnOnce(Done<'_>) -> Attempt<Box<dyn Far>>>;

/// Becomes the receiving end: where it is, and what waits for the sending end.
pub(crate) fn listen(mechanism: &Mechanism) -> Attempt<(String, Waiting)> {
    Ok(match mechanism {
        Mechanism::Memory => {
            memory::clear();
            (String::new(), Box::new(|_| Ok(Box::new(memory::Far))))
        }
        Mechanism::Local => {
            let listener = local::Listener::bind()?;
            let address = listener.address();
            let wait = move |done: Done<'_>| stream_of(done, || listener.accept());
            (address, Box::new(wait))
        }
        Mechanism::Tcp => {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?.to_string();
            let wait = move |done: Done<'_>| stream_of(done, || accept_tcp(&listener));
            (address, Box::new(wait))
        }
        Mechanism::Udp => {
            let waiting = datagram::Waiting::bind()?;
            (waiting.address()?, Box::new(|_| Ok(Box::new(waiting.accept()?))))
        }
        Mechanism::Ring | Mechanism::SleepingRing => {
            let listener = local::Listener::bind()?;
            let address = listener.address();
            let apart = *mechanism == Mechanism::Ring;
            let wait = move |done: Done<'_>| -> Attempt<Box<dyn Far>> {
                let stream = accepted(done, || listener.accept())?;
                Ok(Box::new(ring::Floor::new(&stream, apart)?))
            };
            (address, Box::new(wait))
        }
        Mechanism::File => {
            let floor = file::Floor::create()?;
            (floor.address(), Box::new(|_| Ok(Box::new(floor))))
        }
        Mechanism::Object(place) => own::object::listen(place)?,
        Mechanism::Window(place) => own::window::listen(place)?,
    })
}

fn accept_tcp(listener: &TcpListener) -> io::Result<TcpStream> {
    let (stream, _) = listener.accept()?;
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Waits for the client of a listener that does not wait.
fn stream_of<S: Read + Write + 'static>(
    done: Done<'_>,
    accept: impl FnMut() -> io::Result<S>,
) -> Attempt<Box<dyn Far>> {
    Ok(Box::new(stream::Floor::new(accepted(done, accept)?)))
}

/// The client of a listener that does not wait.
pub(crate) fn accepted<S>(done: Done<'_>, mut accept: impl FnMut() -> io::Result<S>) -> Attempt<S> {
    loop {
        match accept() {
            Ok(stream) => return Ok(stream),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && !done() => {
                thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Becomes the sending end of what listens at `address`.
pub(crate) fn connect(mechanism: &Mechanism, address: &str) -> Attempt<Box<dyn Near>> {
    Ok(match mechanism {
        Mechanism::Memory => Box::new(memory::Near),
        Mechanism::Local => Box::new(stream::Floor::new(local::connect(address)?)),
        Mechanism::Tcp => {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            Box::new(stream::Floor::new(stream))
        }
        Mechanism::Udp => Box::new(datagram::Floor::connect(address)?),
        Mechanism::Ring | Mechanism::SleepingRing => {
            let apart = *mechanism == Mechanism::Ring;
            Box::new(ring::Floor::new(&local::connect(address)?, apart)?)
        }
        Mechanism::File => Box::new(file::Floor::open(address)),
        Mechanism::Object(place) => own::object::connect(place, address)?,
        Mechanism::Window(place) => own::window::connect(place, address)?,
    })
}
