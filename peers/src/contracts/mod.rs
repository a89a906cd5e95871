//! The contracts of the peers, as a Rust program writes them.

pub mod depot;
pub mod peer;
mod peer_calls;
pub mod stock;
mod stock_calls;

pub use depot::call_every_depot_operation;
pub use peer_calls::{call_every_duplex_operation, call_every_operation};
pub use stock_calls::{call_every_stock_operation, call_every_watch_operation};
