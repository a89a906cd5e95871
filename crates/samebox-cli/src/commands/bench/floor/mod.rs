//! The floor of each mechanism: the bare system calls, without samebox, between the same two ends.

mod datagram;
mod file;
mod memory;
mod stream;

use crate::commands::peer::{Attempt, Far, Near};
use crate::system::local;
use serde::{Deserialize, Serialize};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

/// A mechanism that the program can use bare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
}

impl Mechanism {
    /// What a transport is built on, as far as this system lets the program use it bare.
    pub(crate) fn of(scheme: &str) -> Option<Self> {
        Some(match scheme {
            "inproc" => Self::Memory,
            "unix" | "pipe" if local::IS_THERE => Self::Local,
            "tcp" => Self::Tcp,
            "udp" => Self::Udp,
            "file" => Self::File,
            _ => return None,
        })
    }
}

/// What waits for the client.
type Waiting = Box<dyn FnOnce() -> Attempt<Box<dyn Far>>>;

/// Becomes the receiving end: where it is, and what waits for the sending end.
pub(crate) fn listen(mechanism: Mechanism) -> Attempt<(String, Waiting)> {
    Ok(match mechanism {
        Mechanism::Memory => {
            memory::clear();
            (String::new(), Box::new(|| Ok(Box::new(memory::Far))))
        }
        Mechanism::Local => {
            let listener = local::Listener::bind()?;
            let address = listener.address();
            (address, Box::new(|| Ok(Box::new(stream::Floor::new(listener.accept()?)))))
        }
        Mechanism::Tcp => {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let address = listener.local_addr()?.to_string();
            let accept = move || {
                let (stream, _) = listener.accept()?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream::Floor::new(stream)) as Box<dyn Far>)
            };
            (address, Box::new(accept))
        }
        Mechanism::Udp => {
            let waiting = datagram::Waiting::bind()?;
            let address = waiting.address()?;
            (address, Box::new(|| Ok(Box::new(waiting.accept()?))))
        }
        Mechanism::File => {
            let floor = file::Floor::create()?;
            (floor.address(), Box::new(|| Ok(Box::new(floor))))
        }
    })
}

/// Becomes the sending end of what listens at `address`.
pub(crate) fn connect(mechanism: Mechanism, address: &str) -> Attempt<Box<dyn Near>> {
    Ok(match mechanism {
        Mechanism::Memory => Box::new(memory::Near),
        Mechanism::Local => Box::new(stream::Floor::new(local::connect(address)?)),
        Mechanism::Tcp => {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            Box::new(stream::Floor::new(stream))
        }
        Mechanism::Udp => Box::new(datagram::Floor::connect(address)?),
        Mechanism::File => Box::new(file::Floor::open(address)),
    })
}
