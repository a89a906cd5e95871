use super::entrance::Entrance;
use super::port::Port;
use super::service::{Begin, Service};
use crate::settings::Options;
use mio::{Registry, Token};
use samebox_core::{Endpoint, ErrorKind, Operation, Result};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where a service is to be, and how its door is made if it has none yet.
pub(crate) struct Place {
    /// Which door of this process it is; `None` when the system is yet to choose.
    pub(crate) key: Option<String>,
    /// The path of the service, decoded.
    pub(crate) path: String,
    /// The address as it stands in messages, where a door is there already.
    pub(crate) uri: String,
    /// Makes the door.
    pub(crate) make: MakeDoor,
    /// The upgrades that clients may ask for.
    pub(crate) upgrades: &'static [&'static str],
}

/// Makes a door whose news come under the token.
pub(crate) type MakeDoor = Box<dyn FnOnce(&Registry, Token) -> Result<Made>>;

/// A door that was made.
pub(crate) struct Made {
    pub(crate) entrance: Box<dyn Entrance>,
    /// Which door of this process it is.
    pub(crate) key: String,
    /// The endpoint with what the system chose.
    pub(crate) endpoint: Endpoint,
    /// The address as it stands in messages.
    pub(crate) uri: String,
}

/// The doors of this process.
///
/// Several services share one, as the address of a service is a port and a path.
static PORTS: Mutex<Option<HashMap<String, Arc<Port>>>> = Mutex::new(None);

fn ports() -> MutexGuard<'static, Option<HashMap<String, Arc<Port>>>> {
    PORTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A service that is being offered; dropping it ends that.
pub(crate) struct Offer {
    pub(crate) service: Arc<Service>,
    port: Arc<Port>,
    key: String,
}

/// Offers a service at `place`.
pub(crate) fn offer(
    endpoint: &Endpoint,
    place: Place,
    options: Options,
    begin: Box<dyn Begin>,
) -> Result<Offer> {
    let mut ports = ports();
    let ports = ports.get_or_insert_default();
    if let Some((key, port)) = place.key.and_then(|key| ports.get_key_value(&key)) {
        let endpoint = endpoint.clone();
        let service = Service::new(endpoint, &place.path, place.uri, options, begin);
        let service = Arc::new(service);
        if !port.add(&service) {
            let why = "this program offers a service there already";
            return Err(service.endpoint.error(ErrorKind::AddressInUse, Operation::Bind, why));
        }
        return Ok(Offer { service, port: port.clone(), key: key.clone() });
    }
    let (port, made) = Port::open(endpoint, place.make, place.upgrades)?;
    let service = Service::new(made.endpoint, &place.path, made.uri, options, begin);
    let service = Arc::new(service);
    port.add(&service);
    port.start(endpoint, made.entrance)?;
    ports.insert(made.key.clone(), port.clone());
    Ok(Offer { service, port, key: made.key })
}

impl Drop for Offer {
    fn drop(&mut self) {
        {
            let mut ports = ports();
            if self.port.remove(&self.service) {
                // Whoever offers a service here next finds the name free.
                self.port.close();
                ports.get_or_insert_default().remove(&self.key);
            }
        }
        self.service.close();
    }
}
