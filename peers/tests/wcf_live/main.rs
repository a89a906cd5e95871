//! Typed contracts of samebox and the WCF of Mono over TCP, in both directions.

#![cfg(unix)]

mod client;
mod server;
mod shell;
mod stock;

use samebox::Serving;

/// Where a service of samebox is, without its settings.
fn uri(serving: &Serving) -> String {
    let endpoint = serving.endpoint().to_string();
    endpoint.split('?').next().unwrap_or_default().to_owned()
}
