use crate::measure::{Measure, Wait};
use crate::subject::{Far, Link, Near, Outcome, Subject, number_in};
use samebox::{Client, Deadline, Server};

/// samebox as its users have it: an endpoint, `bind` and `connect`.
pub(crate) struct Samebox;

/// The endpoint, before the name of the link.
const ENDPOINT: &str = "shm:";

impl Subject for Samebox {
    const NAME: &'static str = "samebox";
    const MEASURES: &'static [Measure] = &Measure::ALL;
    const FASTEST: Wait = Wait::Blocking;
    type Near = SameboxNear;
    type Far = SameboxFar;
}

pub(crate) struct SameboxNear {
    client: Client,
    size: usize,
}

impl Near for SameboxNear {
    fn open(link: &Link) -> Outcome<Self> {
        Ok(Self { client: samebox::connect(&link.name)?, size: link.size })
    }

    fn ask(&mut self, payload: &[u8]) -> Outcome<u64> {
        Ok(number_in(&self.client.call(payload, Deadline::NEVER)?))
    }

    fn send(&mut self, payload: &[u8]) -> Outcome<()> {
        Ok(self.client.send(payload)?)
    }

    fn ask_by_loan(&mut self, number: u64) -> Outcome<u64> {
        let mut loan = self.client.loan(self.size)?;
        loan[..8].copy_from_slice(&number.to_le_bytes());
        let call = loan.request()?;
        Ok(number_in(&self.client.response(call, Deadline::NEVER)?))
    }
}

pub(crate) struct SameboxFar {
    server: Server,
    answer: Vec<u8>,
}

impl Far for SameboxFar {
    fn open(link: &Link, announce: &mut dyn FnMut(&str) -> Outcome<()>) -> Outcome<Self> {
        let server = samebox::bind(&format!("{ENDPOINT}{}", link.name))?;
        announce(&server.endpoint().to_string())?;
        Ok(Self { server, answer: Vec::with_capacity(link.size) })
    }

    fn answer(&mut self) -> Outcome<()> {
        let mut question = self.server.look(Deadline::NEVER)?;
        self.answer.resize(question.len(), 0);
        if !question.copy_to(0, &mut self.answer) {
            return Err("a question that is not whole".into());
        }
        Ok(question.reply(&self.answer)?)
    }

    fn take(&mut self) -> Outcome<Option<u64>> {
        let message = self.server.look(Deadline::NEVER)?;
        let mut number = [0; 8];
        if !message.copy_to(0, &mut number) {
            return Err("a message without a number".into());
        }
        Ok(Some(u64::from_le_bytes(number)))
    }

    fn answer_by_loan(&mut self) -> Outcome<()> {
        let mut question = self.server.look(Deadline::NEVER)?;
        let mut number = [0; 8];
        if !question.copy_to(0, &mut number) {
            return Err("a question without a number".into());
        }
        Ok(question.reply(number)?)
    }
}
