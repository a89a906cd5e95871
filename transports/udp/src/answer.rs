use crate::datagram;
use crate::failure::failure;
use samebox_core::{Answer, Deadline, Endpoint, Error, ErrorKind, Operation, Result};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Weak;

/// The socket of a server, shared with the answers that leave through it.
pub(crate) struct Bound {
    pub(crate) endpoint: Endpoint,
    pub(crate) socket: UdpSocket,
    pub(crate) max: usize,
}

/// The way back to the sender of one message.
pub(crate) struct UdpAnswer {
    /// Weak, so that a message that is kept does not keep the port of a server that is gone.
    pub(crate) bound: Weak<Bound>,
    pub(crate) to: SocketAddr,
}

impl Answer for UdpAnswer {
    fn reply(self: Box<Self>, payload: &[u8], _: Deadline) -> Result<()> {
        let Some(bound) = self.bound.upgrade() else { return Err(self.server_is_gone()) };
        let Bound { endpoint, socket, max } = &*bound;
        if payload.len() > *max {
            let why = format!("the answer has {} bytes, {max} are allowed", payload.len());
            return Err(endpoint.error(ErrorKind::TooLarge, Operation::Reply, why));
        }
        match datagram::send_to_now(socket, payload, self.to) {
            Err(full) if full.kind() == io::ErrorKind::WouldBlock => {
                let why = "the operating system has no room for the answer";
                Err(endpoint.error(ErrorKind::Full, Operation::Reply, why))
            }
            outcome => outcome.map_err(|cause| failure(endpoint, Operation::Reply, cause)),
        }
    }

    fn fault(self: Box<Self>, _: &str, _: Deadline) -> Result<()> {
        let why = "a datagram has no room to say that it is a fault";
        let error = Error::new(ErrorKind::Unsupported, Operation::Reply, self.sender(), why);
        Err(error.with_advice("reply with words that the client knows"))
    }
}

impl UdpAnswer {
    fn sender(&self) -> String {
        format!("udp:{}", self.to)
    }

    fn server_is_gone(&self) -> Error {
        let why = "the server that received the message is gone";
        Error::new(ErrorKind::Disconnected, Operation::Reply, self.sender(), why)
            .with_advice("answer before the server is dropped")
    }
}
