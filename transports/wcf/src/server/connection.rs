use super::opening::{self, Opens, answer, refuse};
use super::port::Port;
use super::service::Refused;
use crate::session::{Inbound, NoRecord};
use samebox_core::{Deadline, Endpoint, Error, ErrorKind, Operation, Peer};
use samebox_stream::Duplex;
use samebox_wcf_wire::framing::{Fault, Opening, Record};
use std::sync::Arc;
use std::time::Duration;

/// How long a connection whose session ended may wait for its next one.
const POOLED: Duration = Duration::from_secs(120);

/// A connection whose client has said what it wants.
pub(crate) struct Opened {
    pub(crate) link: Arc<dyn Duplex>,
    pub(crate) peer: Peer,
    pub(crate) opening: Opening,
    pub(crate) inbound: Inbound,
}

/// Serves one connection: sessions, one after the other.
pub(super) fn serve(port: &Arc<Port>, link: &Arc<dyn Duplex>, peer: &Peer) {
    let stall = port.any().and_then(|service| service.options.stall);
    let mut inbound = Inbound::new(stall);
    let mut patience = stall;
    let _cut = Cut(link);
    while let Some(next) = session(port, link, peer, inbound, patience) {
        inbound = next;
        patience = Some(POOLED);
    }
}

/// Cuts a connection when it is dropped: even when a method panics.
struct Cut<'a>(&'a Arc<dyn Duplex>);

impl Drop for Cut<'_> {
    fn drop(&mut self) {
        self.0.cut();
    }
}

/// Serves one session; gives what came behind it when another may follow.
fn session(
    port: &Arc<Port>,
    link: &Arc<dyn Duplex>,
    peer: &Peer,
    mut inbound: Inbound,
    patience: Option<Duration>,
) -> Option<Inbound> {
    let stall = port.any().and_then(|service| service.options.stall);
    let patience = patience.map_or(Deadline::NEVER, Deadline::after);
    let opens = opening::receive(&**link, &mut inbound, port.upgrades, patience, stall);
    let opening = match opens {
        Opens::At(opening) => opening,
        Opens::Left => return None,
        Opens::Refused(fault) => {
            note(port, |endpoint| refused(endpoint, fault, peer));
            refuse(&**link, fault);
            return None;
        }
        Opens::Broken(broken) => {
            if !port.is_closed() {
                note(port, |endpoint| not_opened(endpoint, broken, peer));
            }
            return None;
        }
    };
    let Some(service) = port.find(&opening.via) else {
        note(port, |endpoint| {
            let why = format!("a client ({peer}) asked for {}, where no service is", opening.via);
            endpoint.error(ErrorKind::Mismatch, Operation::Recv, why)
        });
        refuse(&**link, Fault::EndpointNotFound);
        return None;
    };
    let opened = Opened { link: link.clone(), peer: peer.clone(), opening, inbound };
    let present = match service.admit(opened) {
        Ok(admitted) => admitted,
        Err(why) => {
            let fault = match why {
                Refused::Busy => Fault::ServerTooBusy,
                Refused::Closed => Fault::EndpointNotFound,
            };
            service.count(|counters| counters.refused += 1);
            service.note(refused(&service.endpoint, fault, peer));
            refuse(&**link, fault);
            return None;
        }
    };
    present.begin();
    let session = &present.session;
    let by = service.options.stall.map_or(Deadline::NEVER, Deadline::after);
    answer(session.link(), &Record::PreambleAck, by).ok()?;
    let ended = session.serve();
    let rest = session.finish(&ended);
    if !ended.in_order {
        service.count(|counters| counters.cut += 1);
        service.note(ended.error(&service.endpoint, Operation::Recv));
    }
    rest
}

fn note(port: &Port, error: impl FnOnce(&Endpoint) -> Error) {
    if let Some(service) = port.any() {
        service.count(|counters| counters.cut += 1);
        service.note(error(&service.endpoint));
    }
}

fn refused(endpoint: &Endpoint, fault: Fault, peer: &Peer) -> Error {
    let why = format!("a client ({peer}) was refused with the fault {}", fault.name());
    let error = endpoint.error(ErrorKind::Mismatch, Operation::Recv, why);
    match fault {
        Fault::UpgradeInvalid => error.with_advice(
            "have the client use SecurityMode.None: new NetTcpBinding(SecurityMode.None), \
             new NetNamedPipeBinding(NetNamedPipeSecurityMode.None) or \
             new UnixDomainSocketBinding(UnixDomainSocketSecurityMode.None)",
        ),
        Fault::ServerTooBusy => error.with_advice("raise ?sessions=, or end clients that are idle"),
        Fault::UnsupportedMode | Fault::ContentTypeInvalid => error.with_advice(
            "have the client use TransferMode.Buffered and the binary encoding, its defaults",
        ),
        _ => error.with_advice("check which protocol the client speaks"),
    }
}

fn not_opened(endpoint: &Endpoint, broken: NoRecord, peer: &Peer) -> Error {
    let error = |kind, why: &str| {
        let why = format!("a client ({peer}) {why}");
        endpoint.error(kind, Operation::Recv, why)
    };
    match broken {
        NoRecord::Late | NoRecord::Stalled => {
            error(ErrorKind::TimedOut, "did not say in time which service it wants")
        }
        NoRecord::Closed | NoRecord::Cut => {
            error(ErrorKind::Disconnected, "left before it had said which service it wants")
        }
        NoRecord::Failed(cause) => {
            error(ErrorKind::Disconnected, "was lost before its session began").with_source(cause)
        }
        NoRecord::Wrong(cause) => error(ErrorKind::Malformed, "does not speak WCF's framing")
            .with_advice("check which protocol the client speaks")
            .with_source(cause),
    }
}
