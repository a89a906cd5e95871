//! The other end that `tour` and `bench` start: this very program as a second process.

mod far;
mod fit;
mod interrupt;
mod lent;
mod lifeline;
mod near;
mod order;
mod second;
mod session;
mod tally;
mod work;

pub(crate) use far::{Done, Far, QUIET};
pub(crate) use fit::fitting_count;
pub(crate) use interrupt::interruptible;
pub(crate) use near::Near;
pub(crate) use order::{Attempt, Side, Taken, Trouble};
pub(crate) use session::{Session, Way};
pub(crate) use tally::Tally;

use crate::ending;
use crate::exit::{Failure, Outcome};
use std::io::{self, Write};

/// Does what stdin says and tells the outcome on stdout, until stdin ends.
pub(crate) fn run() -> Outcome {
    let stop = lifeline::Stop::default();
    let orders = lifeline::orders(&stop).map_err(|cause| Failure::from(Trouble::from(cause)))?;
    let on_interrupt = stop.clone();
    ending::stops(move || on_interrupt.stop());
    let mut out = io::stdout().lock();
    work::work(&orders, &stop, |answer| {
        let line = serde_json::to_string(answer).map_err(io::Error::from)?;
        writeln!(out, "{line}").and_then(|()| out.flush())
    });
    Ok(())
}
