use super::answer;
use super::lock;
use super::pool::{Pool, Waits};
use samebox_core::typed::Instances;
use samebox_core::{Endpoint, Error, ErrorKind, Faults, Operation};
use samebox_data::Contract;
use std::sync::{Arc, Mutex};

/// What all sessions of a service share.
pub(super) struct Service {
    pub(super) contract: &'static Contract,
    pub(super) fingerprint: u64,
    pub(super) instances: Arc<dyn Instances>,
    pub(super) endpoint: Endpoint,
    /// The most bytes of an answer.
    pub(super) largest: usize,
    /// What clients of another contract are told.
    pub(super) mismatch: Vec<u8>,
    pool: Option<Arc<Pool>>,
    faults: Mutex<Faults>,
}

impl Service {
    pub(super) fn new(
        contract: &'static Contract,
        instances: Arc<dyn Instances>,
        endpoint: Endpoint,
        largest: usize,
        pool: Option<Arc<Pool>>,
    ) -> Self {
        Self {
            contract,
            fingerprint: super::fingerprint::fingerprint(contract),
            instances,
            endpoint,
            largest,
            mismatch: answer::mismatch(contract),
            pool,
            faults: Mutex::default(),
        }
    }

    /// Notes what a client did, or what happened to its call.
    pub(super) fn note(&self, fault: Error) {
        lock(&self.faults).note(fault);
    }

    /// Notes what a client did, in words.
    pub(super) fn note_words(&self, kind: ErrorKind, why: impl Into<String>) {
        self.note(self.endpoint.error(kind, Operation::Recv, why));
    }

    /// Takes the oldest note.
    pub(super) fn take_fault(&self) -> Option<Error> {
        lock(&self.faults).take()
    }

    /// Says, until it is dropped, that a thread waits for a client's answer.
    pub(super) fn callback_waits(&self) -> Option<Waits<'_>> {
        self.pool.as_deref().map(Pool::callback_waits)
    }
}
