//! What ends the other end: its stdin, which closes with the program that started it.

use super::order::Order;
use samebox::Stopper;
use std::io;
use std::process;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long an orderly end may take.
const GRACE: Duration = Duration::from_secs(1);

/// Ends the server of this process, so that its name goes with it.
#[derive(Clone, Default)]
pub(super) struct Stop(Arc<Mutex<Option<Stopper>>>);

impl Stop {
    fn lock(&self) -> MutexGuard<'_, Option<Stopper>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on it ends this server.
    pub(super) fn set(&self, stopper: Stopper) {
        *self.lock() = Some(stopper);
    }

    pub(super) fn stop(&self) {
        if let Some(stopper) = self.lock().as_ref() {
            stopper.stop();
        }
    }
}

/// The orders that come on stdin. When it ends so does this process, stuck or not.
pub(super) fn orders(stop: &Stop) -> io::Result<Receiver<Order>> {
    let (hand_over, orders) = channel();
    let stop = stop.clone();
    thread::Builder::new().name("orders".into()).spawn(move || {
        for line in io::stdin().lines() {
            let order = line.ok().and_then(|line| serde_json::from_str(&line).ok());
            let Some(order) = order else { break };
            if hand_over.send(order).is_err() {
                break;
            }
        }
        drop(hand_over);
        stop.stop();
        thread::sleep(GRACE);
        process::exit(0);
    })?;
    Ok(orders)
}
