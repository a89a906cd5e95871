use crate::measure::{Measure, SMALL, Wait};
use crate::subject::{Far, Link, Near, Outcome, Subject, number_in, poll, poll_for};
use crossbar::{BusSubscriber, PodBus};
use std::time::{Duration, Instant};

/// crossbar's bus of values whose size the compiler knows, bounded, so that it loses nothing.
pub(crate) struct CrossbarBus;

impl Subject for CrossbarBus {
    const NAME: &'static str = "crossbar-bus";
    const MEASURES: &'static [Measure] = &[Measure::PolledTrip, Measure::Rate];
    const FASTEST: Wait = Wait::Polling;
    type Near = CrossbarBusEnd;
    type Far = CrossbarBusEnd;
}

type Value = [u8; SMALL];

const SLOTS: usize = 1024;
const SPARE: usize = 16;
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct CrossbarBusEnd {
    out: PodBus<Value>,
    into: BusSubscriber<Value>,
}

impl CrossbarBusEnd {
    fn new(out: &str, into: &str) -> Outcome<Self> {
        let out = PodBus::create_bounded(out, SLOTS, SPARE)?;
        let begin = Instant::now();
        loop {
            match BusSubscriber::connect(into) {
                Ok(into) => return Ok(Self { out, into }),
                Err(cause) if begin.elapsed() > PATIENCE => return Err(cause.into()),
                Err(_) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }

    fn publish(&mut self, payload: &[u8]) -> Outcome<()> {
        let value = payload.first_chunk().ok_or("a payload of another size")?;
        self.out.publish(*value);
        Ok(())
    }

    fn recv(&mut self) -> Outcome<Value> {
        poll_for(|| Ok(self.into.try_recv()))
    }
}

impl Near for CrossbarBusEnd {
    fn open(link: &Link) -> Outcome<Self> {
        Self::new(&format!("{}-there", link.name), &format!("{}-back", link.name))
    }

    fn ask(&mut self, payload: &[u8]) -> Outcome<u64> {
        self.publish(payload)?;
        Ok(number_in(&self.recv()?))
    }

    fn send(&mut self, payload: &[u8]) -> Outcome<()> {
        self.publish(payload)
    }
}

impl Far for CrossbarBusEnd {
    fn open(link: &Link, announce: &mut dyn FnMut(&str) -> Outcome<()>) -> Outcome<Self> {
        announce(&link.name)?;
        Self::new(&format!("{}-back", link.name), &format!("{}-there", link.name))
    }

    fn answer(&mut self) -> Outcome<()> {
        let question = self.recv()?;
        self.publish(&question)
    }

    fn take(&mut self) -> Outcome<Option<u64>> {
        let value = poll(|| Ok(self.into.try_recv()))?;
        Ok(value.map(|value| number_in(&value)))
    }
}
