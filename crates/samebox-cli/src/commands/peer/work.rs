//! The other end's work, in a process or on a thread.

use super::far::{Far, Ours};
use super::lifeline::Stop;
use super::order::{Answer, Attempt, Order, Side, Trouble};
use crate::commands::bench::floor;
use crate::system;
use samebox::{ErrorKind, bind, connect};
use std::io;
use std::sync::mpsc::{Receiver, TryRecvError};

type Tell<'a> = &'a mut dyn FnMut(&Answer) -> io::Result<()>;

/// Does one order after the other until nobody gives orders or listens any more.
pub(super) fn work(
    orders: &Receiver<Order>,
    stop: &Stop,
    mut tell: impl FnMut(&Answer) -> io::Result<()>,
) {
    let mut worker = Worker { orders, stop, ours: None, floor: None };
    while let Ok(order) = orders.recv() {
        let answer = match worker.obey(order, &mut tell) {
            Ok(None) => continue,
            Ok(Some(answer)) => answer,
            Err(trouble) => trouble.into(),
        };
        if tell(&answer).is_err() {
            break;
        }
    }
}

struct Worker<'a> {
    orders: &'a Receiver<Order>,
    stop: &'a Stop,
    ours: Option<Ours>,
    floor: Option<Box<dyn Far>>,
}

impl Worker<'_> {
    fn obey(&mut self, order: Order, tell: Tell<'_>) -> Attempt<Option<Answer>> {
        match order {
            Order::Bind { endpoint } => self.bind(&endpoint).map(Some),
            Order::Return { endpoint } => {
                let back = connect(&endpoint)?;
                self.ours()?.answer_through(back);
                Ok(Some(Answer::Done))
            }
            Order::Floor { mechanism } => {
                let (address, far) = floor::listen(&mechanism)?;
                tell(&Answer::Bound { address })?;
                let orders = self.orders;
                self.floor = Some(far(&mut || is_done(orders))?);
                Ok(Some(Answer::Done))
            }
            Order::Hear => {
                tell(&Answer::Ready)?;
                self.ours()?.hear().map(|payload| Some(Answer::Heard { payload }))
            }
            Order::Echo { side, count, size } => {
                tell(&Answer::Ready)?;
                let orders = self.orders;
                self.far(side)?.echo(count, size, &mut || is_done(orders))?;
                Ok(Some(Answer::Done))
            }
            Order::Take { side, count, size } => {
                tell(&Answer::Ready)?;
                let orders = self.orders;
                let taken = self.far(side)?.take(count, size, &mut || is_done(orders))?;
                Ok(Some(Answer::Taken(taken)))
            }
            // It came before that was known here.
            Order::End => Ok(None),
            Order::Memory => Ok(Some(Answer::Memory { bytes: system::machine::own_memory() })),
            Order::Pin { core } => {
                system::machine::stay_on(core)?;
                Ok(Some(Answer::Done))
            }
        }
    }

    fn bind(&mut self, endpoint: &str) -> Attempt<Answer> {
        let server = bind(endpoint)?;
        self.stop.set(server.stopper());
        let address = server.endpoint().to_string();
        self.ours = Some(Ours::new(server));
        Ok(Answer::Bound { address })
    }

    fn ours(&mut self) -> Attempt<&mut Ours> {
        self.ours.as_mut().ok_or_else(out_of_order)
    }

    fn far(&mut self, side: Side) -> Attempt<&mut dyn Far> {
        match side {
            Side::Ours => Ok(self.ours()?),
            Side::Lent => Ok(self.ours()?.looker()),
            Side::Floor => match &mut self.floor {
                Some(floor) => Ok(floor.as_mut()),
                None => Err(out_of_order()),
            },
        }
    }
}

/// Whether the sending end has said that it is done, or has gone.
fn is_done(orders: &Receiver<Order>) -> bool {
    matches!(orders.try_recv(), Ok(Order::End) | Err(TryRecvError::Disconnected))
}

fn out_of_order() -> Trouble {
    Trouble::new(ErrorKind::Mismatch, "the orders came out of order; this is a fault")
}
