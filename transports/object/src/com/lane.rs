//! Work that is done in order, one after the other, by whichever worker is free.

use super::workers::{self, Job};
use samebox_sys::windows::com::Apartment;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The queue of one client.
#[derive(Clone, Default)]
pub(super) struct Lane(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    jobs: VecDeque<(u64, Job)>,
    last: u64,
    is_worked_on: bool,
}

impl Lane {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts work at the end; gives the number by which it can be withdrawn.
    ///
    /// # Errors
    /// The operating system's, when there is no thread for it.
    pub(super) fn push(&self, job: Job) -> io::Result<u64> {
        let mut queue = self.queue();
        queue.last += 1;
        let number = queue.last;
        queue.jobs.push_back((number, job));
        if !queue.is_worked_on {
            let lane = self.clone();
            let started = workers::run(Box::new(move |apartment| lane.work(apartment)));
            if let Err(error) = started {
                queue.jobs.clear();
                return Err(error);
            }
            queue.is_worked_on = true;
        }
        Ok(number)
    }

    /// Takes work back; `false` when it has begun.
    pub(super) fn withdraw(&self, number: u64) -> bool {
        let mut queue = self.queue();
        let place = queue.jobs.iter().position(|(known, _)| *known == number);
        place.and_then(|place| queue.jobs.remove(place)).is_some()
    }

    fn work(&self, apartment: &Apartment) {
        while let Some(job) = self.next() {
            job(apartment);
        }
    }

    fn next(&self) -> Option<Job> {
        let mut queue = self.queue();
        let next = queue.jobs.pop_front();
        queue.is_worked_on = next.is_some();
        next.map(|(_, job)| job)
    }
}
