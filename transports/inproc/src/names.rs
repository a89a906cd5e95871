//! Which names have a server in this process.

use crate::queue::Queue;
use crate::{Limits, waiting};
use samebox_core::{Deadline, Endpoint, ErrorKind, Operation, Result};
use std::collections::HashMap;
use std::sync::{Arc, Condvar, LazyLock, Mutex};

#[derive(Default)]
struct Names {
    servers: Mutex<HashMap<String, Arc<Queue>>>,
    bound: Condvar,
}

static NAMES: LazyLock<Names> = LazyLock::new(Names::default);

/// Takes the endpoint's name for a new server.
pub(crate) fn bind(endpoint: &Endpoint, limits: Limits) -> Result<Arc<Queue>> {
    let name = endpoint.plain_name()?;
    let mut servers = waiting::lock(&NAMES.servers);
    if servers.contains_key(name) {
        let why = "a server of this process has the name";
        return Err(endpoint.error(ErrorKind::AddressInUse, Operation::Bind, why));
    }
    let queue = Arc::new(Queue::new(limits));
    servers.insert(name.into(), Arc::clone(&queue));
    NAMES.bound.notify_all();
    Ok(queue)
}

/// Frees the endpoint's name.
pub(crate) fn free(endpoint: &Endpoint) {
    waiting::lock(&NAMES.servers).remove(endpoint.name());
}

/// The server that has the endpoint's name, waiting for one until `deadline`.
pub(crate) fn find(endpoint: &Endpoint, deadline: Deadline) -> Option<Arc<Queue>> {
    let mut servers = waiting::lock(&NAMES.servers);
    loop {
        if let Some(queue) = servers.get(endpoint.name()) {
            return Some(Arc::clone(queue));
        }
        if deadline.has_passed() {
            return None;
        }
        servers = waiting::wait(&NAMES.bound, servers, deadline);
    }
}
