use crate::floor::send_unwritten;
use crate::measure::{Measure, Wait};
use crate::subject::{Far, Link, Near, Outcome, Subject, number_in, poll, poll_for};
use iceoryx2::port::listener::Listener;
use iceoryx2::port::notifier::Notifier;
use iceoryx2::port::publisher::Publisher;
use iceoryx2::port::subscriber::Subscriber;
use iceoryx2::prelude::{
    BackpressureStrategy, LogLevel, Node, NodeBuilder, ServiceName, SignalHandlingMode, ipc,
    set_log_level,
};
use iceoryx2::sample::Sample;

/// iceoryx2's publish-subscribe, set to lose nothing, and its events for those who block.
pub(crate) struct Iceoryx2;

impl Subject for Iceoryx2 {
    const NAME: &'static str = "iceoryx2";
    const MEASURES: &'static [Measure] = &Measure::ALL;
    const FASTEST: Wait = Wait::Polling;
    type Near = Iceoryx2End;
    type Far = Iceoryx2End;
}

type Service = ipc::Service;
type Received = Sample<Service, [u8], ()>;

pub(crate) struct Iceoryx2End {
    out: Publisher<Service, [u8], ()>,
    into: Subscriber<Service, [u8], ()>,
    /// Where the ends block: what wakes the other end, and what wakes this one.
    bells: Option<(Notifier<Service>, Listener<Service>)>,
    buffer: Vec<u8>,
    _node: Node<Service>,
}

impl Iceoryx2End {
    /// Opens both ways; `out` and `into` are the names of the way there and the way back, or swapped.
    fn new(link: &Link, [out, into]: [&str; 2]) -> Outcome<Self> {
        set_log_level(LogLevel::Fatal);
        // Otherwise an end that waits would outlive Ctrl-C.
        let signals = SignalHandlingMode::Disabled;
        let node = NodeBuilder::new().signal_handling_mode(signals).create::<Service>()?;
        let bells = match link.wait {
            Wait::Polling => None,
            Wait::Blocking => Some((
                bell(&node, link, out)?.notifier_builder().create()?,
                bell(&node, link, into)?.listener_builder().create()?,
            )),
        };
        let into = way(&node, link, into)?.subscriber_builder().create()?;
        let out = way(&node, link, out)?
            .publisher_builder()
            .initial_max_slice_len(link.size)
            .backpressure_strategy(BackpressureStrategy::RetryUntilDelivered)
            .create()?;
        Ok(Self { out, into, bells, buffer: vec![0; link.size], _node: node })
    }

    fn ring(&self) -> Outcome<()> {
        if let Some((bell, _)) = &self.bells {
            bell.notify()?;
        }
        Ok(())
    }

    fn send_copy(&self, payload: &[u8]) -> Outcome<()> {
        self.out.loan_slice_uninit(payload.len())?.write_from_slice(payload).send()?;
        self.ring()
    }

    fn lend(&self, number: u64) -> Outcome<()> {
        send_unwritten(&self.out, self.buffer.len(), number)?;
        self.ring()
    }

    fn recv(&self) -> Outcome<Received> {
        let Some((_, bell)) = &self.bells else { return poll_for(|| Ok(self.into.receive()?)) };
        loop {
            if let Some(sample) = self.into.receive()? {
                return Ok(sample);
            }
            bell.blocking_wait(|_| {})?;
        }
    }
}

type Way = iceoryx2::service::port_factory::publish_subscribe::PortFactory<Service, [u8], ()>;
type Bell = iceoryx2::service::port_factory::event::PortFactory<Service>;

fn way(node: &Node<Service>, link: &Link, direction: &str) -> Outcome<Way> {
    let room = if link.size > 4096 { 8 } else { 1024 };
    Ok(node
        .service_builder(&name(link, direction)?)
        .publish_subscribe::<[u8]>()
        .enable_safe_overflow(false)
        .subscriber_max_buffer_size(room)
        .history_size(0)
        .max_publishers(1)
        .max_subscribers(1)
        .open_or_create()?)
}

fn bell(node: &Node<Service>, link: &Link, direction: &str) -> Outcome<Bell> {
    Ok(node.service_builder(&name(link, direction)?).event().open_or_create()?)
}

fn name(link: &Link, direction: &str) -> Outcome<ServiceName> {
    Ok(ServiceName::new(&format!("{}-{direction}", link.name))?)
}

impl Near for Iceoryx2End {
    fn open(link: &Link) -> Outcome<Self> {
        Self::new(link, ["there", "back"])
    }

    fn ask(&mut self, payload: &[u8]) -> Outcome<u64> {
        self.send_copy(payload)?;
        Ok(number_in(&self.recv()?))
    }

    fn send(&mut self, payload: &[u8]) -> Outcome<()> {
        self.send_copy(payload)
    }

    fn ask_by_loan(&mut self, number: u64) -> Outcome<u64> {
        self.lend(number)?;
        Ok(number_in(&self.recv()?))
    }
}

impl Far for Iceoryx2End {
    fn open(link: &Link, announce: &mut dyn FnMut(&str) -> Outcome<()>) -> Outcome<Self> {
        let end = Self::new(link, ["back", "there"])?;
        announce(&link.name)?;
        Ok(end)
    }

    fn answer(&mut self) -> Outcome<()> {
        let question = self.recv()?;
        self.send_copy(&question)
    }

    fn take(&mut self) -> Outcome<Option<u64>> {
        let Some(sample) = poll(|| Ok(self.into.receive()?))? else { return Ok(None) };
        self.buffer.copy_from_slice(&sample);
        Ok(Some(number_in(&self.buffer)))
    }

    fn answer_by_loan(&mut self) -> Outcome<()> {
        let number = number_in(&self.recv()?);
        self.send_copy(&number.to_le_bytes())
    }
}
